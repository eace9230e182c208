import type { CollectFailure } from '../parse/snapshot.ts';
import { asFailure, readNode, readPod } from './api-objects.ts';
import { apiPath, type Cluster } from './cluster.ts';
import { collectorArguments } from './collector-args.ts';
import type { List, Node, Pod } from './kinds.ts';
import { assertInspectable } from './preflight.ts';
import type { CollectRequest } from './source.ts';

/** What a node's debug pod is asked to collect. */
export interface NodeTask {
  node: string;
  pods: Pod[];
}

/** What a request means on the cluster as it is now. */
export interface Targets {
  asked: Pod[];
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
  const asked = await Promise.all(request.pods.map(target => readPod(cluster, target)));
  const inspected = asked.filter(pod => pod.spec.nodeName && !finished.has(pod.status?.phase ?? ''));
  const named = new Set([...request.nodes, ...inspected.map(pod => pod.spec.nodeName ?? '')]);
  const nodes = request.allNodes
    ? (await cluster.get<List<Node>>(apiPath('core', 'nodes'))).items
    : await Promise.all([...named].map(name => readNode<Node>(cluster, name)));
  const tasks = nodes.flatMap(node => {
    const { name } = node.metadata;
    try {
      assertInspectable(node);
      return [{ node: name, pods: inspected.filter(pod => pod.spec.nodeName === name) }];
    } catch (error) {
      if (nodes.length === 1) throw error;
      failures.push(asFailure(name, error));
      return [];
    }
  });
  return { asked, nodes, tasks, failures };
}

/** What a node's debug pod is for, in its annotations. */
export function purposeOf({ node, pods }: NodeTask): string {
  return pods.map(({ metadata }) => `pod ${metadata.namespace}/${metadata.name}`).join(', ') || `node ${node}`;
}

const longestSectionSeconds = 10;

/** The collector's arguments for a node. A static pod's cgroup carries its manifest's hash (k8s pkg/kubelet/types/pod_update.go). */
export function taskArguments({ pods }: NodeTask, timeoutMs: number): string[] {
  const sectionSeconds = Math.max(1, Math.min(longestSectionSeconds, Math.floor(timeoutMs / 2000)));
  return collectorArguments(
    pods.map(({ metadata, status }) => ({
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      uid: metadata.annotations?.['kubernetes.io/config.hash'] ?? metadata.uid ?? '-',
      ips: status?.podIPs?.map(({ ip }) => ip) ?? [],
    })),
    sectionSeconds,
  );
}
