import { apiPath } from '../collect/cluster.ts';
import type { Ask } from '../collect/source.ts';
import { IncompleteError, UsageError } from '../errors.ts';
import { canonical } from '../model/address.ts';
import { addressNames } from '../model/address-names.ts';
import {
  type ConntrackView,
  countedHere,
  countedOnNode,
  namedEntries,
  statisticsOf,
} from '../model/conntrack-on-node.ts';
import type { ConntrackOnNode, ConntrackReport } from '../model/conntrack-report.ts';
import { type ConntrackSelection, selectionWords } from '../model/conntrack-selection.ts';
import type { Note } from '../model/report.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import { parseConntrackCounts } from '../parse/conntrack-counts.ts';
import { parseConntrackStats } from '../parse/conntrack-stats.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { type PodRecord, parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices, type ServiceRecord } from '../parse/kubernetes/services.ts';
import { parseRawLines } from '../parse/raw-lines.ts';
import { nodePath, type PodTarget, type Snapshot } from '../parse/snapshot.ts';
import { parseSysctls } from '../parse/sysctl.ts';
import { withoutEvidence } from './evidence.ts';
import { conntrackUse } from './node.ts';
import { type SectionReader, sectionReader } from './sections.ts';

/** Whose connections are asked for. */
export type ConntrackTarget =
  | ({ kind: 'pod' | 'service' } & PodTarget)
  | { kind: 'node'; name: string }
  | { kind: 'address'; address: string };

/** What they are narrowed to. */
export interface ConntrackFilter extends Omit<ConntrackReport['filter'], 'peer'> {
  /** A pod or service, or an address. */
  peer: Exclude<ConntrackTarget, { kind: 'node' }> | null;
}

export interface ConntrackQuestion {
  target: ConntrackTarget;
  filter: ConntrackFilter;
  /** Empty: every node of the snapshot that has a connection table. */
  nodes: readonly string[];
  evidence: boolean;
}

/** As many entries as are taken from a node; the counts are of all. */
const mostEntries = 20_000;

/** The question for the nodes. `seconds`: how far apart two samples of the counters are; 0: none. */
export function askConntrack(target: ConntrackTarget, filter: ConntrackFilter, seconds: number): Ask {
  return async asked => {
    const list = (items: readonly unknown[]) => JSON.stringify({ kind: 'List', apiVersion: 'v1', items });
    const { peer } = filter;
    const other =
      peer === null || peer.kind === 'address' ? [] : [await asked.get(apiPath('core', `${peer.kind}s`, peer))];
    const pods = parsePods(list([...asked.pods, ...(peer?.kind === 'pod' ? other : [])])).records;
    const services = parseServices(list([...asked.services, ...(peer?.kind === 'service' ? other : [])])).records;
    const words = selectionWords(selectionOf(target, filter, { pods, services }));
    return { words: ['conntrack', String(mostEntries), String(seconds), ...words], pods: false };
  };
}

interface Objects {
  pods: readonly PodRecord[];
  services: readonly ServiceRecord[];
}

/** Which entries a target and a filter mean, with these objects. Throws IncompleteError for a target that is not among them. */
export function selectionOf(target: ConntrackTarget, filter: ConntrackFilter, objects: Objects): ConntrackSelection {
  const { protocol, state, port, nat, peer } = filter;
  const own = target.kind === 'service' ? findService(objects, target) : undefined;
  const protocols = (record: ServiceRecord) =>
    record.ports.map(each => ({ ...each, protocol: each.protocol.toLowerCase() }));
  return {
    addresses: own === undefined ? addressesOf(target, objects) : [],
    fronts:
      own === undefined
        ? []
        : ownAddresses(own).flatMap(address =>
            protocols(own)
              .map(each => ({ ...each, address }))
              .map(toFront),
          ),
    nodePorts:
      own === undefined
        ? []
        : protocols(own).flatMap(each => (each.nodePort ? [{ protocol: each.protocol, port: each.nodePort }] : [])),
    protocol,
    state,
    peers: peer === null ? null : addressesOf(peer, objects),
    port,
    nat,
  };
}

function toFront({ protocol, address, port }: { protocol: string; address: string; port: number }) {
  return { protocol, address, port };
}

function ownAddresses({ clusterIPs, externalIPs, loadBalancerIPs }: ServiceRecord): string[] {
  return [...clusterIPs, ...externalIPs, ...loadBalancerIPs].filter(address => address !== 'None').map(canonical);
}

function addressesOf(target: ConntrackTarget, objects: Objects): string[] {
  if (target.kind === 'node') return [];
  if (target.kind === 'address') return [canonical(target.address)];
  if (target.kind === 'service') return ownAddresses(findService(objects, target));
  const pod = objects.pods.find(({ namespace, name }) => namespace === target.namespace && name === target.name);
  if (pod === undefined) throw lost('pod', target);
  if (pod.ips.length === 0)
    throw new IncompleteError(
      'pod-without-address',
      `pod ${target.namespace}/${target.name} has no address (${pod.phase}), so no connection can be told to be its own`,
    );
  return pod.ips.map(canonical);
}

