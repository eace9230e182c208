import { nearest } from '../collect/nearest.ts';
import { IncompleteError, UsageError } from '../errors.ts';
import { familyOf } from '../model/address.ts';
import type { Family } from '../model/report.ts';
import type { TraceEnd } from '../model/trace-report.ts';
import {
  type ClusterObjects,
  nodeEnd,
  oneOfEach,
  ownerOf,
  podEnd,
  serviceEnd,
  type Target,
} from '../model/trace-targets.ts';
import type { NodeRecord } from '../parse/kubernetes/nodes.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { type EndName, internet, type NamedDestination, type Workload } from './trace-ends.ts';
import { type PacketWishes, protocolOf } from './trace-packet.ts';

/** Where a packet starts. */
export type Source =
  | { kind: 'pod'; end: TraceEnd; pod: PodRecord }
  | { kind: 'node'; end: TraceEnd; node: NodeRecord }
  | { kind: 'outside'; end: TraceEnd; addresses: Target['addresses'] };

/** Finds what names mean. */
export interface Finder {
  objects: ClusterObjects;
  /** The nodes that were looked at. */
  looked: readonly string[];
  /** Addresses of this machine. */
  local: readonly string[];
}

/** Where the source is. Throws UsageError for what is not there, or sends no packets. */
export function findSource(end: EndName, finder: Finder): Source {
  const { objects, local } = finder;
  switch (end.kind) {
    case 'internet':
      return { kind: 'outside', end: endOf('internet', 'internet'), addresses: everywhere() };
    case 'local':
      return { kind: 'outside', end: endOf('address', 'local'), addresses: oneOfEach(local) };
    case 'address': {
      const owner = ownerOf(end.address, objects);
      const pod = objects.pods.find(record => podEnd(record).name === owner?.name);
      if (owner?.kind === 'pod' && pod !== undefined) return { kind: 'pod', end: owner, pod: only(pod, end.address) };
      const node = objects.nodes.find(({ name }) => name === owner?.name);
      if (owner?.kind === 'node' && node !== undefined)
        return { kind: 'node', end: owner, node: { ...node, ips: [end.address] } };
      return { kind: 'outside', end: endOf('address', end.address), addresses: oneOfEach([end.address]) };
    }
    case 'node': {
      const node = findNode(end.name, objects);
      return { kind: 'node', end: nodeEnd(node), node };
    }
    case 'pod': {
      const pod = findPod(end, finder);
      return { kind: 'pod', end: podEnd(pod), pod };
    }
    case 'service':
      throw new UsageError(
        'source-is-service',
        `service ${end.name} sends no packets`,
        'name one of its pods, and --reply for the way back',
      );
    default: {
      const pod = podOfWorkload(end, objects.pods);
      return { kind: 'pod', end: podEnd(pod), pod };
    }
  }
}

/**
 * What the destination means. A service is, from outside, at its load balancer's or external addresses, else at its node
 * port. Throws UsageError for what is not there, has no address, or has no such port.
 */
export function findDestination(
  named: NamedDestination,
  wishes: PacketWishes,
  finder: Finder,
  from: Source['kind'],
): Target[] {
  const { end } = named;
  const { objects, local } = finder;
  const at = (found: TraceEnd, addresses: Target['addresses'], port = numberOf(named)): Target[] => [
    { end: found, addresses, port, protocol: protocolOf(named, wishes) },
  ];
  switch (end.kind) {
    case 'internet':
      return at(endOf('internet', 'internet'), everywhere());
    case 'local':
      return at(endOf('address', 'local'), oneOfEach(local));
    case 'address':
      return at(ownerOf(end.address, objects) ?? endOf('address', end.address), oneOfEach([end.address]));
    case 'node': {
      const node = findNode(end.name, objects);
      return at(nodeEnd(node), oneOfEach(node.ips));
    }
    case 'service':
      return findServicePort(end, named, wishes, finder, from === 'outside');
    default: {
      const pod = end.kind === 'pod' ? findPod(end, finder) : podOfWorkload(end, objects.pods);
      if (pod.ips.length === 0)
        throw new UsageError('no-address', `pod ${podEnd(pod).name} has no address`, `it is ${pod.phase}`);
      return at(podEnd(pod), oneOfEach(pod.ips), containerPort(named, pod));
    }
  }
}

