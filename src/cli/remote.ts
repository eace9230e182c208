import type { Standing } from '../app/remote-target.ts';
import type { LiveOptions } from '../collect/debug-pods.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';
import { connectionOptions, debugOptions, verbosity } from './options.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

/** What work on the live nodes gets. */
export interface Work extends Standing {
  options: LiveOptions;
  progress: ProgressDisplay;
}

/** Throws UsageError when the command line asks for a saved snapshot: the command needs the live network. */
export function needsLive({ flags }: Call, what: string): void {
  if (!flags.given('from')) return;
  throw new UsageError('flag-conflict', `${what} works on the cluster, not on a snapshot`, 'leave out --from');
}

/**
 * Does work that runs processes on nodes, and ends them and their debug pods, whatever happens. A failed clean-up is an
 * error of its own, and a warning when the work has failed already.
 */
export async function withRemote<T>(call: Call, work: (work: Work) => Promise<T>): Promise<T> {
  const { flags, terminal } = call;
  const { openStanding } = await import('../app/remote-target.ts');
  const progress = await createProgress(terminal, verbosity(flags));
  const options: LiveOptions = {
    connection: connectionOptions(flags),
    debug: debugOptions(flags),
    progress: progress.step,
    signal: terminal.signal,
  };
  const { remote, source } = openStanding(options);
  terminal.onLeave(remote.leftovers);
  let result: T;
  try {
    result = await work({ remote, source, options, progress });
  } catch (error) {
    progress.stop();
    await remote.close().catch((also: Error) => terminal.warn(`warning: ${visible(also.message)}`));
    throw error;
  }
  await remote.close().finally(progress.stop);
  return result;
}
