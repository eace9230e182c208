import { nodesOf, openBundle, podsOf, servicesOf } from '../collect/bundle-source.ts';
import { apiPath, openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import type { List } from '../collect/kinds.ts';
import { kubeconfigNames } from '../collect/kubeconfig.ts';
import { createKubectl } from '../collect/kubectl.ts';

type NameKind = 'pods' | 'services' | 'nodes' | 'namespaces';

/**
 * The names that complete a command line: of nodes, namespaces, or the pods or services of the connection's namespace. Throws
 * ClusterError where they cannot be listed.
 */
export async function liveNames(kind: NameKind, connection: ConnectionOptions): Promise<string[]> {
  const cluster = await openCluster(connection, { kubectl: createKubectl(connection) });
  try {
    const where = kind === 'pods' || kind === 'services' ? { namespace: cluster.namespace } : {};
    const { items } = await cluster.get<List<{ metadata: { name: string } }>>(apiPath('core', kind, where));
    return items.map(({ metadata }) => metadata.name);
  } finally {
    cluster.close();
  }
}

/** The names in a saved snapshot. Throws as readSnapshot does. */
export async function savedNames(kind: NameKind, from: string): Promise<string[]> {
  const snapshot = await openBundle(from);
  if (kind === 'nodes') return nodesOf(snapshot);
  if (kind === 'services') return servicesOf(snapshot).map(({ name }) => name);
  return podsOf(snapshot).map(pod => (kind === 'pods' ? pod.name : pod.namespace));
}

/** The chains of a node of a saved snapshot as FAMILY/TABLE/CHAIN; null: of its only node, none where it has several. */
export async function savedChains(from: string, node: string | null): Promise<string[]> {
  const [snapshot, { nodeChains, nodeOrChain }] = await Promise.all([openBundle(from), import('./chains.ts')]);
  const question = { chain: null, evidence: false };
  const { tables } = nodeChains(snapshot, node ?? nodeOrChain(snapshot, null).node, question);
  return tables.flatMap(({ family, name, chains }) => chains.map(chain => `${family}/${name}/${chain.name}`));
}

/** The names of the entries of one kind in the user's kubeconfig. Throws ClusterError for an unreadable one. */
export const connectionNames = (kind: 'contexts' | 'clusters' | 'users', { kubeconfig }: ConnectionOptions): string[] =>
  kubeconfigNames(kind, kubeconfig);
