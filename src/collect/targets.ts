import { ClusterError, isNetinspectError } from '../errors.ts';
import type { CollectFailure } from '../parse/snapshot.ts';
import { asFailure, readNode, readPod, readService } from './api-objects.ts';
import { apiPath, type Cluster } from './cluster.ts';
import { collectorArguments } from './collector-args.ts';
import type { EndpointSlice, List, Node, Pod, Service } from './kinds.ts';
import { assertInspectable } from './preflight.ts';
import type { CollectRequest } from './source.ts';

/** What a node's debug pod is asked to collect. */
export interface NodeTask {
  node: string;
  pods: Pod[];
  /** The words of a question in place of all that is collected otherwise. */
  question?: readonly string[];
}

/** What a request means on the cluster as it is now. */
export interface Targets {
  asked: Pod[];
  services: Service[];
  nodes: Node[];
  tasks: NodeTask[];
  failures: CollectFailure[];
}

const finished = new Set(['Succeeded', 'Failed']);

/**
 * Reads the asked pods and the nodes that they need. A pod that is on no node, or has ended, needs none. Throws
 * ClusterError when a pod or node does not exist, or the only node cannot be inspected; of several, such a node is a
 * failure entry.
 */
export async function readTargets(cluster: Cluster, request: CollectRequest): Promise<Targets> {
  const failures: CollectFailure[] = [];
  const [asked, services] = await Promise.all([
    Promise.all(request.pods.map(target => readPod(cluster, target))),
    Promise.all((request.services ?? []).map(target => readService(cluster, target))),
  ]);
  const inspected = asked.filter(pod => pod.spec.nodeName && !finished.has(pod.status?.phase ?? ''));
  const named = new Set([...request.nodes, ...inspected.map(pod => pod.spec.nodeName ?? '')]);
  const service = named.size === 0 ? services.find(hasRules) : undefined;
  const nodes = request.allNodes
    ? (await cluster.get<List<Node>>(apiPath('core', 'nodes'))).items
    : service !== undefined
      ? [await nodeOf(cluster, service)]
      : await Promise.all([...named].map(name => readNode<Node>(cluster, name)));
  const question = await request.ask?.({ pods: asked, services, nodes, get: path => cluster.get(path) });
  const tasks = nodes.flatMap((node): NodeTask[] => {
    const { name } = node.metadata;
    try {
      assertInspectable(node);
      const pods = inspected.filter(pod => pod.spec.nodeName === name);
      if (question === undefined) return [{ node: name, pods }];
      return [{ node: name, pods: question.pods ? pods : [], question: question.words }];
    } catch (error) {
      if (nodes.length === 1) throw error;
      failures.push(asFailure(name, error));
      return [];
    }
  });
  return { asked, services, nodes, tasks, failures };
}

/**
 * The node to see a service from: the first by name that can be inspected, of those with a ready endpoint where there is
 * one. Throws what stands against inspecting the best one.
 */
async function nodeOf(cluster: Cluster, service: Service): Promise<Node> {
  const [{ items: nodes }, { items: slices }] = await Promise.all([
    cluster.get<List<Node>>(apiPath('core', 'nodes')),
    cluster.get<List<EndpointSlice>>(slicesPath(service)),
  ]);
  const ready = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  const near = new Set(ready.map(({ nodeName }) => nodeName));
  const distance = (node: Node) => (near.has(node.metadata.name) ? 0 : 1);
  const sorted = nodes.toSorted((a, b) => distance(a) - distance(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const [best] = sorted;
  const node = sorted.find(isInspectable) ?? best;
  if (node === undefined) throw new ClusterError('no-nodes', 'the cluster has no nodes', 'see `kubectl get nodes`');
  return node;
}

/** What the node to see a service from is chosen by. */
export function slicesPath({ metadata: { namespace = 'default', name } }: Service): string {
  const query = { labelSelector: `kubernetes.io/service-name=${name}` };
  return apiPath('discovery.k8s.io', 'endpointslices', { namespace, query });
}

/** Nodes have no rules for a headless service and for a name that stands for another one. */
function hasRules({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && spec?.clusterIP !== 'None';
}

function isInspectable(node: Node): boolean {
  try {
    assertInspectable(node);
    return true;
  } catch (error) {
    if (isNetinspectError(error)) return false;
    throw error;
  }
}

/** The namespaces whose pods a request wants listed, beside those of the pods that it asks for. */
export function listedNamespaces({ services = [], namespaces = [] }: CollectRequest): string[] | 'all' {
  if (namespaces === 'all') return 'all';
  return [...services.map(({ namespace }) => namespace), ...namespaces];
}

/** What a node's debug pod is for, in its annotations. */
export function purposeOf({ node, pods }: NodeTask): string {
  return pods.map(({ metadata }) => `pod ${metadata.namespace}/${metadata.name}`).join(', ') || `node ${node}`;
}

const longestSectionSeconds = 10;
/** A table of a million connections takes its time. */
const longestQuestionSeconds = 60;

/** The collector's arguments for a node. A static pod's cgroup carries its manifest's hash (k8s pkg/kubelet/types/pod_update.go). */
export function taskArguments({ pods, question }: NodeTask, timeoutMs: number): string[] {
  const longest = question === undefined ? longestSectionSeconds : longestQuestionSeconds;
  const sectionSeconds = Math.max(1, Math.min(longest, Math.floor(timeoutMs / 2000)));
  return collectorArguments(
    pods.map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      uid: metadata.annotations?.['kubernetes.io/config.hash'] ?? metadata.uid ?? '-',
      ips: status?.podIPs?.map(({ ip }) => ip) ?? [],
    })),
    sectionSeconds,
    question,
  );
}
