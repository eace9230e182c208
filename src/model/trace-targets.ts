import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import type { NodeRecord } from '../parse/kubernetes/nodes.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { canonical, familyOf } from './address.ts';
import type { Family } from './report.ts';
import { families } from './stack.ts';
import type { TraceEnd } from './trace-report.ts';

/** The cluster's objects that names and addresses are looked up in. */
export interface ClusterObjects {
  pods: readonly PodRecord[];
  services: readonly ServiceRecord[];
  slices: readonly EndpointSliceRecord[];
  nodes: readonly NodeRecord[];
}

/** Where packets are sent: an address and port of each family that the destination has. */
export interface Target {
  end: TraceEnd;
  /** In the order that the object names them. */
  addresses: { family: Family; address: string }[];
  port: number | null;
  protocol: string;
}

/** The pod's first address of a family. */
export function podAddress(pod: PodRecord, family: Family): string | null {
  return pod.ips.find(ip => familyOf(ip) === family) ?? null;
}

export function podEnd(pod: PodRecord): TraceEnd {
  return { kind: 'pod', name: `${pod.namespace}/${pod.name}`, node: pod.nodeName };
}

export function serviceEnd(service: ServiceRecord): TraceEnd {
  return { kind: 'service', name: `${service.namespace}/${service.name}`, node: null };
}

export function nodeEnd(node: NodeRecord): TraceEnd {
  return { kind: 'node', name: node.name, node: node.name };
}

/** Who has an address: a pod, a node, a service; null when nobody does. A host-network pod's address is its node's. */
export function ownerOf(address: string, objects: ClusterObjects): TraceEnd | null {
  const wanted = canonical(address);
  const has = (addresses: readonly string[]) => addresses.some(own => canonical(own) === wanted);
  const pod = objects.pods.find(({ ips, hostNetwork, phase }) => !hostNetwork && !ended.has(phase) && has(ips));
  if (pod !== undefined) return podEnd(pod);
  const node = objects.nodes.find(({ ips }) => has(ips));
  if (node !== undefined) return nodeEnd(node);
  const service = objects.services.find(one => has([...one.clusterIPs, ...one.externalIPs, ...one.loadBalancerIPs]));
  if (service !== undefined) return serviceEnd(service);
  for (const slice of objects.slices)
    for (const endpoint of slice.endpoints)
      if (endpoint.pod !== null && has(endpoint.addresses))
        return { kind: 'pod', name: endpoint.pod, node: endpoint.node };
  return null;
}

/** Addresses of pods that have ended may belong to others by now. */
const ended = new Set(['Succeeded', 'Failed']);

/** The first address of each family, in the order given. */
export function oneOfEach(addresses: readonly string[]): Target['addresses'] {
  return families
    .flatMap(family => {
      const at = addresses.findIndex(address => familyOf(address) === family);
      return at === -1 ? [] : [{ at, family, address: canonical(addresses[at] ?? '') }];
    })
    .sort((a, b) => a.at - b.at)
    .map(({ family, address }) => ({ family, address }));
}
