import type { Progress } from '../collect/connection.ts';
import type { Terminal } from './command.ts';

/** Shows steps while work goes on; `stop` takes the display away before anything is printed. */
export interface ProgressDisplay {
  step: Progress;
  stop(): void;
}

/** A spinner on stderr when that is a terminal, lines with -v>=1, nothing otherwise. */
export async function createProgress(terminal: Terminal, verbosity: number): Promise<ProgressDisplay> {
  if (verbosity >= 1) return { step: text => terminal.warn(text), stop: () => {} };
  if (!terminal.stderr.isTTY || terminal.env['TERM'] === 'dumb') return { step: () => {}, stop: () => {} };
  const { default: yoctoSpinner } = await import('yocto-spinner');
  // main.ts owns the signals and the exit.
  const spinner = yoctoSpinner({ stream: terminal.stderr, handleSignals: false });
  return {
    step: text => {
      spinner.text = text;
      spinner.start();
    },
    stop: () => void spinner.stop(),
  };
}
