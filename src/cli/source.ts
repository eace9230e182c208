import type { Opened } from '../app/open.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';
import { connectionOptions, debugOptions, verbosity } from './options.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

const liveOnly = [
  'keep',
  'dry-run',
  'via',
  'debug-image',
  'debug-namespace',
  'image-pull-policy',
  'timeout',
  'context',
];

/** Opens what the flags name: the snapshot of --from, else the live cluster. */
async function open({ flags, terminal }: Call, progress: ProgressDisplay, held?: 'held'): Promise<Opened> {
  const { openLive, openSaved } = await import('../app/open.ts');
  const from = flags.get('from');
  if (from === undefined) {
    const options = { connection: connectionOptions(flags), debug: debugOptions(flags) };
    return openLive({ ...options, progress: progress.step, signal: terminal.signal }, held);
  }
  const useless = liveOnly.find(name => flags.given(name));
  if (useless !== undefined)
    throw new UsageError('flag-conflict', `--${useless} has no meaning with --from`, 'leave out one of them');
  return openSaved(from);
}

/**
 * Does work with an opened source and closes it, whatever happens. A failed clean-up is an error of its own, and a
 * warning when the work has failed already. `held`: debug pods stay from one collecting to the next.
 */
export async function withSource<T>(
  call: Call,
  work: (source: Opened, progress: ProgressDisplay) => Promise<T>,
  held?: 'held',
): Promise<T> {
  const progress = await createProgress(call.terminal, verbosity(call.flags));
  const source = await open(call, progress, held);
  call.terminal.onLeave(source.leftovers);
  const close = () => source.close().finally(progress.stop);
  let result: T;
  try {
    result = await work(source, progress);
  } catch (error) {
    progress.stop();
    await close().catch((also: Error) => call.terminal.warn(`warning: ${visible(also.message)}`));
    throw error;
  }
  await close();
  return result;
}