function findService({ services }: Objects, target: PodTarget): ServiceRecord {
  const found = services.find(({ namespace, name }) => namespace === target.namespace && name === target.name);
  if (found === undefined) throw lost('service', target);
  if (ownAddresses(found).length === 0)
    throw new UsageError(
      'service-without-address',
      `service ${target.namespace}/${target.name} is ${found.type === 'ExternalName' ? 'of type ExternalName' : 'headless'}: no connection goes to an address of its own`,
      'name one of its pods',
    );
  return found;
}

function lost(kind: 'pod' | 'service', { namespace, name }: PodTarget): IncompleteError {
  return new IncompleteError(`${kind}-not-in-snapshot`, `${kind} ${namespace}/${name} is not in the data`);
}

/**
 * The tracked connections of a pod, service, node or address, from the snapshot alone. Throws IncompleteError when the
 * snapshot does not have the target.
 */
export function conntrackReport(snapshot: Snapshot, question: ConntrackQuestion): ConntrackReport {
  const { target, filter, evidence } = question;
  const reader = sectionReader(snapshot);
  const pods = reader.read('cluster/pods.json', parsePods);
  const services = reader.read('cluster/services.json', parseServices);
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices);
  const nodes = reader.read('cluster/nodes.json', parseNodes);
  const objects = {
    pods: pods.records,
    services: services.records,
    slices: slices.records,
    nodes: nodes.records,
  };
  const selection = selectionOf(target, filter, objects);
  const view: ConntrackView = { selection, names: addressNames(objects), endpointsWhole: slices.state === 'whole' };
  const looked = question.nodes.length > 0 ? question.nodes : tablesIn(reader);
  const notes: Note[] = [];
  const report: ConntrackReport = {
    apiVersion: 'netinspect/v1',
    kind: 'ConntrackReport',
    time: snapshot.index.time,
    target: {
      kind: target.kind,
      name: nameOf(target),
      addresses: [...selection.addresses, ...new Set(selection.fronts.map(({ address }) => address))],
    },
    filter: { ...filter, peer: filter.peer === null ? null : nameOf(filter.peer) },
    nodes: looked.map(node => onNode(reader, node, view, notes)),
    notes,
    gaps: [],
  };
  const [only] = report.nodes;
  if (target.kind === 'service' && report.nodes.length === 1 && only !== undefined && nodes.records.length > 1)
    notes.push({
      code: 'one-node',
      severity: 'info',
      text: `only ${only.node} was looked at: the connections of clients elsewhere are tracked on their nodes (--node, --all-nodes)`,
    });
  const pod =
    target.kind === 'pod' ? pods.records.find(one => nameOf({ kind: 'pod', ...one }) === nameOf(target)) : null;
  if (pod?.hostNetwork)
    notes.push({
      code: 'host-network-conntrack',
      severity: 'info',
      text: "the pod's address is the node's: these are the connections of everything in the node's network namespace",
    });
  report.gaps = [...reader.gaps];
  return evidence ? report : withoutEvidence(report);
}

function nameOf(target: ConntrackTarget): string {
  if (target.kind === 'address') return canonical(target.address);
  return target.kind === 'node' ? target.name : `${target.namespace}/${target.name}`;
}

function tablesIn(reader: SectionReader): string[] {
  return [...new Set(reader.list('nodes/').flatMap(path => /^nodes\/([^/]+)\/conntrack\.txt$/.exec(path)?.[1] ?? []))];
}

function onNode(reader: SectionReader, node: string, view: ConntrackView, notes: Note[]): ConntrackOnNode {
  const entries = namedEntries(reader.read(nodePath(node, 'conntrack.txt'), parseConntrack), view);
  const counts = countedOnNode(
    reader.read(nodePath(node, 'conntrack-counts.txt'), parseConntrackCounts, 'optional'),
    view,
  );
  const sysctls = reader.read(nodePath(node, 'sysctl.txt'), parseSysctls);
  const log = reader.read(nodePath(node, 'conntrack-log.txt'), parseRawLines, 'optional');
  const deltas = reader.read(nodePath(node, 'conntrack-deltas.txt'), parseConntrackStats, 'optional');
  if (counts === null && entries !== null)
    notes.push({
      code: 'collected-otherwise',
      severity: 'warning',
      text: `the data of ${node} was collected for another question: entries that it was not asked for are missing`,
    });
  const here = entries === null ? null : countedHere(entries, view);
  const table = conntrackUse(sysctls);
  const full = log.state === 'absent' ? null : log.records.map(({ raw }) => raw);
  notes.push(...tableNotes(node, table, full));
  return {
    node,
    table,
    full,
    ...(counts ?? here ?? { matched: null, states: [], destinations: [], moreDestinations: 0 }),
    entries,
    statistics: statisticsOf(deltas.records),
  };
}

function tableNotes(node: string, table: ConntrackOnNode['table'], full: readonly string[] | null): Note[] {
  const warning = (code: string, text: string): Note[] => [{ code, severity: 'warning', text }];
  const share = table === null || table.max === 0 ? 0 : (100 * table.count) / table.max;
  return [
    ...(share >= 80
      ? warning(
          'conntrack-full',
          `the table of ${node} is ${Math.floor(share)} % full: at 100 % new connections are dropped; raise net.netfilter.nf_conntrack_max or find who opens so many`,
        )
      : []),
    ...(full !== null && full.length > 0
      ? warning(
          'conntrack-was-full',
          `the kernel of ${node} dropped packets because the table was full: ${full.at(-1)}`,
        )
      : []),
  ];
}
