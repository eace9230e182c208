import type { Host } from '../analyse/trace/host.ts';
import { traceReplies } from '../analyse/trace/reply.ts';
import { tracePacket } from '../analyse/trace/trace.ts';
import { readTextFile } from '../collect/text-file.ts';
import { UsageError } from '../errors.ts';
import { familyOf, formatAddress } from '../model/address.ts';
import type { Family } from '../model/report.ts';
import type { Outcome, PacketInput, TraceStep } from '../model/trace.ts';
import type { TraceEnd, TraceHop, TracePath, TraceReport } from '../model/trace-report.ts';
import { loadRuleFiles } from './rule-files.ts';
import { type EndName, internet, type NamedDestination } from './trace-ends.ts';
import { type PacketWishes, packetOf, protocolOf } from './trace-packet.ts';

/** What rule files and `--local` say of one host. */
export interface RuleHost {
  host: Host;
  /** Files with nothing in them, in words. */
  notes: string[];
  /** What is wrong with the files as a whole (cut off), in words. */
  problems: string[];
}

/** A packet to trace through rule files, as the command line names it. */
export interface RuleQuestion {
  source: EndName;
  destination: NamedDestination;
  wishes: PacketWishes;
  reply: boolean;
  evidence: boolean;
}

/** Reads rule files. Throws UsageError for a file that cannot be read or holds nothing that is known. */
export async function readRuleHost(files: readonly string[], local: string[]): Promise<RuleHost> {
  const texts = await Promise.all(files.map(async name => ({ name, text: await readTextFile(name) })));
  const { host, notes, problems } = loadRuleFiles(texts, { local });
  return { host, notes, problems };
}

/** Traces one packet. Throws UsageError for ends that are no addresses, and for a packet that cannot be. */
export function ruleTrace({ host }: RuleHost, question: RuleQuestion): TraceReport {
  const { source, destination, wishes } = question;
  const named = [source, destination.end].find(end => end.kind === 'address');
  const family = named?.kind === 'address' ? familyOf(named.address) : 'IPv4';
  const from = resolve(source, family, host);
  const to = resolve(destination.end, family, host);
  if (destination.port !== null && !/^\d+$/.test(destination.port))
    throw new UsageError(
      'name-without-cluster',
      `port ${destination.port} means nothing in rule files`,
      'give its number',
    );
  const port = destination.port === null ? null : Number(destination.port);
  const packet = packetOf(from.address, to.address, protocolOf(destination, wishes), port, wishes);
  const { evidence } = question;
  const paths = [rulePath('request', family, packet, tracePacket(host, packet, { evidence }))];
  if (question.reply) paths.push(rulePath('reply', family, packet, traceReplies(host, packet, { evidence })));
  return {
    apiVersion: 'netinspect/v1',
    kind: 'TraceReport',
    time: null,
    source: from.end,
    destination: to.end,
    paths,
    notes: [],
    gaps: [],
  };
}

function rulePath(
  direction: TracePath['direction'],
  family: Family,
  packet: PacketInput,
  outcomes: readonly Outcome[],
): TracePath {
  const from = direction === 'request' ? (packet.in ?? null) : null;
  const hop = (steps: TraceStep[]): TraceHop => {
    const here = { place: 'rules' as const, name: null, lookedAt: true, carrier: null };
    return { ...here, in: from, out: outOf(steps), link: null, steps };
  };
  return {
    direction,
    family,
    node: null,
    packet,
    outcomes: outcomes.map(({ steps, ...outcome }) => ({ ...outcome, end: null, hops: [hop(steps)] })),
  };
}

/** The interface that the last routing decision leads to. */
function outOf(steps: readonly TraceStep[]): string | null {
  const last = steps.findLast(({ effect }) => effect.kind === 'route')?.effect;
  return last?.kind === 'route' && last.to === 'out' ? last.interface : null;
}

function resolve(end: EndName, family: Family, host: Host): { end: TraceEnd; address: string } {
  const address = addressOf(end, family, host);
  if (end.kind === 'address') return { end: { kind: 'address', name: address, node: null }, address };
  const kind = end.kind === 'internet' ? 'internet' : 'node';
  return { end: { kind, name: end.kind, node: null }, address };
}

function addressOf(end: EndName, family: Family, { addresses }: Host): string {
  switch (end.kind) {
    case 'address':
      return end.address;
    case 'internet':
      return internet[family];
    case 'local': {
      const own = addresses?.find(candidate => candidate.family === family && candidate.interface !== 'lo');
      const loopback = family === 'IPv4' ? '127.0.0.1' : '::1';
      return own === undefined ? loopback : formatAddress(own.address, family);
    }
    default:
      throw new UsageError(
        'name-without-cluster',
        `${end.kind} ${end.name} means nothing in rule files`,
        'give an IP address, internet or local',
      );
  }
}
