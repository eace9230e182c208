import type { Datagram, Protocol } from '../frame.ts';
import type { Random } from '../random.ts';
import { generated, type Link } from '../topology.ts';
import { address, type Domain, ports } from './domain.ts';

/** A packet to send and where: by a link of the host, or from the host itself (null). */
export interface Shot {
  datagram: Datagram;
  link: string | null;
  mark: number;
}

/** Sources that do not belong behind a link. */
function spoofed({ remote, local, elsewhere, family }: Domain, { neighbours }: Link): string[] {
  const martian = family === 4 ? ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'] : ['::1', 'ff0e::1234'];
  const behind = remote.filter(one => !neighbours.includes(one));
  // To what routes refuse, nothing is answered.
  return [...behind, ...behind, ...local, ...elsewhere.slice(0, 2), ...martian];
}

/**
 * ICMP that is no echo request. What the host itself sends must be nothing that the observer takes for an answer of the kernel's,
 * and what comes in nothing that changes the host's neighbours or routes.
 */
const otherIcmp = {
  4: { in: [0, 3, 4, 11, 12, 13, 15, 17, 30], own: [13, 15, 17, 30] },
  6: { in: [1, 2, 3, 4, 129, 139, 140, 150], own: [139, 140, 150] },
} as const;

/** A packet of the domain, to a group, too, where `groups` says so; `serial` makes its source port, or ICMP identifier, the only one of its rule set. */
export function shot(random: Random, domain: Domain, serial: number, groups: boolean): Shot {
  const protocol = random.pick<Protocol>(['tcp', 'tcp', 'tcp', 'udp', 'udp', 'udp', 'sctp', 'icmp', 'icmp', 'esp']);
  const six = domain.family === 6;
  const link = random.once(3.5) ? null : random.pick(generated.links);
  const near = link?.neighbours.filter(neighbour => neighbour.includes(':') === six) ?? domain.local;
  // Where a bridge sends a packet hangs on who is behind its ports.
  const routed = link !== null && link.bridge === null ? link : null;
  const sources =
    link === null && random.once(6)
      ? [domain.loopback]
      : routed !== null && random.once(8)
        ? spoofed(domain, routed)
        : near;
  const source = random.pick(sources);
  const drawn = groups && routed !== null && random.once(4) ? random.pick(domain.groups) : address(random, domain);
  // What is behind the same bridge port never comes in by it.
  const destination = link?.neighbours.includes(drawn) ? (domain.elsewhere[0] ?? drawn) : drawn;
  const loops = source === domain.loopback;
  const ofIcmp = otherIcmp[domain.family];
  return {
    datagram: {
      source,
      destination: loops ? random.pick([domain.loopback, ...domain.local]) : destination,
      protocol: protocol === 'icmp' && six ? 'icmpv6' : protocol,
      sourcePort: 10_000 + serial * 7,
      port: random.pick(ports),
      icmpType:
        protocol === 'icmp' && random.once(2) ? random.pick<number>(link === null ? ofIcmp.own : ofIcmp.in) : undefined,
    },
    link: link?.host ?? null,
    mark: link === null && random.once(4) ? random.pick([0x1, 0x100, 0x200, 0x4000]) : 0,
  };
}
