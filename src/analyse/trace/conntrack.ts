import { parsePrefix } from '../../model/address.ts';
import { protocolNumber } from '../../model/protocols.ts';
import type { ConntrackRecord, TupleRecord } from '../../parse/conntrack.ts';
import type { Context } from './context.ts';
import { formatDestination, formatNumeric } from './format.ts';
import type { Host } from './host.ts';
import { note, type State, type Tuple, type Where } from './state.ts';
import { anyNumber } from './unknown.ts';

const place: Where = { hook: 'conntrack', table: null, chain: null, source: null };

/** What conntrack finds out about a packet (net/netfilter/nf_conntrack_core.c nf_conntrack_in). */
export function track(context: Context, state: State): void {
  if (state.tracking !== 'none') return;
  if (state.template) state.numbers.ctMark = state.expected === 'new' ? 0n : anyNumber(32);
  const { existing: given, expected, mayBeKnown } = state;
  const known = given === null && mayBeKnown && expected !== 'untracked' ? entryOf(context.host, state) : null;
  if (known !== null) {
    const { record, direction } = known;
    state.existing = { original: tuple(record.original), reply: tuple(record.reply), direction };
    state.assumed = state.assumed.filter(text => text !== newConnection);
    if (record.mark !== null) state.numbers.ctMark = BigInt(record.mark);
    const seenReply = direction === 'reply' || !record.flags.includes('UNREPLIED');
    state.expected = seenReply ? 'established' : 'new';
    if (state.numbers.tcpFlags !== null) state.numbers.tcpFlags = anyNumber(8);
    const source = { file: context.host.conntrack?.path ?? '', line: record.line, handle: null, raw: record.raw };
    note({ ...place, source }, state, { kind: 'continue' });
  }
  state.tracking = state.expected;
  if (state.tracking === 'invalid' || state.tracking === 'untracked') state.template = false;
  const { numbers, existing } = state;
  if (existing !== null) {
    numbers.ctDirection = existing.direction === 'original' ? 0n : 1n;
    fillTuples(state, existing.original, existing.reply);
  }
  if (state.tracking === 'established' && existing === null) state.assume('the connection was not rewritten (no NAT)');
}

export const newConnection = 'a new connection';

function fillTuples({ numbers }: State, original: Tuple, reply: Tuple): void {
  numbers.ctOriginalSaddr = original.saddr;
  numbers.ctOriginalDaddr = original.daddr;
  numbers.ctOriginalSport = original.sport;
  numbers.ctOriginalDport = original.dport;
  numbers.ctReplySaddr = reply.saddr;
  numbers.ctReplyDaddr = reply.daddr;
  numbers.ctReplySport = reply.sport;
  numbers.ctReplyDport = reply.dport;
  const dnat = original.daddr !== reply.saddr || original.dport !== reply.sport;
  const snat = original.saddr !== reply.daddr || original.sport !== reply.dport;
  numbers.ctStatus = (numbers.ctDirection === 1n ? 2n : 0n) | 8n | (dnat ? 32n : 0n) | (snat ? 16n : 0n);
}

/** Rewrites a packet of a known connection, at the place where nat chains stand (nf_nat_core.c nf_nat_packet). */
export function applyExisting(state: State, nat: 'dnat' | 'snat'): void {
  const { existing, numbers } = state;
  if (existing === null) return;
  const other = existing.direction === 'original' ? existing.reply : existing.original;
  if (nat === 'dnat') {
    if (numbers.daddr === other.saddr && numbers.dport === other.sport) return;
    numbers.daddr = other.saddr;
    if (numbers.dport !== null) numbers.dport = other.sport;
    state.dnat = true;
  } else {
    if (numbers.saddr === other.daddr && numbers.sport === other.dport) return;
    numbers.saddr = other.daddr;
    if (numbers.sport !== null) numbers.sport = other.dport;
    state.snat = formatNumeric(state.family, numbers.saddr);
  }
  const to = nat === 'dnat' ? formatDestination(state) : (state.snat ?? '');
  note(place, state, { kind: nat, to });
}

const syn = 2n;

/** A SYN on a connection that is over starts it anew (net/netfilter/nf_conntrack_proto_tcp.c nf_conntrack_tcp_packet). */
function isOver({ record: { state }, direction }: Entry): boolean {
  return direction === 'original' && (state === 'TIME_WAIT' || state === 'CLOSE');
}

interface Entry {
  record: ConntrackRecord;
  direction: 'original' | 'reply';
}

const indexes = new WeakMap<Host, Map<string, Entry>>();

function entryOf(host: Host, { family, numbers, asked }: State): Entry | null {
  if (host.conntrack === null) return null;
  const { saddr, daddr, sport, dport, l4proto, ctZone, tcpFlags } = numbers;
  asked.port();
  asked.address(saddr);
  const parts = [saddr, daddr, sport ?? 0n, dport ?? 0n, l4proto];
  // Echo requests are told apart by their id, which a trace has not.
  if (!parts.every(part => typeof part === 'bigint') || sport === null) return null;
  const entry = indexOf(host).get([family, ...parts, ctZone].join(' ')) ?? null;
  return entry !== null && tcpFlags === syn && isOver(entry) ? null : entry;
}

function indexOf(host: Host): Map<string, Entry> {
  const known = indexes.get(host);
  if (known !== undefined) return known;
  const index = new Map<string, Entry>();
  for (const record of host.conntrack?.records ?? []) {
    for (const direction of ['reply', 'original'] as const) {
      const { saddr, daddr, sport, dport } = tuple(record[direction]);
      const key = [
        record.family,
        saddr,
        daddr,
        sport ?? 0n,
        dport ?? 0n,
        protocolNumber(record.protocol),
        record.zone ?? 0,
      ];
      index.set(key.join(' '), { record, direction });
    }
  }
  indexes.set(host, index);
  return index;
}

function tuple(record: TupleRecord): Tuple {
  const port = (value: number | null) => (value === null ? null : BigInt(value));
  return {
    saddr: parsePrefix(record.source)?.value ?? 0n,
    daddr: parsePrefix(record.destination)?.value ?? 0n,
    sport: port(record.sourcePort),
    dport: port(record.destinationPort),
  };
}