function endOf(kind: TraceEnd['kind'], name: string): TraceEnd {
  return { kind, name, node: null };
}

function everywhere(): { family: Family; address: string }[] {
  return [
    { family: 'IPv4', address: internet.IPv4 },
    { family: 'IPv6', address: internet.IPv6 },
  ];
}

/** The pod with that address alone. */
function only(pod: PodRecord, address: string): PodRecord {
  return { ...pod, ips: pod.ips.filter(ip => familyOf(ip) === familyOf(address)) };
}

function numberOf({ port, text }: NamedDestination): number | null {
  if (port === null || /^\d+$/.test(port)) return port === null ? null : Number(port);
  throw new UsageError('unknown-port', `${text}: only services and pods have ports with names`, 'give its number');
}

function findNode(name: string, { nodes }: ClusterObjects): NodeRecord {
  const node = nodes.find(record => record.name === name);
  if (node !== undefined) return node;
  throw missing('node', name, names(nodes));
}

type Named = Extract<EndName, { namespace: string | undefined }>;

/** A name without a namespace may be of any. */
function candidates<T extends { namespace: string; name: string }>(all: readonly T[], { namespace, name }: Named): T[] {
  return all.filter(one => one.name === name && (namespace === undefined || one.namespace === namespace));
}

function findPod(end: Named, finder: Finder): PodRecord {
  const { pods, services } = finder.objects;
  const found = candidates(pods, end);
  const [pod] = found;
  if (pod !== undefined && found.length === 1) return pod;
  if (pod !== undefined) throw ambiguous('pod', end.name, found);
  if (services.some(({ name }) => name === end.name))
    throw new UsageError('pod-not-found', `there is no pod ${end.name}`, `did you mean the service svc/${end.name}?`);
  throw missing('pod', end.name, namespaced(pods, end.name));
}

/** The running pod of a workload. Throws UsageError when it has none; several are listed in the error. */
export function podOfWorkload(end: Workload, all: readonly PodRecord[]): PodRecord {
  const pods = all.filter(
    pod =>
      (end.namespace === undefined || pod.namespace === end.namespace) && isOf(pod, end) && pod.phase === 'Running',
  );
  const [pod] = pods;
  if (pod === undefined) throw new UsageError('pod-not-found', `${end.kind} ${end.name} has no running pod`);
  if (pods.length > 1) throw ambiguous(end.kind, end.name, pods);
  return pod;
}

/** A Deployment's ReplicaSets are called after it and the hash of the pod template (kubernetes pkg/controller/deployment). */
function isOf({ owner, labels }: PodRecord, { kind, name }: Named): boolean {
  if (owner === null) return false;
  if (kind === 'deployment')
    return owner.kind === 'ReplicaSet' && owner.name === `${name}-${labels['pod-template-hash']}`;
  return owner.kind.toLowerCase() === kind && owner.name === name;
}

function findServicePort(
  end: Named,
  named: NamedDestination,
  wishes: PacketWishes,
  finder: Finder,
  fromOutside: boolean,
): Target[] {
  const { services } = finder.objects;
  const found = candidates(services, end);
  const [service] = found;
  if (service === undefined) throw missing('service', end.name, namespaced(services, end.name));
  if (found.length > 1) throw ambiguous('service', end.name, found);
  if (service.type === 'ExternalName')
    throw new UsageError(
      'external-name',
      `service ${end.name} is a name for another host`,
      'trace to the address of that host',
    );
  const port = servicePort(service, named, wishes);
  const protocol = port.protocol.toLowerCase();
  const outer = fromOutside ? outerTargets(service, port, protocol, finder) : [];
  if (outer.length > 0) return outer;
  const addresses = oneOfEach(service.clusterIPs.filter(ip => ip !== 'None'));
  if (addresses.length > 0) return [{ end: serviceEnd(service), addresses, port: port.port, protocol }];
  return endpointsOf(service, port, protocol, finder);
}

