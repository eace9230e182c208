import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { LinkRecord } from '../parse/link.ts';
import { canonical, parsePrefix } from './address.ts';
import { toInterface } from './interfaces.ts';
import type { Attachment, Note, PodInterface } from './report.ts';
import { lookup, toRoutes } from './routing.ts';
import { cite } from './section.ts';
import type { NodeStack, Stack } from './stack.ts';

/** The pod's first interface: the one with one of its addresses, else the first that there is. */
export function primaryInterface(interfaces: readonly PodInterface[], ips: readonly string[]): PodInterface | null {
  const own = new Set(ips.map(canonical));
  const first = interfaces.find(({ addresses }) => addresses.some(({ address }) => own.has(address)));
  return first ?? interfaces[0] ?? null;
}

/** How the pod's interface reaches the node's network stack: as a port of a bridge, or by the node's routes. */
export function attach(
  pod: PodRecord,
  primary: PodInterface | null,
  inside: Stack,
  node: NodeStack,
  podsOnNode: readonly PodRecord[],
): { attachment: Attachment; notes: Note[] } {
  const unknown = (why: string) => ({ attachment: { kind: 'unknown' as const, why }, notes: [] });
  if (primary === null) return unknown("the pod's interfaces were not read");
  if (primary.peer === null) {
    const below = inside.links.records.find(link => link.index === primary.index)?.peerIndex;
    const lower = node.links.records.find(link => link.index === below);
    const over = lower === undefined ? '' : ` on the node's ${lower.name}`;
    if (primary.kind === 'veth' || primary.kind === 'netkit')
      return unknown(`the other end of ${primary.name} was not found on the node`);
    return unknown(`${primary.name} is of kind ${primary.kind}${over}, which has no other end on the node`);
  }
  const { peer } = primary;
  if (peer.master !== null) {
    const master = node.links.records.find(link => link.name === peer.master);
    if (master === undefined)
      return unknown(`${peer.name} is a port of ${peer.master}, which is not among the node's interfaces`);
    if (master.kind === 'bridge') {
      const members = node.links.records
        .filter(link => link.master === master.name)
        .map(link => toMember(link, pod, peer.name, node, podsOnNode));
      return { attachment: { kind: 'bridge', bridge: toInterface(master, node), members }, notes: [] };
    }
    if (master.kind !== 'vrf')
      return unknown(
        `${peer.name} is a port of ${master.name}, of kind ${master.kind ?? 'device'}, which is not modelled`,
      );
  }
  return routed(pod, peer.name, node);
}

function toMember(link: LinkRecord, pod: PodRecord, own: string, node: NodeStack, podsOnNode: readonly PodRecord[]) {
  const port = node.ports.records.find(record => record.index === link.index);
  const behind = link.name === own ? { pod, evidence: [] } : podBehind(link, node, podsOnNode);
  return {
    name: link.name,
    index: link.index,
    hairpin: port?.hairpin ?? link.hairpin,
    pod: behind === null ? null : `${behind.pod.namespace}/${behind.pod.name}`,
    evidence: [
      ...cite(node.links, link),
      ...(port === undefined ? [] : cite(node.ports, port)),
      ...(behind?.evidence ?? []),
    ],
  };
}

/** The pod behind a bridge port: a MAC learnt there, the address that a neighbour entry has for it, the pod with that. */
function podBehind(link: LinkRecord, node: NodeStack, podsOnNode: readonly PodRecord[]) {
  const learnt = node.fdb.records.filter(entry => entry.device === link.name && entry.state === '');
  const neighbours = node.neighbours.records.filter(
    entry => entry.device === link.master && learnt.some(({ mac }) => mac === entry.mac),
  );
  const addresses = neighbours.map(entry => canonical(entry.address));
  const pods = podsOnNode.filter(pod => !pod.hostNetwork && pod.ips.some(ip => addresses.includes(canonical(ip))));
  const [only] = pods;
  if (only === undefined || pods.length > 1) return null;
  return { pod: only, evidence: [...cite(node.fdb, ...learnt), ...cite(node.neighbours, ...neighbours)] };
}

function routed(pod: PodRecord, peer: string, node: NodeStack): { attachment: Attachment; notes: Note[] } {
  const notes: Note[] = [];
  const routes = pod.ips.flatMap(ip => {
    const destination = parsePrefix(ip);
    if (destination === null) return [];
    const section = node.routes[destination.family];
    const { route } = lookup(node, { destination, source: null, inputInterface: null });
    if (route === null || !route.nextHops.some(({ device }) => device === peer)) {
      if (section.state !== 'absent')
        notes.push(elsewhere(ip, peer, route?.destination ?? null, route ? cite(section, route) : []));
    }
    return route === null ? [] : toRoutes(section, route);
  });
  return { attachment: { kind: 'routed', routes }, notes };
}

function elsewhere(
  ip: string,
  peer: string,
  destination: string | null,
  evidence: NonNullable<Note['evidence']>,
): Note {
  const leads = destination === null ? 'has no route to' : `takes the route ${destination} to`;
  return {
    code: 'route-not-to-pod',
    severity: 'warning',
    text: `the node ${leads} ${ip}, not the pod's interface ${peer}`,
    evidence,
  };
}
