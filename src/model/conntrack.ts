import type { ConntrackRecord, TupleRecord } from '../parse/conntrack.ts';
import { canonical } from './address.ts';
import type { ConntrackEntry, Socket, Tuple } from './report.ts';
import { cite, type Section } from './section.ts';

/**
 * The entries with one of these addresses in either tuple, NAT decoded: the destination was rewritten when the reply
 * comes from elsewhere than the original went to, the source when the reply goes elsewhere than the original came from.
 * null when the table was not read.
 */
export function conntrackOf(section: Section<ConntrackRecord>, ips: readonly string[]): ConntrackEntry[] | null {
  if (section.state === 'absent') return null;
  const own = new Set(ips.map(canonical));
  return section.records.flatMap(record => {
    const original = toTuple(record.original);
    const reply = toTuple(record.reply);
    const addresses = [original.source, original.destination, reply.source, reply.destination];
    return addresses.some(address => own.has(address)) ? [toEntry(record, original, reply, section)] : [];
  });
}

/** Every entry of the table with its NAT decoded; null when it was not read. */
export function entriesOf(section: Section<ConntrackRecord>): ConntrackEntry[] | null {
  if (section.state === 'absent') return null;
  return section.records.map(record => toEntry(record, toTuple(record.original), toTuple(record.reply), section));
}

/** Those entries that lead to one of the sockets, at the server's end: its port is where the reply comes from. */
export function toSockets(
  entries: ConntrackEntry[] | null,
  sockets: readonly Socket[] | null,
): ConntrackEntry[] | null {
  if (entries === null || sockets === null) return null;
  const ports = new Set(sockets.map(({ protocol, port }) => `${protocol} ${port}`));
  return entries.filter(({ protocol, reply }) => ports.has(`${protocol} ${reply.sourcePort}`));
}

function toEntry(
  record: ConntrackRecord,
  original: Tuple,
  reply: Tuple,
  section: Section<ConntrackRecord>,
): ConntrackEntry {
  const dnat = reply.source !== original.destination || reply.sourcePort !== original.destinationPort;
  const snat = reply.destination !== original.source || reply.destinationPort !== original.sourcePort;
  return {
    family: record.family,
    protocol: record.protocol,
    state: record.state,
    timeout: record.timeout,
    original,
    reply,
    dnat: dnat ? { address: reply.source, port: reply.sourcePort } : null,
    snat: snat ? { address: reply.destination, port: reply.destinationPort } : null,
    flags: record.flags,
    mark: record.mark,
    zone: record.zone,
    evidence: cite(section, record),
  };
}

function toTuple(tuple: TupleRecord): Tuple {
  return { ...tuple, source: canonical(tuple.source), destination: canonical(tuple.destination) };
}
