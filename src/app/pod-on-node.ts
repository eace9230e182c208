import { familyOf } from '../model/address.ts';
import { attach, primaryInterface } from '../model/attachment.ts';
import { conntrackOf, toSockets } from '../model/conntrack.ts';
import { containersOf } from '../model/containers.ts';
import { dnsConfig } from '../model/dns.ts';
import { egressOf, type Origin } from '../model/egress.ts';
import { gatewaysOf } from '../model/gateways.ts';
import { podInterfaces, toInterface } from '../model/interfaces.ts';
import { mtuPaths } from '../model/mtu.ts';
import { overlaysOf } from '../model/overlay.ts';
import { sandboxOf } from '../model/pod-state.ts';
import type { Attachment, Container, Gap, Interface, Note, PodInterface, PodReport } from '../model/report.ts';
import { routesOf } from '../model/routing.ts';
import { cite } from '../model/section.ts';
import { type ChainFinder, chainFinder } from '../model/service-chains.ts';
import { socketsOf } from '../model/sockets.ts';
import { families, type NodeStack, type Stack } from '../model/stack.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import { parseResolvConf } from '../parse/resolv-conf.ts';
import { nodePath, podPath } from '../parse/snapshot.ts';
import { parseSockets } from '../parse/sockets.ts';
import type { Place, PodFacts } from './pod-facts.ts';
import type { SectionReader } from './sections.ts';
import { readNodeStack, readRuleSets, readStack } from './stacks.ts';

/** The parts of a PodReport that are read on the pod's node; null and empty where the pod has no network. */
type NetworkParts = Pick<
  PodReport,
  | 'netns'
  | 'interfaces'
  | 'attachment'
  | 'routes'
  | 'gateways'
  | 'egress'
  | 'overlays'
  | 'dns'
  | 'mtu'
  | 'sockets'
  | 'conntrack'
>;

/** What was read on the node, with what the services are judged by. */
export interface OnNode {
  parts: NetworkParts;
  containers: Container[];
  chains: ChainFinder;
  /** False when some sockets may be missing. */
  socketsComplete: boolean;
  notes: Note[];
  gaps: Gap[];
}

/** For a pod that has no network. */
export function offNode({ pod, pods }: PodFacts): OnNode {
  return {
    parts: {
      netns: null,
      interfaces: [],
      attachment: { kind: 'unknown', why: 'the pod has no network now' },
      routes: [],
      gateways: [],
      egress: [],
      overlays: [],
      dns: null,
      mtu: [],
      sockets: null,
      conntrack: null,
    },
    containers: containersOf(pod, pods, { path: '', command: null, records: [], state: 'absent' }).containers,
    chains: () => [],
    socketsComplete: false,
    notes: [],
    gaps: [],
  };
}

/** Reads what the pod's node tells of it. */
export function readOnNode(reader: SectionReader, facts: PodFacts, nodeName: string, place: Place): OnNode {
  const { pod, pods, nodes } = facts;
  const inside = (section: string) => podPath(nodeName, pod, section);
  const hostNetwork = pod.hostNetwork || (place.inode !== null && place.inode === place.nodeInode);
  const node = readNodeStack(reader, nodeName, place.nodeInode);
  const { containers, notes: strangers } = containersOf(pod, pods, place.processes);
  const looked =
    !hostNetwork && (place.inode !== null || reader.list(inside('')).some(path => path.endsWith('link.json')));
  const stack = looked ? readStack(reader, inside, place.inode) : null;
  const own = attachmentOf(facts, nodeName, stack, node, hostNetwork);
  const cidrs = nodes.records.filter(({ name }) => name !== nodeName).flatMap(({ podCIDRs }) => podCIDRs);
  const way = egressOf(node, originOf(pod, own.near, hostNetwork), cidrs);
  const overlays = overlaysOf(node, nodes.records);
  const interfaces = node.links.records.map(link => toInterface(link, node));
  const talk = connections(reader, facts, nodeName, place, containers, { hostNetwork, looked });
  return {
    parts: {
      netns: netnsOf(place, hostNetwork),
      interfaces: own.interfaces,
      attachment: own.attachment,
      routes: own.routes,
      gateways: gatewaysOf(own.routes, node, own.near),
      egress: way.egress,
      overlays,
      dns: looked || hostNetwork ? dnsConfig(reader.read(inside('resolv.conf'), parseResolvConf)) : null,
      mtu: mtuPaths(own.primary, own.attachment, way.egress, overlays, interfaces),
      sockets: talk.sockets,
      conntrack: talk.conntrack,
    },
    containers,
    chains: chainFinder(readRuleSets(reader, nodeName)),
    socketsComplete: talk.complete,
    notes: [...strangers, ...own.notes, ...way.notes, ...talk.notes],
    gaps: talk.gaps,
  };
}

