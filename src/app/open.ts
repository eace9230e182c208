import { createBundleSource, openBundle, podInBundle, serviceInBundle } from '../collect/bundle-source.ts';
import type { LiveOptions } from '../collect/debug-pods.ts';
import type { Source } from '../collect/source.ts';
import type { PodTarget } from '../parse/snapshot.ts';

/** A pod or service as the user named it; the namespace may come from where it is looked up. */
export interface PodName {
  namespace: string | undefined;
  name: string;
}

/** A source of snapshots, with what names mean in it. */
export interface Opened extends Source {
  /** The pod that a name means: a missing namespace is the context's, or the snapshot's. */
  pod(name: PodName): PodTarget;
  /** The service that a name means, in the same way. */
  service(name: PodName): PodTarget;
  /** What it is called for people: the file, or the kubeconfig's context. */
  name: string;
  /** Commands that delete what is still there, for a user who does not wait for `close`. */
  leftovers(): string[];
}

/** Opens a saved snapshot, or the built-in one for `demo`. Throws as readSnapshot does. */
export async function openSaved(from: string): Promise<Opened> {
  const snapshot = await openBundle(from);
  return {
    ...createBundleSource(snapshot),
    pod: ({ namespace, name }) => (namespace === undefined ? podInBundle(snapshot, name) : { namespace, name }),
    service: ({ namespace, name }) => (namespace === undefined ? serviceInBundle(snapshot, name) : { namespace, name }),
    name: from,
    leftovers: () => [],
  };
}

/**
 * Opens the live cluster; nothing is sent to it before collecting. `held`: its debug pods stay until it is closed. Throws
 * UsageError for a context that does not exist.
 */
export async function openLive(options: LiveOptions, held?: 'held'): Promise<Opened> {
  const [{ createLiveSource }, { createDebugPods }, { effectiveConfig }] = await Promise.all([
    import('../collect/live-source.ts'),
    import('../collect/debug-pods.ts'),
    import('../collect/kubeconfig.ts'),
  ]);
  const config = effectiveConfig(options.connection);
  const namespace = options.connection.namespace ?? config?.namespace ?? 'default';
  const inNamespace = (name: PodName) => ({ namespace: name.namespace ?? namespace, name: name.name });
  return {
    ...createLiveSource(options, held === undefined ? undefined : createDebugPods(options)),
    name: config?.context ?? 'cluster',
    pod: inNamespace,
    service: inNamespace,
  };
}
