import { parsePrefix } from '../../model/address.ts';
import { hasPorts } from '../../model/packet.ts';
import { protocolNumber } from '../../model/protocols.ts';
import type { PacketInput } from '../../model/trace.ts';
import { Asked } from './asked.ts';
import { arrival } from './bridge.ts';
import { newConnection } from './conntrack.ts';
import { missingFrom } from './dump-gaps.ts';
import type { Host } from './host.ts';
import type { Routing } from './routing.ts';
import { State } from './state.ts';
import { anyNumber, type Numeric, UnknownNumber } from './unknown.ts';

/** A packet at the place where the host first sees it. */
export interface Start {
  state: State;
  at: 'prerouting' | 'output';
  /** The outgoing interface that was given. */
  out: string | null;
}

/**
 * The state that a packet starts in: a local source without an incoming interface is made here, any other comes in.
 * The packet was read by `readPacket`; throws TypeError for one that was not.
 */
export function startOf(packet: PacketInput, host: Host, routing: Routing): Start {
  const source = parsePrefix(packet.source);
  const destination = parsePrefix(packet.destination);
  const protocol = protocolNumber(packet.protocol);
  if (source === null || destination === null || protocol === null) throw new TypeError('not a packet');
  const { family } = destination;
  const asked = new Asked(source.value);
  const made =
    (packet.in === undefined || packet.in === 'lo') &&
    asked.of(source.value, address => routing.isLocal(family, address));
  const ports = hasPorts(protocol);
  const isIcmp = protocol === 1 || protocol === 58;
  const echo = protocol === 58 ? 128 : 8;
  const type = packet.icmpType ?? echo;
  const sport: Numeric = packet.sourcePort === undefined ? anyPort : BigInt(packet.sourcePort);
  const dport: Numeric = packet.port === undefined ? anyPort : BigInt(packet.port);
  const state = new State(
    family,
    {
      saddr: source.value,
      daddr: destination.value,
      l4proto: BigInt(protocol),
      sport: ports ? sport : null,
      dport: ports ? dport : null,
      icmpType: isIcmp ? BigInt(type) : null,
      icmpCode: isIcmp ? BigInt(packet.icmpCode ?? 0) : null,
      nfproto: family === 'IPv4' ? 4n : 6n,
      mark: packet.mark === undefined ? 0n : BigInt(packet.mark),
      ctMark: 0n,
      ctState: null,
      ctStatus: 0n,
      ctDirection: 0n,
      ctZone: 0n,
      ctOriginalSaddr: source.value,
      ctOriginalDaddr: destination.value,
      ctOriginalSport: ports ? sport : null,
      ctOriginalDport: ports ? dport : null,
      ctOriginalL4proto: BigInt(protocol),
      ctReplySaddr: destination.value,
      ctReplyDaddr: source.value,
      ctReplySport: ports ? dport : null,
      ctReplyDport: ports ? sport : null,
      tcpFlags: protocol === 6 ? anyNumber(8) : null,
      ttl: anyNumber(8),
      dscp: anyNumber(6),
      length: anyNumber(16),
      fragmentOffset: 0n,
      pkttype: packetType(family, destination.value),
      socketUid: made ? anyNumber(32) : null,
      socketGid: made ? anyNumber(32) : null,
      etherSaddr: made ? null : anyNumber(48),
      priority: anyNumber(32),
    },
    {
      ...(made ? { iifname: '', physin: '' } : arrival(packet.in, host)),
      oifname: '',
      physout: '',
    },
    asked,
  );
  if (host.name === null) for (const text of missingFrom(host, family)) state.assume(text);
  if (isIcmp && packet.icmpType === undefined) state.assume('an echo request');
  state.mayBeKnown = packet.ctState === undefined || packet.ctState === 'established';
  state.expected = packet.ctState ?? icmpState(protocol, type) ?? 'new';
  if (state.expected === 'new') {
    if (packet.ctState === undefined) state.assume(newConnection);
    if (protocol === 6) state.numbers.tcpFlags = 2n;
  } else state.numbers.ctMark = anyNumber(32);
  return { state, at: made ? 'output' : 'prerouting', out: packet.out ?? null };
}

const anyPort = new UnknownNumber([{ low: 1n, high: 65_535n }]);

function packetType(family: 'IPv4' | 'IPv6', address: bigint): bigint {
  if (family === 'IPv4') return address === 0xffff_ffffn ? 1n : address >> 28n === 0xen ? 2n : 0n;
  return address >> 120n === 0xffn ? 2n : 0n;
}

/** ICMP that starts no connection (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c); null: one that does. */
function icmpState(protocol: number, type: number): 'invalid' | 'untracked' | null {
  if (protocol === 1) return [8, 13, 15, 17].includes(type) ? null : 'invalid';
  if (protocol !== 58 || type === 128 || type === 139) return null;
  return (type >= 130 && type <= 137) || type === 143 ? 'untracked' : 'invalid';
}