interface Own extends Pick<PodReport, 'interfaces' | 'attachment' | 'routes' | 'notes'> {
  primary: PodInterface | null;
  /** The node's interface that the pod's packets come in by. */
  near: Interface | null;
}

function attachmentOf(
  { pod, pods }: PodFacts,
  nodeName: string,
  stack: Stack | null,
  node: NodeStack,
  hostNetwork: boolean,
): Own {
  if (stack === null) {
    const attachment: Attachment = hostNetwork
      ? { kind: 'host-network' }
      : { kind: 'unknown', why: "the pod's network namespace was not found" };
    return { interfaces: [], attachment, routes: [], notes: [], primary: null, near: null };
  }
  const { interfaces, notes } = podInterfaces(stack, node);
  const primary = primaryInterface(interfaces, pod.ips);
  const podsOnNode = pods.records.filter(other => other.nodeName === nodeName);
  const joined = attach(pod, primary, stack, node, podsOnNode);
  const { attachment } = joined;
  const near = attachment.kind === 'bridge' ? attachment.bridge : (primary?.peer ?? null);
  return { interfaces, attachment, routes: routesOf(stack, 'main'), notes: [...notes, ...joined.notes], primary, near };
}

/** Packets of a host-network pod start on the node, with no source chosen yet when the route is looked up. */
function originOf(pod: PodRecord, near: Interface | null, hostNetwork: boolean): Origin {
  const address = (family: string) => pod.ips.find(ip => familyOf(ip) === family) ?? null;
  const own = families.filter(family => address(family) !== null);
  if (hostNetwork)
    return { families: own, source: family => (family === 'IPv4' ? '0.0.0.0' : '::'), inputInterface: null };
  return { families: own, source: address, inputInterface: near?.name ?? null };
}

function connections(
  reader: SectionReader,
  { pod, pods }: PodFacts,
  nodeName: string,
  { processes }: Place,
  containers: readonly Container[],
  { hostNetwork, looked }: { hostNetwork: boolean; looked: boolean },
) {
  const notes: Note[] = [];
  const gaps: Gap[] = [];
  const path = podPath(nodeName, pod, 'sockets.txt');
  const sandbox = sandboxOf(pod, processes.records);
  if (sandbox !== null) gaps.push({ subject: path, why: `the sockets are inside the ${sandbox.name} sandbox` });
  // Sockets in the node's network namespace are all the node's: the pod's are those of its processes.
  const pids = hostNetwork ? new Set(processes.records.map(({ pid }) => pid)) : null;
  const told = pids === null ? looked : processes.state !== 'absent';
  const listening = sandbox === null && told ? reader.read(path, parseSockets) : null;
  const sockets = listening === null ? null : socketsOf(listening, containers, pids);
  const complete = listening?.state === 'whole' && (pids === null || processes.state === 'whole');
  if (!reader.asked(pod)) {
    gaps.push({ subject: nodePath(nodeName, 'conntrack.txt'), why: 'collected for the entries of other pods only' });
    return { sockets, complete, conntrack: null, notes, gaps };
  }
  if (pod.ips.length === 0) return { sockets, complete, conntrack: null, notes, gaps };
  const tracked = conntrackOf(reader.read(nodePath(nodeName, 'conntrack.txt'), parseConntrack), pod.ips);
  if (hostNetwork && tracked !== null) {
    const text =
      "the pod's address is the node's: only connections to the pod's own listening ports are shown, its outgoing ones cannot be told from those of other processes";
    notes.push({ code: 'host-network-conntrack', severity: 'info', text, evidence: cite(pods, pod) });
  }
  return { sockets, complete, conntrack: hostNetwork ? toSockets(tracked, sockets) : tracked, notes, gaps };
}

function netnsOf({ inode, netns, processes }: Place, isNode: boolean): PodReport['netns'] {
  if (inode === null) return null;
  const evidence = netns.records.length > 0 ? cite(netns, ...netns.records) : cite(processes, ...processes.records);
  return { inode, isNode, evidence };
}