/** Where the world reaches a service; none for one that is inside the cluster only. */
function outerTargets(
  service: ServiceRecord,
  { port, nodePort }: ServiceRecord['ports'][number],
  protocol: string,
  { objects, looked }: Finder,
): Target[] {
  const end = serviceEnd(service);
  const addresses = oneOfEach([...service.loadBalancerIPs, ...service.externalIPs]);
  if (addresses.length > 0) return [{ end, addresses, port, protocol }];
  if (nodePort === null) return [];
  const nodes = objects.nodes.filter(({ name }) => looked.includes(name));
  return nodes.map(({ ips }) => ({ end, addresses: oneOfEach(ips), port: nodePort, protocol }));
}

/** A headless service's name leads to its endpoints themselves. */
function endpointsOf(
  service: ServiceRecord,
  { name, protocol: wanted }: ServiceRecord['ports'][number],
  protocol: string,
  { objects }: Finder,
): Target[] {
  const slices = objects.slices.filter(
    slice => slice.namespace === service.namespace && slice.service === service.name,
  );
  const targets = slices.flatMap(slice => {
    const port = slice.ports.find(one => one.name === name && one.protocol === wanted)?.port ?? null;
    return slice.endpoints
      .filter(({ ready }) => ready !== false)
      .map(({ addresses, pod, node }) => ({
        end: pod === null ? serviceEnd(service) : { kind: 'pod' as const, name: pod, node },
        addresses: oneOfEach(addresses.slice(0, 1)),
        port,
        protocol,
      }));
  });
  if (targets.length > 0) return targets;
  throw new IncompleteError(
    'no-endpoints',
    `service ${service.namespace}/${service.name} has no address and no ready endpoint`,
  );
}

function servicePort(service: ServiceRecord, named: NamedDestination, wishes: PacketWishes) {
  const wanted = named.protocol ?? wishes.protocol;
  const list = service.ports.filter(
    ({ protocol }) => wanted === null || protocol.toLowerCase() === wanted.toLowerCase(),
  );
  const fitting = list.filter(
    ({ name, port }) => named.port === null || name === named.port || String(port) === named.port,
  );
  const [port] = fitting;
  if (port !== undefined && fitting.length === 1) return port;
  const words = service.ports.map(
    ({ name, port: number, protocol }) => `${name === null ? '' : `${name} `}${number}/${protocol}`,
  );
  const what = `service ${service.namespace}/${service.name}`;
  if (port === undefined)
    throw new UsageError(
      'unknown-port',
      `${what} has no port ${named.port ?? wanted ?? ''}`,
      `it has: ${words.join(', ') || 'none'}`,
    );
  throw new UsageError('which-port', `${what} has several ports`, `name one: ${words.join(', ')}`);
}

function containerPort(named: NamedDestination, pod: PodRecord): number | null {
  const { port } = named;
  if (port === null || /^\d+$/.test(port)) return numberOf(named);
  const ports = pod.containers.flatMap(container => container.ports);
  const found = ports.find(({ name }) => name === port);
  if (found !== undefined) return found.port;
  const known = ports.flatMap(({ name }) => name ?? []);
  throw new UsageError(
    'unknown-port',
    `pod ${podEnd(pod).name} has no port called ${port}`,
    known.length === 0 ? 'give its number' : `it has: ${known.join(', ')}`,
  );
}

function names(all: readonly { name: string }[]): string[] {
  return all.map(({ name }) => name);
}

/** Objects of that name in other namespaces, else of a name that is near. */
function namespaced(all: readonly { namespace: string; name: string }[], name: string): string[] {
  const known = all.map(one => one.name);
  const meant = known.includes(name) ? [name] : nearest(name, known);
  return all.filter(one => meant.includes(one.name)).map(one => `${one.namespace}/${one.name}`);
}

function missing(kind: string, name: string, others: readonly string[]): UsageError {
  const next = others.length === 0 ? undefined : `there is: ${others.slice(0, 10).join(', ')}`;
  return new UsageError(`${kind}-not-found`, `${kind} ${name} is not there`, next);
}

function ambiguous(kind: string, name: string, all: readonly { namespace: string; name: string }[]): UsageError {
  const some = all.map(one => `${one.namespace}/${one.name}`);
  return new UsageError(
    `ambiguous-${kind}`,
    `${kind} ${name} may be several`,
    `name one: ${some.slice(0, 10).join(', ')}`,
  );
}
