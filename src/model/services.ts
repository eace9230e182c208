import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { canonical, familyOf } from './address.ts';
import type { Family, Listening, PodService, ServicePort, Socket } from './report.ts';
import { cite, type Section } from './section.ts';
import type { ChainFinder } from './service-chains.ts';
import { listeningOn } from './sockets.ts';
import { families } from './stack.ts';

/** What the services of a pod are judged by. */
export interface ServiceFacts {
  services: Section<ServiceRecord>;
  slices: Section<EndpointSliceRecord>;
  sockets: readonly Socket[] | null;
  /** False when some sockets may be missing, so that "nobody listens" cannot be said. */
  socketsComplete: boolean;
  chains: ChainFinder;
  /** The ways to the pod over a service's port. */
  ways: (service: ServiceRecord, port: ServiceRecord['ports'][number]) => ServicePort['ways'];
}

/** The services of the pod's namespace that select it or whose EndpointSlices list it, by name; null when none is known and not all were read. */
export function servicesOf(pod: PodRecord, facts: ServiceFacts): PodService[] | null {
  const slices = facts.slices.records.filter(slice => slice.namespace === pod.namespace);
  const found = facts.services.records
    .filter(service => service.namespace === pod.namespace)
    .map(service => ({ service, own: slices.filter(slice => slice.service === service.name && lists(slice, pod)) }))
    .filter(({ service, own }) => own.length > 0 || selects(service, pod))
    .map(({ service, own }) => toService(service, own, pod, facts))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return found.length === 0 && facts.services.state !== 'whole' ? null : found;
}

/** A service without a selector selects nothing. */
function selects({ selector }: ServiceRecord, pod: PodRecord): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => pod.labels[key] === value);
}

function endpointsOf(slice: EndpointSliceRecord, pod: PodRecord) {
  const ips = new Set(pod.ips.map(canonical));
  return slice.endpoints.filter(endpoint =>
    endpoint.pod === null
      ? // A slice written by hand may name the address alone; a host-network pod shares its with others.
        !pod.hostNetwork && endpoint.addresses.some(address => ips.has(canonical(address)))
      : endpoint.pod === `${pod.namespace}/${pod.name}` &&
        (endpoint.uid === null || pod.uid === '' || endpoint.uid === pod.uid),
  );
}

function lists(slice: EndpointSliceRecord, pod: PodRecord): boolean {
  return endpointsOf(slice, pod).length > 0;
}

function toService(
  service: ServiceRecord,
  slices: EndpointSliceRecord[],
  pod: PodRecord,
  facts: ServiceFacts,
): PodService {
  const endpoints = slices.flatMap(slice => endpointsOf(slice, pod));
  const headless = service.clusterIPs.length === 0 || service.clusterIPs[0] === 'None';
  return {
    namespace: service.namespace,
    name: service.name,
    type: serviceType(service.type),
    headless,
    clusterIPs: headless ? [] : service.clusterIPs,
    externalIPs: service.externalIPs,
    loadBalancerIPs: service.loadBalancerIPs,
    loadBalancerHostnames: service.loadBalancerHostnames,
    sessionAffinity: service.sessionAffinity,
    internalTrafficPolicy: service.internalTrafficPolicy,
    externalTrafficPolicy: service.externalTrafficPolicy,
    listed: endpoints.length > 0 ? true : facts.slices.state === 'whole' ? false : null,
    // A missing condition means true for ready and serving, false for terminating (discovery/v1 EndpointConditions).
    ready: all(endpoints, ({ ready }) => ready ?? true),
    serving: all(endpoints, ({ serving, ready }) => serving ?? ready ?? true),
    terminating: endpoints.length === 0 ? null : endpoints.some(({ terminating }) => terminating ?? false),
    ports: service.ports.map(port => toPort(port, service, slices, pod, facts)),
    evidence: [...cite(facts.services, service), ...cite(facts.slices, ...slices)],
  };
}

function serviceType(type: string): PodService['type'] {
  return type === 'NodePort' || type === 'LoadBalancer' || type === 'ExternalName' ? type : 'ClusterIP';
}

function all<T>(items: readonly T[], test: (item: T) => boolean): boolean | null {
  return items.length === 0 ? null : items.every(test);
}

function toPort(
  port: ServiceRecord['ports'][number],
  service: ServiceRecord,
  slices: readonly EndpointSliceRecord[],
  pod: PodRecord,
  facts: ServiceFacts,
): ServicePort {
  const protocol = port.protocol === 'UDP' || port.protocol === 'SCTP' ? port.protocol : 'TCP';
  const podPort = resolveTarget(port.targetPort, protocol, pod);
  const used = families.filter(family => uses(service, family) && pod.ips.some(ip => familyOf(ip) === family));
  const listeningBy = used.map(family => {
    const want = { protocol, port: podPort ?? 0, family, ips: pod.ips };
    // A named port that the pod does not have leads to nobody.
    const nobody: Listening = 'no';
    return { family, listening: podPort === null ? nobody : listeningOn(facts.sockets, facts.socketsComplete, want) };
  });
  const chains = slices.flatMap(slice => {
    const backend = slice.ports.find(({ name, protocol: own }) => name === port.name && own === protocol)?.port;
    if (backend === null || backend === undefined) return [];
    return endpointsOf(slice, pod).flatMap(({ addresses }) =>
      addresses.flatMap(address =>
        facts.chains({
          namespace: service.namespace,
          service: service.name,
          portName: port.name,
          protocol,
          address,
          port: backend,
          family: familyOf(address),
        }),
      ),
    );
  });
  return {
    name: port.name,
    protocol,
    port: port.port,
    nodePort: port.nodePort,
    targetPort: String(port.targetPort),
    podPort,
    listening: leastGood.find(value => listeningBy.some(({ listening }) => listening === value)) ?? 'unknown',
    listeningBy,
    chains: ofService(chains, service, port).sort((a, b) => a.family.localeCompare(b.family)),
    ways: facts.ways(service, port),
  };
}

const leastGood: readonly Listening[] = ['no', 'localhost-only', 'unknown', 'yes'];

/** IPVS names no service: of the virtual servers that lead to the pod, those with an address and port of this service. */
function ofService(
  chains: ServicePort['chains'],
  service: ServiceRecord,
  port: ServiceRecord['ports'][number],
): ServicePort['chains'] {
  const vips = new Set([...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs].map(canonical));
  return chains.filter(({ backend, chain }) => {
    if (backend !== 'ipvs') return true;
    const at = chain.lastIndexOf(':');
    const number = Number(chain.slice(at + 1));
    const address = canonical(chain.slice(0, at).replace(/^\[|\]$/g, ''));
    return (number === port.port && vips.has(address)) || (port.nodePort !== null && number === port.nodePort);
  });
}

function uses(service: ServiceRecord, family: Family): boolean {
  return service.ipFamilies.length === 0 || service.ipFamilies.includes(family);
}

/**
 * The pod's port that targetPort means: a number, or the name of a port of an app container or a sidecar (an init
 * container that goes on), of the same protocol (kubernetes pkg/api/v1/pod FindPort).
 */
function resolveTarget(target: string | number, protocol: string, pod: PodRecord): number | null {
  if (typeof target === 'number') return target;
  if (/^\d+$/.test(target)) return Number(target);
  const ports = pod.containers
    .filter(({ role }) => role === 'app' || role === 'sidecar')
    .sort((a, b) => Number(a.role === 'sidecar') - Number(b.role === 'sidecar'))
    .flatMap(container => container.ports);
  return ports.find(port => port.name === target && port.protocol === protocol)?.port ?? null;
}
