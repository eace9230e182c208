import { formatAddress, parsePrefix } from '../../model/address.ts';
import type { PacketInput } from '../../model/trace.ts';
import type { Choices } from './context.ts';
import type { Host } from './host.ts';
import { startOf } from './packet.ts';
import type { State, Tuple } from './state.ts';
import { type HostEnding, routingOf, traceHost } from './trace.ts';
import { anyNumber, type Name, UnknownName } from './unknown.ts';

/** How a packet enters a network namespace. */
export interface Entry {
  at: 'prerouting' | 'output';
  in: Name;
  /** The bridge port that it came in by; empty where it came by none. */
  port: Name;
}

/** A connection as one network namespace has it: the packet's addresses when it came, and those when it left. */
export interface Passage {
  came: Tuple;
  left: Tuple;
}

/** A host of which nothing is known: where packets are only taken to start. */
const blank: Host = {
  name: null,
  rules: { tables: [], ipsets: new Map(), ipvs: [], recent: null },
  addresses: [],
  links: null,
  routes: { IPv4: null, IPv6: null },
  policies: { IPv4: null, IPv6: null },
  sysctls: new Map(),
  conntrack: null,
};

/** The packet before anything happened to it. */
export function firstState(packet: PacketInput, host: Host = blank): State {
  return startOf(packet, host, routingOf(host)).state;
}

/**
 * Takes a packet through the next network namespace: what belongs to the one before it (marks, conntrack, routes, answers of
 * its matches) is gone; addresses, share, doubts and assumptions stay. `before`: the request's passage, for a reply.
 */
export function enter(
  host: Host,
  arrived: State,
  entry: Entry,
  choices: Choices,
  before: Passage | null,
): HostEnding[] {
  const state = fresh(arrived);
  state.interfaces = { iifname: entry.in, oifname: '', physin: entry.port, physout: '' };
  const { numbers } = state;
  const made = entry.at === 'output';
  numbers.socketUid = made ? anyNumber(32) : null;
  numbers.socketGid = made ? anyNumber(32) : null;
  numbers.etherSaddr = made ? null : anyNumber(48);
  if (before !== null) {
    state.existing = { original: before.came, reply: reversed(before.left), direction: 'reply' };
    state.expected = 'established';
  }
  return traceHost(host, { state, at: entry.at, out: null }, choices);
}

function fresh(arrived: State): State {
  const state = arrived.clone();
  const { numbers } = state;
  const { saddr, daddr, sport, dport } = numbers;
  Object.assign(numbers, {
    mark: 0n,
    ctMark: 0n,
    ctStatus: 0n,
    ctDirection: 0n,
    ctZone: 0n,
    ctOriginalSaddr: saddr,
    ctOriginalDaddr: daddr,
    ctOriginalSport: sport,
    ctOriginalDport: dport,
    ctReplySaddr: daddr,
    ctReplyDaddr: saddr,
    ctReplySport: dport,
    ctReplyDport: sport,
    ttl: anyNumber(8),
    priority: anyNumber(32),
  });
  state.tracking = 'none';
  state.template = false;
  state.existing = null;
  state.bound = { dnat: false, snat: false };
  state.route = null;
  state.rejectWith = null;
  state.ipvs = null;
  state.decided = new Map();
  state.step = null;
  return state;
}

/** The reply to a packet, as its receiver sends it. */
export function replyTo(received: State): State {
  const state = fresh(received);
  const { numbers } = state;
  [numbers.saddr, numbers.daddr] = [numbers.daddr, numbers.saddr];
  [numbers.sport, numbers.dport] = [numbers.dport, numbers.sport];
  const echoReply = numbers.icmpType === 8n ? 0n : numbers.icmpType === 128n ? 129n : numbers.icmpType;
  numbers.icmpType = echoReply;
  state.expected = 'established';
  state.dnat = false;
  state.snat = null;
  return state;
}

/** The packet's addresses and ports now. */
export function tupleOf({ numbers: { saddr, daddr, sport, dport } }: State): Tuple {
  return { saddr: saddr ?? 0n, daddr: daddr ?? 0n, sport, dport };
}

/** True for a packet of the other direction of a connection that left a host with those addresses. */
export function isReply(state: State, { left }: Passage): boolean {
  const { saddr, daddr, sport, dport } = tupleOf(state);
  return saddr === left.daddr && daddr === left.saddr && sport === left.dport && dport === left.sport;
}

function reversed({ saddr, daddr, sport, dport }: Tuple): Tuple {
  return { saddr: daddr, daddr: saddr, sport: dport, dport: sport };
}

/** The packet's destination, or source, as text; null while it is not known. */
export function addressText(state: State, side: 'saddr' | 'daddr'): string | null {
  const value = state.numbers[side];
  return typeof value === 'bigint' ? formatAddress(value, state.family) : null;
}

/** An interface's name, or null. */
export function nameText(name: Name | null | undefined): string | null {
  return typeof name === 'string' && name !== '' ? name : null;
}

/** Any interface but lo. */
export function someInterface(): Name {
  return new UnknownName('', [{ name: 'lo', prefix: false }]);
}

/** The interface of a namespace that has the address. */
export function interfaceWith(host: Host, address: string): string | null {
  const prefix = parsePrefix(address);
  const own = host.addresses?.find(one => one.family === prefix?.family && one.address === prefix.value);
  return own?.interface ?? null;
}
