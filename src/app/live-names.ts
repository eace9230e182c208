import { apiPath, type Cluster } from '../collect/cluster.ts';
import { type AddressNames, addressNames } from '../model/address-names.ts';
import type { ClusterObjects } from '../model/trace-targets.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';

/** Who has which address on the live cluster; what may not be listed has no names. */
export async function liveNames(cluster: Cluster): Promise<AddressNames> {
  return addressNames(await liveObjects(cluster));
}

/** The cluster's objects that addresses and ports belong to; a kind that may not be listed has none. */
export async function liveObjects(cluster: Cluster): Promise<ClusterObjects> {
  const list = (group: 'core' | 'discovery.k8s.io', resource: string) =>
    cluster.get<object>(apiPath(group, resource)).then(
      found => JSON.stringify(found),
      () => '{"kind": "List", "items": []}',
    );
  const [pods, services, slices, nodes] = await Promise.all([
    list('core', 'pods'),
    list('core', 'services'),
    list('discovery.k8s.io', 'endpointslices'),
    list('core', 'nodes'),
  ]);
  return {
    pods: parsePods(pods).records,
    services: parseServices(services).records,
    slices: parseEndpointSlices(slices).records,
    nodes: parseNodes(nodes).records,
  };
}
