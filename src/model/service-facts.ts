import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { canonical, familyOf } from './address.ts';
import type { Family } from './report.ts';
import { cite, type Section } from './section.ts';
import type { Frontend, ServiceEndpoint, ServiceFacts, ServiceReportPort } from './service-report.ts';

/** A service as the API has it. */
export function serviceFacts(
  services: Section<ServiceRecord>,
  service: ServiceRecord,
  slices: Section<EndpointSliceRecord>,
): ServiceFacts {
  const headless = service.type !== 'ExternalName' && (service.clusterIPs[0] ?? 'None') === 'None';
  return {
    namespace: service.namespace,
    name: service.name,
    type: types.find(type => type === service.type) ?? 'ClusterIP',
    headless,
    externalName: service.externalName,
    clusterIPs: headless ? [] : service.clusterIPs.map(canonical),
    externalIPs: service.externalIPs.map(canonical),
    loadBalancerIPs: service.loadBalancerIPs.map(canonical),
    loadBalancerHostnames: service.loadBalancerHostnames,
    sessionAffinity: service.sessionAffinity,
    affinitySeconds: service.sessionAffinity === 'ClientIP' ? service.affinitySeconds : null,
    internalTrafficPolicy: service.internalTrafficPolicy,
    externalTrafficPolicy: service.externalTrafficPolicy,
    healthCheckNodePort: service.healthCheckNodePort,
    ports: service.ports.map(({ name, protocol, port, nodePort, targetPort }) => ({
      name: name || null,
      protocol: protocolOf(protocol),
      port,
      nodePort: nodePort || null,
      targetPort: String(targetPort),
    })),
    evidence: [...cite(services, service), ...cite(slices, ...slicesOf(slices, service))],
  };
}

const types = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;

function protocolOf(text: string): ServiceReportPort['protocol'] {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}

/**
 * The endpoints of a service's slices; an address that stands in several is one, with the ports of all. A condition that is
 * missing means true for ready and serving, false for terminating (discovery/v1 EndpointConditions).
 */
export function serviceEndpoints(
  slices: Section<EndpointSliceRecord>,
  pods: readonly PodRecord[],
  service: Pick<ServiceFacts, 'namespace' | 'name'>,
): ServiceEndpoint[] {
  const byPod = new Map(pods.map(pod => [`${pod.namespace}/${pod.name}`, pod]));
  const found = slicesOf(slices, service).flatMap(slice =>
    slice.endpoints.flatMap(endpoint =>
      endpoint.addresses.map((address): ServiceEndpoint => {
        const pod = endpoint.pod === null ? undefined : byPod.get(endpoint.pod);
        const ready = endpoint.ready ?? true;
        return {
          family: familyOf(address),
          address: canonical(address),
          ports: slice.ports,
          pod: endpoint.pod,
          node: endpoint.node ?? pod?.nodeName ?? null,
          zone: endpoint.zone,
          ready,
          serving: endpoint.serving ?? ready,
          terminating: endpoint.terminating ?? false,
          hints: endpoint.hints,
          since: sinceOf(pod, endpoint),
        };
      }),
    ),
  );
  const groups = Map.groupBy(found, ({ address, pod, ready, terminating }) =>
    [address, pod, ready, terminating].join(),
  );
  return [...groups.values()]
    .map(group => ({ ...(group[0] as ServiceEndpoint), ports: group.flatMap(({ ports }) => ports) }))
    .sort((a, b) => a.family.localeCompare(b.family) || (a.address < b.address ? -1 : 1));
}

function slicesOf(slices: Section<EndpointSliceRecord>, { namespace, name }: Pick<ServiceFacts, 'namespace' | 'name'>) {
  return slices.records.filter(slice => slice.namespace === namespace && slice.service === name);
}

function sinceOf(
  pod: PodRecord | undefined,
  { uid, terminating }: EndpointSliceRecord['endpoints'][number],
): string | null {
  if (pod === undefined || (uid !== null && pod.uid !== uid)) return null;
  if (terminating === true) return pod.deletedAt;
  return pod.conditions.find(({ type }) => type === 'Ready')?.since ?? null;
}

/** When the service's slices of each family last changed, as far as they say (an annotation of the controller). */
export function lastChange(
  slices: Section<EndpointSliceRecord>,
  service: Pick<ServiceFacts, 'namespace' | 'name'>,
): Record<Family, string | null> {
  const latest = (family: Family) =>
    slicesOf(slices, service)
      .flatMap(({ addressType, changed }) => (addressType === family && changed !== null ? [changed] : []))
      .sort()
      .at(-1) ?? null;
  return { IPv4: latest('IPv4'), IPv6: latest('IPv6') };
}

/** Addresses and ports that a service answers on, apart from the rules: one a family for node ports. */
export function frontendsOf(
  service: ServiceFacts,
  families: readonly Family[],
): Omit<Frontend, 'branches' | 'fromNode' | 'shares'>[] {
  const addresses = [
    ...service.clusterIPs.map(address => ({ kind: 'cluster-ip', address }) as const),
    ...service.externalIPs.map(address => ({ kind: 'external-ip', address }) as const),
    ...service.loadBalancerIPs.map(address => ({ kind: 'load-balancer-ip', address }) as const),
  ];
  return service.ports.flatMap(({ name, protocol, port, nodePort }) => [
    ...addresses.map(at => ({ ...at, family: familyOf(at.address), port, protocol, portName: name })),
    ...(nodePort === null
      ? []
      : families.map(
          family => ({ kind: 'node-port', family, address: null, port: nodePort, protocol, portName: name }) as const,
        )),
  ]);
}
