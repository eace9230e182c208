import { UsageError } from '../errors.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';

/**
 * Lets a change of the cluster pass: with --yes, or when the person at the terminal says so. Throws UsageError with --read-only,
 * without a terminal to ask at, and for any other answer than y or yes.
 */
export async function confirmed(call: Call, what: string): Promise<void> {
  const { flags, terminal } = call;
  mayChange(call, what);
  if (flags.on('yes')) return;
  if (!terminal.stdin.isTTY || !terminal.stderr.isTTY)
    throw new UsageError('not-confirmed', `not asked at a terminal: ${what}?`, 'say so with --yes');
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const answer = await lines.question(`${visible(what)}? [y/N] `, { signal: terminal.signal });
    if (/^(y|yes)$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new UsageError('not-confirmed', 'nothing was changed');
}

/** Throws UsageError with --read-only. */
export function mayChange({ flags }: Call, what: string): void {
  if (flags.on('read-only'))
    throw new UsageError(
      'read-only',
      `${flags.origin('read-only')} is on: netinspect does not ${what}`,
      'leave it out to be asked',
    );
}
