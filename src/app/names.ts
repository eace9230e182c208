import { nodesOf, openBundle, podsOf } from '../collect/bundle-source.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import { createKubectl } from '../collect/kubectl.ts';

/**
 * The names that complete a command line: of nodes, namespaces, or the pods of the connection's namespace. Empty where they
 * cannot be listed.
 */
export async function liveNames(
  kind: 'pods' | 'nodes' | 'namespaces',
  connection: ConnectionOptions,
): Promise<string[]> {
  const namespace =
    kind === 'pods' && connection.namespace !== undefined ? [`--namespace=${connection.namespace}`] : [];
  const { exitCode, stdout } = await createKubectl(connection).run(['get', kind, '--output=name', ...namespace]);
  return exitCode === 0 ? stdout.split('\n').flatMap(line => line.split('/')[1] ?? []) : [];
}

/** The names in a saved snapshot. Throws as readSnapshot does. */
export async function savedNames(kind: 'pods' | 'nodes' | 'namespaces', from: string): Promise<string[]> {
  const snapshot = await openBundle(from);
  if (kind === 'nodes') return nodesOf(snapshot);
  return podsOf(snapshot).map(pod => (kind === 'pods' ? pod.name : pod.namespace));
}
