import { nodesOf, openBundle, podsOf, servicesOf } from '../collect/bundle-source.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import { createKubectl } from '../collect/kubectl.ts';

type NameKind = 'pods' | 'services' | 'nodes' | 'namespaces';

/**
 * The names that complete a command line: of nodes, namespaces, or the pods or services of the connection's namespace. Empty where they
 * cannot be listed.
 */
export async function liveNames(kind: NameKind, connection: ConnectionOptions): Promise<string[]> {
  const namespace =
    (kind === 'pods' || kind === 'services') && connection.namespace !== undefined
      ? [`--namespace=${connection.namespace}`]
      : [];
  const { exitCode, stdout } = await createKubectl(connection).run(['get', kind, '--output=name', ...namespace]);
  return exitCode === 0 ? stdout.split('\n').flatMap(line => line.split('/')[1] ?? []) : [];
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
