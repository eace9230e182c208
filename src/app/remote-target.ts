import { readNode, readPod, readService } from '../collect/api-objects.ts';
import { apiPath, type Cluster } from '../collect/cluster.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import { createDebugPods, type LiveOptions } from '../collect/debug-pods.ts';
import type { EndpointSlice, List, Node, Pod } from '../collect/kinds.ts';
import { createLiveSource } from '../collect/live-source.ts';
import { containerPid } from '../collect/pod-processes.ts';
import { assertInspectable } from '../collect/preflight.ts';
import { openRemote, type Remote, type RemoteNode } from '../collect/remote.ts';
import type { Source } from '../collect/source.ts';
import { slicesPath } from '../collect/targets.ts';
import { ClusterError, UsageError } from '../errors.ts';
import type { EndName } from './trace-ends.ts';
import { findWorkloadPod, isWorkload } from './workload.ts';

/** Processes on nodes, and snapshots through the same debug pods. */
export interface Standing {
  remote: Remote;
  source: Source;
}

export function openStanding(options: LiveOptions): Standing {
  const pods = createDebugPods(options);
  return { remote: openRemote(options, pods), source: createLiveSource(options, pods) };
}

/** What a session is on: a node, or a pod on its node. */
export interface RemoteTarget {
  /** `pod shop/web-0`, `node node1`. */
  title: string;
  node: string;
  /** The node's own addresses. */
  nodeAddresses: string[];
  pod: Pod | null;
}

/** A place where processes can be run: a target with its node's debug pod. */
export interface RemotePlace {
  target: RemoteTarget;
  node: RemoteNode;
  /** The file of its network namespace; undefined: the node's own. */
  netns: string | undefined;
  /** The PID of a container's process: of the named one, or of the one that kubectl takes when none is named; undefined when it does not run. */
  container(name?: string): number | undefined;
}

/**
 * Finds the pod or node that a name means. Throws UsageError for what nothing can be run in, ClusterError for what is not
 * there, is on no node yet, or is on a node that cannot be entered.
 */
export async function findTarget(cluster: Cluster, end: EndName, connection: ConnectionOptions): Promise<RemoteTarget> {
  const target = await named(cluster, end, connection);
  const node = await readNode<Node>(cluster, target.node);
  assertInspectable(node);
  const nodeAddresses =
    node.status?.addresses?.flatMap(({ type, address }) => (type.endsWith('IP') ? address : [])) ?? [];
  return { ...target, nodeAddresses };
}

/** The same, and for a service each pod behind it that takes connections. */
export async function findTargets(
  cluster: Cluster,
  end: EndName,
  connection: ConnectionOptions,
): Promise<RemoteTarget[]> {
  if (end.kind !== 'service') return [await findTarget(cluster, end, connection)];
  const service = await readService(cluster, { namespace: end.namespace ?? cluster.namespace, name: end.name });
  const { items } = await cluster.get<List<EndpointSlice>>(slicesPath(service));
  const refs = items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name !== undefined ? targetRef.name : []));
  const { namespace } = service.metadata;
  const pods = [...new Set(refs)].map(name => findTarget(cluster, { kind: 'pod', namespace, name }, connection));
  if (pods.length === 0)
    throw new ClusterError(
      'no-endpoints',
      `service ${namespace}/${end.name} has no pod that takes connections`,
      `see \`kubectl netinspect service -n ${namespace} ${end.name}\``,
    );
  return Promise.all(pods);
}

type Named = Omit<RemoteTarget, 'nodeAddresses'>;

async function named(cluster: Cluster, end: EndName, connection: ConnectionOptions): Promise<Named> {
  if (isWorkload(end)) return ofPod(await readPod(cluster, await findWorkloadPod(end, connection)));
  switch (end.kind) {
    case 'node':
      return { title: `node ${end.name}`, node: end.name, pod: null };
    case 'pod':
      return ofPod(await readPod(cluster, { namespace: end.namespace ?? cluster.namespace, name: end.name }));
    case 'address': {
      const query = { fieldSelector: `status.podIP=${end.address}` };
      const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { query }));
      const pod = items.find(({ status }) => status?.phase === 'Running');
      if (pod === undefined)
        throw new UsageError(
          'pod-not-found',
          `no running pod has the address ${end.address}`,
          'name a pod or node/NAME',
        );
      return ofPod(pod);
    }
    default:
      throw new UsageError(
        'bad-target',
        `nothing can be run in ${end.kind === 'service' ? `service ${end.name}` : end.kind}`,
        'name a pod or node/NAME',
      );
  }
}

function ofPod(pod: Pod): Named {
  const title = `pod ${pod.metadata.namespace}/${pod.metadata.name}`;
  const { nodeName } = pod.spec;
  if (nodeName === undefined)
    throw new ClusterError('pod-not-scheduled', `${title} is on no node yet`, 'see `kubectl describe pod`');
  const { phase } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new ClusterError('pod-ended', `${title} has ended (${phase}): it has no network any more`);
  return { title, node: nodeName, pod };
}

/** Enters the targets' nodes, each node once and all at the same time. Throws ClusterError when one cannot be entered, or a pod has no network namespace. */
export async function enter(remote: Remote, targets: readonly RemoteTarget[]): Promise<RemotePlace[]> {
  const names = [...new Set(targets.map(({ node }) => node))];
  const places = await Promise.all(
    names.map(async name => {
      const here = targets.filter(({ node }) => node === name);
      const pods = here.flatMap(({ pod }) => pod ?? []);
      const node = await remote.node(name, here.map(({ title }) => title).join(', '), pods);
      return here.map(target => placeOf(target, node, pods));
    }),
  );
  const all = places.flat();
  return targets.map(target => all.find(place => place.target === target) as RemotePlace);
}

function placeOf(target: RemoteTarget, node: RemoteNode, pods: readonly Pod[]): RemotePlace {
  const { pod } = target;
  if (pod === null) return { target, node, netns: undefined, container: () => undefined };
  const place = node.places[pods.indexOf(pod)];
  if (place?.netns === undefined)
    throw new ClusterError(
      'no-netns',
      `${target.title} has no network namespace on ${node.name}: no process of it was found there`,
      'is it still being created? See `kubectl describe pod`',
    );
  return {
    target,
    node,
    netns: place.onNodeNetwork ? undefined : place.netns,
    container(name) {
      const wanted =
        name ?? pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? pod.spec.containers[0]?.name;
      const id = pod.status?.containerStatuses?.find(status => status.name === wanted)?.containerID;
      return id === undefined ? undefined : containerPid(place, id);
    },
  };
}
