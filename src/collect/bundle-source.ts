import { UsageError } from '../errors.ts';
import type { PodTarget, Snapshot } from '../parse/snapshot.ts';
import { asset } from './assets.ts';
import { nearest } from './nearest.ts';
import { readSnapshot, unpackSnapshot } from './snapshot-read.ts';
import type { CollectRequest, Source } from './source.ts';

/** Opens a saved snapshot; `demo` is the built-in one (`./demo` a file). Throws as readSnapshot does. */
export async function openBundle(from: string): Promise<Snapshot> {
  return from === 'demo' ? unpackSnapshot(asset('demo.tar.gz'), from, new Date()) : readSnapshot(from);
}

/** The pods that a snapshot knows: those asked for when it was taken, then those that the API listed. */
export function podsOf(snapshot: Snapshot): PodTarget[] {
  const pods = new Map(snapshot.index.targets.pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]));
  for (const pod of listed(snapshot.files.get('cluster/pods.json'))) {
    const key = `${pod.namespace}/${pod.name}`;
    if (!pods.has(key)) pods.set(key, pod);
  }
  return [...pods.values()];
}

function listed(list: string | undefined): PodTarget[] {
  try {
    const { items = [] } = JSON.parse(list ?? '{}') as { items?: { metadata: PodTarget }[] };
    return items.map(({ metadata: { namespace, name } }) => ({ namespace, name }));
  } catch {
    return []; // A malformed list is said by the report that reads it.
  }
}

/** The services that a snapshot knows by the API's list. */
export function servicesOf(snapshot: Snapshot): PodTarget[] {
  return listed(snapshot.files.get('cluster/services.json'));
}

/** The nodes that the snapshot has sections of. */
export function nodesOf(snapshot: Snapshot): string[] {
  const named = [...snapshot.files.keys()].flatMap(path => /^nodes\/([^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set([...snapshot.index.targets.nodes, ...named])].sort();
}

/**
 * The pod that a bare name means in a snapshot: the one asked for when it was taken, else the only one of that name,
 * else that of namespace `default`. Throws UsageError when several would do.
 */
export function podInBundle(snapshot: Snapshot, name: string): PodTarget {
  return inBundle('pod', snapshot.index.targets.pods, podsOf(snapshot), name);
}

/** The service that a bare name means in a snapshot, in the same order. Throws UsageError when several would do. */
export function serviceInBundle(snapshot: Snapshot, name: string): PodTarget {
  return inBundle('service', snapshot.index.targets.services ?? [], servicesOf(snapshot), name);
}

function inBundle(kind: string, asked: PodTarget[], all: PodTarget[], name: string): PodTarget {
  const own = asked.filter(target => target.name === name);
  const candidates = own.length > 0 ? own : all.filter(target => target.name === name);
  if (candidates.length > 1)
    throw new UsageError(
      `ambiguous-${kind}`,
      `the snapshot has several ${kind}s named ${name}: ${candidates.map(nameOf).join(', ')}`,
      'give the namespace with -n',
    );
  return candidates[0] ?? { namespace: 'default', name };
}

function nameOf({ namespace, name }: PodTarget): string {
  return `${namespace}/${name}`;
}

/** A saved snapshot as a source. Collecting throws UsageError for a target that the snapshot does not have. */
export function createBundleSource(snapshot: Snapshot): Source {
  const collect = async (request: CollectRequest): Promise<Snapshot> => {
    const pods = podsOf(snapshot);
    const lostPod = request.pods.find(
      ({ namespace, name }) => !pods.some(pod => pod.namespace === namespace && pod.name === name),
    );
    if (lostPod !== undefined) throw absent('pod', nameOf(lostPod), pods.map(nameOf));
    const services = servicesOf(snapshot).map(nameOf);
    const lostService = request.services?.find(service => !services.includes(nameOf(service)));
    if (lostService !== undefined) throw absent('service', nameOf(lostService), services);
    const nodes = nodesOf(snapshot);
    const lostNode = request.nodes.find(node => !nodes.includes(node));
    if (lostNode !== undefined) throw absent('node', lostNode, nodes);
    return snapshot;
  };
  return { collect, check: async request => void (await collect(request)), close: async () => {} };
}

function absent(kind: 'pod' | 'service' | 'node', name: string, known: string[]): UsageError {
  const bare = (one: string) => one.slice(one.indexOf('/') + 1);
  const meant = nearest(bare(name), known.map(bare));
  const near = known.filter(one => meant.includes(bare(one)));
  const some = known.length > 10 ? [...known.slice(0, 10), `${known.length - 10} more`] : known;
  return new UsageError(
    `${kind}-not-found`,
    `${kind} ${name} is not in the snapshot`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : `it has: ${some.join(', ') || `no ${kind}s`}`,
  );
}
