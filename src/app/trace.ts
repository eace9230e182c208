import { networkInterfaces } from 'node:os';
import { type Origin, tracePath } from '../analyse/trace/path.ts';
import type { Network } from '../analyse/trace/path-network.ts';
import { IncompleteError } from '../errors.ts';
import { canonical } from '../model/address.ts';
import type { Family, Note } from '../model/report.ts';
import { families } from '../model/stack.ts';
import { familyNote, listenerNotes } from '../model/trace-notes.ts';
import type { TracePath, TraceReport } from '../model/trace-report.ts';
import { ownerOf, podAddress, type Target } from '../model/trace-targets.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { sectionReader } from './sections.ts';
import type { EndName, NamedDestination } from './trace-ends.ts';
import { networkOf } from './trace-network.ts';
import { type PacketWishes, packetOf } from './trace-packet.ts';
import { type Finder, findDestination, findSource, type Source } from './trace-targets.ts';

/** A trace through a cluster, as the command line names it. */
export interface TraceQuestion {
  source: EndName;
  destination: NamedDestination;
  wishes: PacketWishes;
  /** From every node that was looked at, where the source is not a pod. */
  allNodes: boolean;
  reply: boolean;
  evidence: boolean;
}

/**
 * Reads a snapshot for traces. The function that it gives finds every way from a source to a destination, from the snapshot
 * alone; it throws UsageError for names that mean nothing in it, IncompleteError `no-rules` when it has nothing of the node
 * where the packet starts.
 */
export function tracer(snapshot: Snapshot): (question: TraceQuestion) => TraceReport {
  const reader = sectionReader(snapshot);
  const { network, sockets } = networkOf(snapshot, reader);
  const finder = { objects: network.objects, looked: [...network.nodes.keys()], local: ownAddresses() };
  return question => {
    const facts = traceFacts(network, finder, question);
    facts.notes.push(...listenerNotes(facts.paths, sockets));
    const { time } = snapshot.index;
    return { apiVersion: 'netinspect/v1', kind: 'TraceReport', time, ...facts, gaps: [...reader.gaps] };
  };
}

type Facts = Pick<TraceReport, 'source' | 'destination' | 'paths' | 'notes'>;

function traceFacts(network: Network, finder: Finder, question: TraceQuestion): Facts {
  const source = findSource(question.source, finder);
  const targets = findDestination(question.destination, question.wishes, finder, source.kind);
  const notes: Note[] = [];
  const paths = targets.flatMap(target =>
    target.addresses.flatMap(to => {
      const from = sourceAddress(source, to.family);
      if (from === null) return [];
      return originsOf(source, target, to.address, network, question.allNodes).flatMap(origin =>
        pathsFrom(network, origin, packetOf(from, to.address, target.protocol, target.port, question.wishes), question),
      );
    }),
  );
  const [target] = targets;
  if (paths.length === 0 || target === undefined) throw noFamily(source, targets);
  const destination = targets.every(({ end }) => end.name === target.end.name)
    ? target.end
    : { kind: 'service' as const, name: question.destination.text, node: null };
  const other = families.filter(
    family =>
      !paths.some(path => path.family === family) &&
      targets.some(({ addresses }) => addresses.some(one => one.family === family)),
  );
  for (const family of other) notes.push(familyNote(family, source.end.name));
  return { source: source.end, destination, paths, notes };
}

function pathsFrom(
  network: Network,
  origin: Origin,
  packet: TracePath['packet'],
  { reply, evidence }: TraceQuestion,
): TracePath[] {
  const traced = tracePath(network, origin, packet, { reply, evidence });
  const family: Family = packet.destination.includes(':') ? 'IPv6' : 'IPv4';
  const { node } = origin;
  const request: TracePath = { direction: 'request', family, node, packet, outcomes: traced.request };
  return reply ? [request, { direction: 'reply', family, node, packet, outcomes: traced.reply }] : [request];
}

function sourceAddress(source: Source, family: Family): string | null {
  switch (source.kind) {
    case 'pod':
      return podAddress(source.pod, family);
    case 'node':
      return source.node.ips.find(ip => (ip.includes(':') ? 'IPv6' : 'IPv4') === family) ?? null;
    case 'outside':
      return source.addresses.find(one => one.family === family)?.address ?? null;
  }
}

/** Where the packet starts; from outside, the nodes where it may come in. */
function originsOf(source: Source, target: Target, address: string, network: Network, allNodes: boolean): Origin[] {
  const looked = [...network.nodes.keys()];
  const node = (name: string) => {
    if (network.nodes.has(name)) return name;
    throw new IncompleteError(
      'no-rules',
      `nothing of node ${name} is in the data`,
      looked.length === 0 ? 'take a snapshot of it' : `it has: ${looked.join(', ')}`,
    );
  };
  switch (source.kind) {
    case 'pod': {
      const { nodeName, hostNetwork } = source.pod;
      if (nodeName === null)
        throw new IncompleteError('not-scheduled', `pod ${source.end.name} is on no node`, `it is ${source.pod.phase}`);
      return [
        hostNetwork
          ? { kind: 'node', node: node(nodeName) }
          : { kind: 'pod', pod: source.end.name, node: node(nodeName) },
      ];
    }
    case 'node':
      return (allNodes && target.end.kind === 'service' ? looked : [source.node.name]).map(name => ({
        kind: 'node',
        node: node(name),
      }));
    case 'outside': {
      const owner = ownerOf(address, network.objects);
      const at = owner?.node ?? null;
      // A node's own address leads to it; any other one may come in by any node.
      const names = at !== null && (owner?.kind === 'node' || !allNodes) ? [node(at)] : looked;
      if (names.length === 0)
        throw new IncompleteError('no-rules', 'no node is in the data', 'take a snapshot with --all-nodes');
      return names.map(name => ({ kind: 'outside', node: name, in: null }));
    }
  }
}

function noFamily(source: Source, targets: readonly Target[]): IncompleteError {
  const has = (addresses: readonly { family: Family }[]) =>
    [...new Set(addresses.map(({ family }) => family))].join(', ') || 'none';
  return new IncompleteError(
    'no-common-family',
    `${source.end.name} and ${targets[0]?.end.name ?? 'the destination'} have no address of one family`,
    `the destination has: ${has(targets.flatMap(({ addresses }) => addresses))}`,
  );
}

/** This machine's addresses that others can know. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(list =>
    (list ?? [])
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(({ address }) => canonical(address)),
  );
}
