import { protocols } from './frame.ts';
import type { Shot } from './generate/packets.ts';
import type { Arrival } from './testbed.ts';
import type { Topology } from './topology.ts';

/** What the kernel did with a packet. */
export interface Observation {
  kind: 'local' | 'out' | 'reject' | 'drop' | 'several';
  /** The device that routing chose: the bridge for its ports. */
  interface: string | null;
  /** The link that it came out by: the port of a bridge. */
  link: string | null;
  /** Of TCP. */
  sequence: number | null;
  source: string;
  sourcePort: number;
  destination: string;
  port: number;
  rejectWith: string | null;
}

/** ICMP errors in the words of iptables (iptables-extensions(8), REJECT). */
const errors: Readonly<Record<string, string>> = {
  '1 3/0': 'icmp-net-unreachable',
  '1 3/1': 'icmp-host-unreachable',
  '1 3/2': 'icmp-proto-unreachable',
  '1 3/3': 'icmp-port-unreachable',
  '1 3/9': 'icmp-net-prohibited',
  '1 3/10': 'icmp-host-prohibited',
  '1 3/13': 'icmp-admin-prohibited',
  '58 1/0': 'icmp6-no-route',
  '58 1/1': 'icmp6-adm-prohibited',
  '58 1/3': 'icmp6-addr-unreachable',
  '58 1/4': 'icmp6-port-unreachable',
  '58 1/5': 'icmp6-policy-fail',
  '58 1/6': 'icmp6-reject-route',
};

/** The word for an answer of the host; null for the packet itself. */
function answer({ seen }: Arrival): string | null {
  if (seen === null) return null;
  if (seen.reset) return 'tcp-reset';
  const isError = seen.about !== null && (seen.protocol === protocols.icmp || seen.protocol === protocols.icmpv6);
  if (!isError) return null;
  const code = `${seen.protocol} ${seen.icmpType}/${seen.icmpCode}`;
  return errors[code] ?? code;
}

/** Reads what became of a shot from where things came out. */
export function observe({ links }: Topology, shot: Shot, arrivals: readonly Arrival[]): Observation {
  const { datagram } = shot;
  const base = {
    interface: null,
    link: null,
    sequence: null,
    source: datagram.source,
    sourcePort: datagram.sourcePort,
    destination: datagram.destination,
    port: datagram.port,
    rejectWith: null,
  };
  const delivered = arrivals.filter(arrival => arrival.seen !== null && answer(arrival) === null);
  const [first] = delivered;
  if (first?.seen) {
    const link = links.find(({ host }) => host === first.at);
    const { source, sourcePort, destination, port, sequence } = first.seen;
    const same = delivered.length === 1;
    return {
      kind: same ? (link === undefined ? 'local' : 'out') : 'several',
      interface: link === undefined ? null : (link.bridge ?? link.host),
      link: link?.host ?? null,
      sequence,
      source,
      sourcePort,
      destination,
      port,
      rejectWith: null,
    };
  }
  const rejectWith = arrivals.map(answer).find(word => word !== null);
  return rejectWith === undefined ? { ...base, kind: 'drop' } : { ...base, kind: 'reject', rejectWith };
}
