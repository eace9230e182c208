import { familyOf } from '../model/address.ts';
import { attach, primaryInterface } from '../model/attachment.ts';
import { conntrackOf, toSockets } from '../model/conntrack.ts';
import { containersOf } from '../model/containers.ts';
import { dnsConfig } from '../model/dns.ts';
import { egressOf } from '../model/egress.ts';
import { gatewaysOf } from '../model/gateways.ts';
import { podInterfaces, toInterface } from '../model/interfaces.ts';
import { mtuPath } from '../model/mtu.ts';
import { overlaysOf } from '../model/overlay.ts';
import { runs, sandboxOf, stateNotes, stateReason } from '../model/pod-state.ts';
import type { Attachment, Container, PodReport } from '../model/report.ts';
import { routesOf } from '../model/routing.ts';
import { cite } from '../model/section.ts';
import { type ChainFinder, chainFinder } from '../model/service-chains.ts';
import { servicesOf } from '../model/services.ts';
import { socketsOf } from '../model/sockets.ts';
import { families } from '../model/stack.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import { parseEndpointSlices, parseServices } from '../parse/kubernetes.ts';
import { parseResolvConf } from '../parse/resolv-conf.ts';
import { nodePath, type PodTarget, podPath, type Snapshot } from '../parse/snapshot.ts';
import { parseSockets } from '../parse/sockets.ts';
import { withoutEvidence } from './evidence.ts';
import { findPlace, findPod, type Place, type PodFacts } from './pod-facts.ts';
import { type SectionReader, sectionReader } from './sections.ts';
import { readNodeStack, readRuleSets, readStack } from './stacks.ts';

/** The parts of a report that are read on the pod's node; `null` and empty for a pod that runs on none. */
type OnNode = Pick<
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
> & { containers: Container[]; chains: ChainFinder; socketsComplete: boolean };

/**
 * The pod's network end to end, from the snapshot alone. What is not known is null, with a gap that says why.
 * Throws IncompleteError `pod-not-in-snapshot` when the snapshot does not have the pod.
 */
export function podReport(snapshot: Snapshot, target: PodTarget, { evidence }: { evidence: boolean }): PodReport {
  const reader = sectionReader(snapshot);
  const facts = findPod(reader, target);
  const { pod, pods, nodes, events } = facts;
  const notes: PodReport['notes'] = [];
  const gaps: PodReport['gaps'] = [];
  const onNode =
    pod.nodeName !== null && runs(pod)
      ? readOnNode(reader, facts, pod.nodeName, notes, gaps)
      : notRunning(facts, notes);
  const { containers, chains, socketsComplete, ...rest } = onNode;
  const services = servicesOf(pod, {
    services: reader.read('cluster/services.json', parseServices),
    slices: reader.read('cluster/endpointslices.json', parseEndpointSlices),
    sockets: rest.sockets,
    socketsComplete,
    chains,
  });
  const ready = pod.conditions.find(({ type }) => type === 'Ready')?.status;
  const node = nodes.records.find(({ name }) => name === pod.nodeName);
  const report: PodReport = {
    apiVersion: 'netinspect/v1',
    kind: 'PodReport',
    time: snapshot.index.time,
    pod: {
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      phase: pod.phase,
      ready: ready === 'True' ? true : ready === 'False' ? false : null,
      hostNetwork: pod.hostNetwork,
      runtimeClass: pod.runtimeClass,
      reason: stateReason(pod, events.records),
      evidence: cite(pods, pod),
    },
    node: pod.nodeName === null ? null : { name: pod.nodeName, ips: node?.ips ?? [] },
    ips: pod.ips,
    containers,
    ...rest,
    services,
    notes,
    gaps: [...reader.gaps, ...gaps],
  };
  return evidence ? report : withoutEvidence(report);
}

function notRunning({ pod, pods, events }: PodFacts, notes: PodReport['notes']): OnNode {
  const none = { path: '', command: null, records: [], state: 'absent' as const };
  notes.push(...stateNotes(pod, pods, none, events, null));
  return {
    containers: containersOf(pod, pods, none),
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
    chains: () => [],
    socketsComplete: false,
  };
}

