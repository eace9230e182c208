import { UsageError } from '../errors.ts';
import { hasPorts, readPacket } from '../model/packet.ts';
import { protocolNumber } from '../model/protocols.ts';
import type { PacketInput } from '../model/trace.ts';
import type { NamedDestination } from './trace-ends.ts';

/** What the command line says of the packet beside its ends. */
export interface PacketWishes {
  /** --protocol. */
  protocol: string | null;
  /** Other members of PacketInput. */
  members: Record<string, unknown>;
}

/** ICMP echo request, of each family. */
const echoRequest = { 1: 8, 58: 128 } as const;

/**
 * The protocol that a destination and --protocol name; with neither, TCP where there is a port and ICMP where there is
 * none. Throws UsageError when they differ.
 */
export function protocolOf({ text, port, protocol }: NamedDestination, wishes: PacketWishes): string {
  const { protocol: flag } = wishes;
  if (protocol !== null && flag !== null && protocolNumber(protocol) !== protocolNumber(flag))
    throw new UsageError('flag-conflict', `${text} and --protocol ${flag} name two protocols`, 'leave out one of them');
  return protocol ?? flag ?? (port === null ? 'icmp' : 'tcp');
}

/** The packet to trace. A ping is an echo request. Throws UsageError for one that cannot be. */
export function packetOf(
  source: string,
  destination: string,
  protocol: string,
  port: number | null,
  { members }: PacketWishes,
): PacketInput {
  const { packet, error } = readPacket({
    source,
    destination,
    protocol,
    ...(port === null ? {} : { port }),
    ...members,
  });
  if (packet === null) {
    const number = protocolNumber(protocol);
    if (port === null && number !== null && hasPorts(number))
      throw new UsageError('missing-port', `${protocol} needs a port`, `write it like ${destination}:80/${protocol}`);
    throw new UsageError('bad-packet', error);
  }
  const number = protocolNumber(packet.protocol);
  return number === 1 || number === 58 ? { ...packet, icmpType: echoRequest[number], icmpCode: 0 } : packet;
}
