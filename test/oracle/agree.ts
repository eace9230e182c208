import { parsePrefix } from '../../src/model/address.ts';
import type { Outcome, PacketInput, TraceStep } from '../../src/model/trace.ts';
import { groupMac } from './frame.ts';
import type { Shot } from './generate/packets.ts';
import type { Observation } from './observe.ts';
import type { Topology } from './topology.ts';

/** The packet as the trace is asked about it. */
export function packetInput({ datagram, link, mark }: Shot): PacketInput {
  const { source, destination, protocol, port, sourcePort } = datagram;
  const withPorts = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp';
  return {
    source,
    destination,
    protocol: protocol === 'esp' ? '50' : protocol,
    ...(withPorts ? { port, sourcePort } : {}),
    ...(protocol === 'icmp' ? { icmpType: datagram.icmpType ?? 8, icmpCode: 0 } : {}),
    ...(protocol === 'icmpv6' ? { icmpType: datagram.icmpType ?? 128, icmpCode: 0 } : {}),
    ...(link === null ? {} : { in: link }),
    mark: `0x${mark.toString(16)}`,
  };
}

interface Endpoint {
  address: string;
  port: number | null;
}

function endpoint(text: string): Endpoint {
  const found = /^\[(.*)\](?::(\d+))?$/.exec(text) ?? /^([^:]*)(?::(\d+))?$/.exec(text) ?? [text, text];
  return { address: found[1] ?? text, port: found[2] === undefined ? null : Number(found[2]) };
}

function lastRoute(steps: readonly TraceStep[]) {
  const effects = steps.map(({ effect }) => effect).filter(effect => effect.kind === 'route');
  return effects.at(-1) ?? null;
}

/** What a packet that leaves by a device may be masqueraded as; by the loopback: any address of the host's. */
const deviceAddresses = ({ addresses }: Topology, device: string | null, family: string): string[] =>
  (device === null ? [...Object.values(addresses).flat(), '127.0.0.1', '::1'] : (addresses[device] ?? []))
    .map(address => address.replace(/\/.*/, ''))
    .filter(address => parsePrefix(address)?.family === family);

/** True when the kernel did what the outcome says. An outcome that says `unknown` is never wrong. */
export function agrees(topology: Topology, outcome: Outcome, observed: Observation, shot: Shot): boolean {
  const route = lastRoute(outcome.steps);
  switch (outcome.verdict) {
    case 'unknown':
      return true;
    case 'drop':
      return observed.kind === 'drop';
    case 'reject':
      // What routing refuses is answered at most so often in a second.
      if (route?.to === 'none' && observed.kind === 'drop') return true;
      if (isNeverAnswered(topology, shot) && observed.kind === 'drop') return true;
      return observed.kind === 'reject' && observed.rejectWith === outcome.rejectWith;
    case 'accept':
      return arrived(topology, outcome, observed, shot);
    default:
      return outcome.verdict satisfies never;
  }
}

/** In from nobody, a group or the host itself, or to a group; an ICMP error, or ICMP of a kind that the kernel does not know (net/ipv4/icmp.c icmp_send, net/ipv6/icmp.c). */
function isNeverAnswered(
  topology: Topology,
  { datagram: { protocol, icmpType, source, destination }, link }: Shot,
): boolean {
  const isOwn = Object.values(topology.addresses)
    .flat()
    .some(own => own.replace(/\/.*/, '') === source);
  if (link !== null && isOwn) return true;
  if (groupMac(destination) !== null || groupMac(source) !== null || source === '0.0.0.0') return true;
  if (icmpType === undefined) return false;
  return protocol === 'icmpv6' ? icmpType < 128 : [3, 4, 5, 11, 12].includes(icmpType) || icmpType > 18;
}

function arrived(topology: Topology, outcome: Outcome, observed: Observation, { datagram }: Shot): boolean {
  if (observed.kind !== 'local' && observed.kind !== 'out') return false;
  const route = lastRoute(outcome.steps);
  if (route !== null && route.to !== observed.kind) return false;
  if (route?.to === 'out' && route.interface !== null && route.interface !== observed.interface) return false;
  const to = endpoint(outcome.to);
  if (to.address !== observed.destination || (to.port !== null && to.port !== observed.port)) return false;
  if (outcome.snat === null) return observed.source === datagram.source;
  if (outcome.snat === 'masquerade') {
    const family = observed.source.includes(':') ? 'IPv6' : 'IPv4';
    return deviceAddresses(topology, observed.interface, family).includes(observed.source);
  }
  return endpoint(outcome.snat).address === observed.source;
}
