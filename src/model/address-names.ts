import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import { canonical } from './address.ts';
import type { ClusterObjects } from './trace-targets.ts';

/** A service's front end: who is behind it. */
export interface NamedFront {
  /** NAMESPACE/NAME. */
  service: string;
  /** Its port's name; null when it has none. */
  portName: string | null;
  port: number;
  /** `ADDRESS PORT` of the endpoints that take connections, ready or ending. */
  endpoints: ReadonlySet<string>;
}

/** Who has the addresses and ports of a cluster. */
export interface AddressNames {
  /** `NAMESPACE/NAME` of a pod or service, the name of a node; null when nobody is known to have it. */
  name(address: string): string | null;
  /** The service that answers there: on an address of its own, or as a node port on a node's. */
  front(protocol: string, address: string, port: number | null): NamedFront | null;
}

const ended = new Set(['Succeeded', 'Failed']);

/** Indexes the cluster's objects by address. A host-network pod's address is its node's. */
export function addressNames({ pods, services, slices, nodes }: ClusterObjects): AddressNames {
  const names = new Map<string, string>();
  const fronts = new Map<string, NamedFront>();
  const nodeAddresses = new Set(nodes.flatMap(({ ips }) => ips.map(canonical)));
  for (const slice of slices)
    for (const { addresses, pod } of slice.endpoints)
      if (pod !== null) for (const address of addresses) names.set(canonical(address), pod);
  for (const pod of pods)
    if (!pod.hostNetwork && !ended.has(pod.phase))
      for (const ip of pod.ips) names.set(canonical(ip), `${pod.namespace}/${pod.name}`);
  for (const node of nodes) for (const ip of node.ips) names.set(canonical(ip), node.name);
  const byService = Map.groupBy(slices, ({ namespace, service }) => `${namespace}/${service}`);
  for (const record of services) {
    const service = `${record.namespace}/${record.name}`;
    const own = byService.get(service) ?? [];
    const addresses = [...record.clusterIPs, ...record.externalIPs, ...record.loadBalancerIPs].filter(
      address => address !== 'None',
    );
    for (const address of addresses) names.set(canonical(address), service);
    for (const { name, protocol, port, nodePort } of record.ports) {
      const front = { service, portName: name || null, port, endpoints: endpointsOf(own, name || null, protocol) };
      const lower = protocol.toLowerCase();
      for (const address of addresses) fronts.set(`${lower} ${canonical(address)} ${port}`, front);
      if (nodePort !== null && nodePort !== 0) fronts.set(`${lower} node ${nodePort}`, front);
    }
  }
  return {
    name: address => names.get(canonical(address)) ?? null,
    front: (protocol, address, port) => {
      const own = canonical(address);
      return (
        fronts.get(`${protocol} ${own} ${port}`) ??
        (nodeAddresses.has(own) ? fronts.get(`${protocol} node ${port}`) : undefined) ??
        null
      );
    },
  };
}

/** A missing condition means true (discovery/v1 EndpointConditions). */
function endpointsOf(
  slices: readonly EndpointSliceRecord[],
  portName: string | null,
  protocol: string,
): ReadonlySet<string> {
  return new Set(
    slices.flatMap(({ ports, endpoints }) => {
      const port = ports.find(one => one.name === portName && one.protocol === protocol)?.port ?? null;
      return endpoints
        .filter(({ ready, serving }) => serving ?? ready ?? true)
        .flatMap(({ addresses }) => addresses.map(address => `${canonical(address)} ${port}`));
    }),
  );
}
