import { UsageError } from '../errors.ts';
import type { Call, Terminal } from './command.ts';
import { withSource } from './source.ts';

/** True when a screen can be shown: a terminal for both ways, and one that can move its cursor. */
export function hasScreen({ stdin, stdout, env }: Terminal): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && env['TERM'] !== 'dumb';
}

/** Opens the screen on a saved snapshot. Throws as opening it does. */
export async function openScreen(call: Call): Promise<number> {
  const { terminal, flags } = call;
  return withSource(call, async (source, progress) => {
    const { savedPort } = await import('./screen/saved.ts');
    const port = await savedPort(source);
    const { openScreen: open } = await import('../tui/screen.tsx').catch(notBuilt);
    progress.stop();
    const { stdin, stdout, signal, env } = terminal;
    const colour = stdout.hasColors(env);
    return open(port, { source: flags.get('from') ?? '', colour, stdin, stdout, signal });
  });
}

const absent = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_UNKNOWN_FILE_EXTENSION'];

/** The screen is a file of its own, screen.cjs, and Node does not read its source. */
function notBuilt(error: NodeJS.ErrnoException): never {
  if (!absent.includes(error.code ?? '')) throw error;
  throw new UsageError(
    'no-screen',
    'the file with the screen, screen.cjs, is not beside the program',
    'build it with `npm run build`, and copy all of dist',
  );
}
