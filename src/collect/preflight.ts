import { ClusterError } from '../errors.ts';
import type { Access, Cluster } from './cluster.ts';
import type { Node, Pod } from './kinds.ts';
import { labelledPods, ownerOf, type User, unknownUser, userMark } from './marks.ts';

/** Throws ClusterError when no debug pod can run on the node: Windows, Fargate, virtual, or its kubelet is away. */
export function assertInspectable(node: Node): void {
  const { name, labels = {} } = node.metadata;
  const unsupported = (what: string) =>
    new ClusterError(
      'node-unsupported',
      `${name} is ${what}: it has no Linux host that can be inspected`,
      'name a pod or node on a Linux machine of the cluster',
    );
  const os = labels['kubernetes.io/os'] ?? node.status?.nodeInfo?.operatingSystem;
  if (os === 'windows') throw unsupported('a Windows node');
  if (labels['eks.amazonaws.com/compute-type'] === 'fargate') throw unsupported('a Fargate node');
  const taints = node.spec?.taints ?? [];
  if (labels['type'] === 'virtual-kubelet' || taints.some(taint => taint.key === 'virtual-kubelet.io/provider')) {
    throw unsupported('a virtual node');
  }
  // Ready=False leaves the kubelet alive (a broken CNI, for one: just what is to be looked at); Unknown does not.
  const ready = node.status?.conditions?.find(condition => condition.type === 'Ready');
  if (ready?.status === 'Unknown') {
    throw new ClusterError(
      'node-not-ready',
      `${name} is not ready: ${ready.message ?? ready.reason ?? 'its kubelet does not answer'}`,
      `see \`kubectl describe node ${name}\`; a saved snapshot can be read with --from`,
    );
  }
}

/** What a live run does with debug pods; `kubectl exec` opens its WebSocket with `get`, or with `create` (1.35). */
function needed(namespace: string): Access[][] {
  const pods = ['create', 'get', 'list', 'watch', 'delete'].map(verb => [{ verb, resource: 'pods', namespace }]);
  return [...pods, ['create', 'get'].map(verb => ({ verb, resource: 'pods', subresource: 'exec', namespace }))];
}

function wordsOf({ verb, resource, subresource }: Access): string {
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
}

/** What the server is asked that the user may do with debug pods, in words. */
export function accessReviews(namespace: string): string[] {
  return needed(namespace).flat().map(wordsOf);
}

/**
 * Asks whether the user may start, use and delete debug pods in the namespace. Throws ClusterError `forbidden` that
 * names every missing verb; what the server does not tell is left to the server.
 */
async function assertAllowed(cluster: Cluster, namespace: string): Promise<void> {
  const answers = await Promise.all(
    needed(namespace).map(async choices => {
      const allowed = await Promise.all(choices.map(choice => cluster.may(choice)));
      return allowed.every(answer => answer === false) ? choices[0] : undefined;
    }),
  );
  const missing = answers.filter(access => access !== undefined).map(wordsOf);
  if (missing.length === 0) return;
  throw new ClusterError(
    'forbidden',
    `you may not ${missing.join(', ')} in namespace ${namespace}, so no debug pod can be used there`,
    'ask for a role with these verbs, or name a namespace where you have them with --debug-namespace',
  );
}

/** Who we are in the debug pods' namespace, and which debug pods of ours are there already. */
export interface Ground {
  user: User;
  own: Pod[];
}

/** What must be known before a debug pod is started. Throws ClusterError, `forbidden` when the user may not use one. */
export async function readGround(cluster: Cluster, namespace: string): Promise<Ground> {
  const [name, known] = await Promise.all([
    cluster.user(),
    labelledPods(cluster, namespace),
    assertAllowed(cluster, namespace),
  ]);
  const user = userMark(name);
  return { user, own: user.hash === unknownUser ? [] : known.filter(pod => ownerOf(pod) === user.hash) };
}
