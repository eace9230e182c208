import type { ConnectionOptions } from '../collect/connection.ts';
import { createKubectl } from '../collect/kubectl.ts';
import { ClusterError } from '../errors.ts';
import { canonical } from '../model/address.ts';
import type { TraceEnd } from '../model/trace-report.ts';
import { ownerOf, podEnd } from '../model/trace-targets.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';

/**
 * Who has an address on the live cluster: a pod, node or service; null when nobody does. Throws ClusterError when the
 * cluster's objects cannot be listed.
 */
export async function findAddressOwner(address: string, connection: ConnectionOptions): Promise<TraceEnd | null> {
  const kubectl = createKubectl(connection);
  const get = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await kubectl.run(['get', ...words, '--output=json']);
    if (exitCode === 0) return stdout;
    throw new ClusterError(
      'objects-not-listed',
      `who has ${address} cannot be looked up: ${stderr.trim()}`,
      'name the pod, service or node, or give --node NAME',
    );
  };
  // The API server knows pods by their first address only.
  const [pods, nodes, services] = await Promise.all([
    get('pods', '--all-namespaces', `--field-selector=status.podIP=${address}`).then(text => parsePods(text).records),
    get('nodes').then(text => parseNodes(text).records),
    get('services', '--all-namespaces').then(text => parseServices(text).records),
  ]);
  const owner = ownerOf(address, { pods, nodes, services, slices: [] });
  if (owner !== null) return owner;
  const all = parsePods(await get('pods', '--all-namespaces')).records;
  const pod = all.find(({ ips, hostNetwork }) => !hostNetwork && ips.some(ip => canonical(ip) === canonical(address)));
  return pod === undefined ? null : podEnd(pod);
}