function readOnNode(
  reader: SectionReader,
  { pod, pods, nodes, events }: PodFacts,
  nodeName: string,
  notes: PodReport['notes'],
  gaps: PodReport['gaps'],
): OnNode {
  const place = findPlace(reader, nodeName, pod);
  const hostNetwork = pod.hostNetwork || (place.inode !== null && place.inode === place.nodeInode);
  notes.push(...stateNotes(pod, pods, place.processes, events, place.file));
  const node = readNodeStack(reader, nodeName, place.nodeInode);
  const containers = containersOf(pod, pods, place.processes);
  const inside = (section: string) => podPath(nodeName, pod, section);
  const others = nodes.records.filter(({ name }) => name !== nodeName);
  const onNode = node.links.records.map(link => toInterface(link, node));
  const overlays = overlaysOf(node, nodes.records);

  // The pod's own network namespace.
  const looked =
    !hostNetwork && (place.inode !== null || reader.list(inside('')).some(path => path.endsWith('link.json')));
  const stack = looked ? readStack(reader, inside, place.inode) : null;
  const { interfaces, notes: peerNotes } = stack === null ? { interfaces: [], notes: [] } : podInterfaces(stack, node);
  const primary = primaryInterface(interfaces, pod.ips);
  const podsOnNode = pods.records.filter(other => other.nodeName === nodeName);
  const { attachment, notes: routeNotes } = hostNetwork
    ? { attachment: { kind: 'host-network' } as Attachment, notes: [] }
    : stack === null
      ? { attachment: { kind: 'unknown', why: "the pod's network namespace was not found" } as Attachment, notes: [] }
      : attach(pod, primary, stack, node, podsOnNode);
  const routes = stack === null ? [] : routesOf(stack, 'main');
  const near = attachment.kind === 'bridge' ? attachment.bridge : (primary?.peer ?? null);

  // The way out.
  const origin = hostNetwork
    ? { families, source: (family: string) => (family === 'IPv4' ? '0.0.0.0' : '::'), inputInterface: null }
    : {
        families: families.filter(family => pod.ips.some(ip => familyOf(ip) === family)),
        source: (family: string) => pod.ips.find(ip => familyOf(ip) === family) ?? null,
        inputInterface: near?.name ?? null,
      };
  const way = egressOf(
    node,
    origin,
    others.flatMap(({ podCIDRs }) => podCIDRs),
  );

  // Sockets and connections.
  const sandbox = sandboxOf(pod, place.processes.records);
  const listening =
    sandbox === null && (looked || hostNetwork) ? reader.read(inside('sockets.txt'), parseSockets) : null;
  if (sandbox !== null)
    gaps.push({ subject: inside('sockets.txt'), why: `the sockets are inside the ${sandbox.name} sandbox` });
  const own = hostNetwork ? new Set(place.processes.records.map(({ pid }) => pid)) : null;
  const processesKnown = own === null || place.processes.state === 'whole';
  const sockets =
    listening === null || (own !== null && place.processes.state === 'absent')
      ? null
      : socketsOf(listening, containers, own);
  const tracked =
    pod.ips.length === 0
      ? null
      : conntrackOf(reader.read(nodePath(nodeName, 'conntrack.txt'), parseConntrack), pod.ips);
  if (hostNetwork && tracked !== null) {
    const text =
      "the pod's address is the node's: only connections to its own listening ports are shown, its outgoing ones cannot be told from other processes'";
    notes.push({ code: 'host-network-conntrack', text });
  }
  notes.push(...peerNotes, ...routeNotes, ...way.notes);
  return {
    containers,
    netns: netnsOf(place, hostNetwork),
    interfaces,
    attachment,
    routes,
    gateways: gatewaysOf(routes, node, near),
    egress: way.egress,
    overlays,
    dns: place.inode === null && !looked ? null : dnsConfig(reader.read(inside('resolv.conf'), parseResolvConf)),
    mtu: mtuPath(primary, attachment, way.egress, overlays, onNode),
    sockets,
    conntrack: hostNetwork ? toSockets(tracked, sockets) : tracked,
    chains: chainFinder(readRuleSets(reader, nodeName)),
    socketsComplete: listening?.state === 'whole' && processesKnown,
  };
}

function netnsOf({ inode, netns, processes }: Place, isNode: boolean): PodReport['netns'] {
  if (inode === null) return null;
  const evidence = netns.records.length > 0 ? cite(netns, ...netns.records) : cite(processes, ...processes.records);
  return { inode, isNode, evidence };
}
