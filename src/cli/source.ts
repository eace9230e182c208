import type { ConnectionOptions } from '../collect/connection.ts';
import type { Source } from '../collect/source.ts';
import { UsageError } from '../errors.ts';
import type { PodTarget } from '../parse/snapshot.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';
import type { PodName } from './names.ts';
import { connectionOptions, debugOptions, verbosity } from './options.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

/** An opened source, with what names mean in it. */
export interface OpenSource {
  source: Source;
  progress: ProgressDisplay;
  /** The pod that a name means here: its namespace is the flag's, else the context's or the snapshot's. */
  pod(name: PodName): PodTarget;
}

const liveOnly = ['keep', 'dry-run', 'debug-image', 'debug-namespace', 'image-pull-policy', 'timeout', 'context'];

/** Opens what the flags name: the snapshot of --from, else the live cluster. Nothing is started before it collects. */
export async function openSource(call: Call): Promise<OpenSource> {
  const { flags, terminal } = call;
  const progress = await createProgress(terminal, verbosity(flags));
  const from = flags.get('from');
  if (from !== undefined) {
    const useless = liveOnly.find(name => flags.given(name));
    if (useless !== undefined)
      throw new UsageError('flag-conflict', `--${useless} has no meaning with --from`, 'leave out one of them');
    const { createBundleSource, openBundle, podInBundle } = await import('../collect/bundle-source.ts');
    const snapshot = await openBundle(from);
    return {
      source: createBundleSource(snapshot),
      progress,
      pod: ({ namespace, name }) => (namespace === undefined ? podInBundle(snapshot, name) : { namespace, name }),
    };
  }
  const connection = connectionOptions(flags);
  const debug = debugOptions(flags);
  const [{ createLiveSource }, namespace] = await Promise.all([
    import('../collect/live-source.ts'),
    defaultNamespace(connection),
  ]);
  const source = createLiveSource({ connection, debug, progress: progress.step, signal: terminal.signal });
  terminal.onLeave(() => source.leftovers());
  return {
    source,
    progress,
    pod: name => ({ namespace: name.namespace ?? namespace, name: name.name }),
  };
}

/**
 * Does work with an opened source and closes it, whatever happens. A failed clean-up is an error of its own, and a
 * warning when the work has failed already.
 */
export async function withSource<T>(call: Call, work: (opened: OpenSource) => Promise<T>): Promise<T> {
  const opened = await openSource(call);
  const close = () => opened.source.close().finally(opened.progress.stop);
  let result: T;
  try {
    result = await work(opened);
  } catch (error) {
    opened.progress.stop();
    await close().catch((also: Error) => call.terminal.warn(`warning: ${visible(also.message)}`));
    throw error;
  }
  await close();
  return result;
}

/** The namespace that kubectl would use: flag, context, `default`. */
export async function defaultNamespace(connection: ConnectionOptions): Promise<string> {
  const { effectiveConfig } = await import('../collect/kubeconfig.ts');
  return connection.namespace ?? effectiveConfig(connection)?.namespace ?? 'default';
}
