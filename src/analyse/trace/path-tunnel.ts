import type { Overlay } from '../../model/report.ts';
import type { PacketInput } from '../../model/trace.ts';
import type { Choices } from './context.ts';
import type { Host } from './host.ts';
import { startOf } from './packet.ts';
import type { StepNode } from './state.ts';
import { type HostEnding, routingOf, traceHost } from './trace.ts';

/** What an overlay's packets are carried in, by the kind of its device (iproute2's names). */
const carriers: Readonly<Record<string, 'udp' | 'ipip' | 'ipv6' | 'gre'>> = {
  vxlan: 'udp',
  geneve: 'udp',
  ipip: 'ipip',
  sit: 'ipv6',
  gre: 'gre',
  gretap: 'gre',
};

/** IP protocol numbers: ipip is IP in IP. */
const numbers = { ipip: '4', ipv6: '41', gre: '47' } as const;

/** The packet that carries another one to a remote end point; null where that is not known. */
export function carrierOf({ kind, local, port }: Overlay, remote: string): PacketInput | null {
  const carrier = carriers[kind];
  if (carrier === undefined || local === null || remote === '?') return null;
  if (carrier !== 'udp') return { source: local, destination: remote, protocol: numbers[carrier] };
  return port === null ? null : { source: local, destination: remote, protocol: 'udp', port };
}

/** What becomes of a carrier on a host; `unknown` where its ways end differently. */
export function carried(
  host: Host,
  packet: PacketInput,
  choices: Choices,
): { verdict: HostEnding['verdict']; rejectWith: string | null; step: StepNode | null } {
  const endings = traceHost(host, startOf(packet, host, routingOf(host)), choices);
  const [first] = endings;
  const verdict =
    first !== undefined && endings.every(one => one.verdict === first.verdict) ? first.verdict : 'unknown';
  const worst = endings.find(one => one.verdict !== 'accept') ?? first;
  return { verdict, rejectWith: worst?.state.rejectWith ?? null, step: worst?.state.step ?? null };
}
