import { Agent, type Sending, type Sighting } from './agent.ts';
import { type Datagram, ethernet, ipPacket, protocols, readIp, type Seen, unframed } from './frame.ts';

/** A link of the host under test; `world` is its far end, where packets are sent and seen. */
export interface Link {
  /** As the host's rules see it. */
  host: string;
  world: string;
  /** The bridge that `host` is a port of. */
  bridge: string | null;
  /** Addresses behind it. */
  neighbours: readonly string[];
}

/** The links of the generated tests: two on-link networks, an uplink, and a bridge with two ports. */
export const links: readonly Link[] = [
  { host: 'eth1', world: 'w1', bridge: null, neighbours: ['10.1.0.2', '10.1.0.3', 'fd01::2', 'fd01::3'] },
  { host: 'eth2', world: 'w2', bridge: null, neighbours: ['10.2.0.2', '10.2.0.3', 'fd02::2', 'fd02::3'] },
  {
    host: 'eth0',
    world: 'w0',
    bridge: null,
    neighbours: ['203.0.113.5', '198.51.100.7', '2001:db8::5', '2001:db8:1::7'],
  },
  { host: 'veth3', world: 'w3', bridge: 'cni0', neighbours: ['10.4.0.10', 'fd04::10'] },
  { host: 'veth4', world: 'w4', bridge: 'cni0', neighbours: ['10.4.0.11', 'fd04::11'] },
];

/** The host's own addresses by device; idle0 stands for a dummy device, which not every kernel has. */
export const hostAddresses: Readonly<Record<string, readonly string[]>> = {
  eth0: ['10.3.0.1/24', 'fd03::1/64'],
  eth1: ['10.1.0.1/24', 'fd01::1/64'],
  eth2: ['10.2.0.1/24', 'fd02::1/64'],
  cni0: ['10.4.0.1/24', 'fd04::1/64'],
  idle0: ['10.5.0.1/32', 'fd05::1/128'],
};

const routes = [
  'default via 10.3.0.254 dev eth0 onlink',
  'default via fd03::fe dev eth0',
  'blackhole 10.99.0.0/16',
  'unreachable 10.98.0.0/16',
  'default via 10.1.0.254 dev eth1 onlink table 100',
  'default via fd01::fe dev eth1 table 100',
  'blackhole default table 101',
  'blackhole default dev lo table 101',
];

/** Marks that the host's routing policy rules look at. */
const policies = ['fwmark 0x100/0x100 lookup 100 pref 1000', 'fwmark 0x200/0x200 lookup 101 pref 1001'];

const sysctls: Readonly<Record<string, number>> = {
  'ipv4/ip_forward': 1,
  'ipv6/conf/all/forwarding': 1,
  'ipv4/conf/all/rp_filter': 0,
  'ipv4/conf/default/rp_filter': 0,
  'ipv4/conf/all/send_redirects': 0,
  'ipv4/conf/default/send_redirects': 0,
  'ipv4/icmp_echo_ignore_all': 1,
  'ipv6/icmp/echo_ignore_all': 1,
  'ipv4/icmp_ratelimit': 0,
  'ipv6/icmp/ratelimit': 0,
  'ipv6/conf/all/accept_dad': 0,
  'ipv6/conf/default/accept_dad': 0,
  'ipv6/conf/all/accept_ra': 0,
  'ipv6/conf/default/accept_ra': 0,
};

const logGroup = 99;

/** Takes what the host itself says before any rule under test; prints nothing else into the counters. */
export const observer = `table inet oracle-observer {
  chain output {
    type filter hook output priority -500; policy accept;
    icmp type { echo-reply, timestamp-reply } drop
    icmp type { destination-unreachable, source-quench, redirect, time-exceeded, parameter-problem } log group ${logGroup} drop
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } log group ${logGroup} drop
    icmpv6 type { echo-reply, mld-listener-query, mld-listener-report, mld-listener-done, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } drop
    tcp flags & rst == rst log group ${logGroup} drop
    ip protocol igmp drop
  }
}`;

export const observerTable = 'oracle-observer';

const hostMac = (index: number) => `02:00:00:00:00:${(0x10 + index).toString(16)}`;
const worldMac = (index: number) => `02:00:00:00:01:${(0x10 + index).toString(16)}`;
const bridgeMac = '02:00:00:00:00:0f';

/** Where a packet came out, as the kernel had it. */
export interface Arrival {
  /** A link's name in the host, `local`, `answer`, or `error` with errno's name in `error`. */
  at: string;
  seen: Seen | null;
  error: string | null;
}

/** Two network namespaces: the host under test with its links, and the world at their far ends. */
export class Testbed {
  readonly agent = new Agent();
  readonly #links: readonly Link[];

  constructor(using: readonly Link[] = links) {
    this.#links = using;
  }

  /** Makes links, addresses, routes and sockets. */
  async open(): Promise<void> {
    await this.agent.namespaces;
    const namespaces = await this.agent.namespaces;
    await this.agent.exec(['sh', '-c', this.#layout(namespaces.world)]);
    await this.agent.exec(['nft', '-f', '-'], observer);
    await this.agent.open({
      world: this.#links.map(link => link.world),
      fence: ['fence0', 'fence1'],
      protocols: Object.values(protocols),
      group: logGroup,
    });
  }

  #layout(world: string): string {
    const bridges = [...new Set(this.#links.map(link => link.bridge).filter(bridge => bridge !== null))];
    const neighbour = (link: Link, index: number) =>
      link.neighbours.map(
        address => `ip neigh replace ${address} lladdr ${worldMac(index)} dev ${link.bridge} nud permanent`,
      );
    const perLink = this.#links.flatMap((link, index) => [
      `ip link add ${link.host} address ${hostMac(index)} type veth peer name ${link.world} address ${worldMac(index)} netns ${world}`,
      ...(link.bridge === null
        ? [`ip link set ${link.host} arp off`]
        : [`ip link set ${link.host} master ${link.bridge}`]),
      `ip link set ${link.host} up`,
    ]);
    const worldLinks = [...this.#links.map(link => link.world), 'fence0', 'fence1'];
    return [
      'set -e',
      ...Object.entries(sysctls).map(([key, value]) => `echo ${value} >/proc/sys/net/${key}`),
      'ip link set lo up',
      'ip link add idle0 type bridge',
      'ip link set idle0 arp off up',
      ...bridges.map(bridge => `ip link add ${bridge} address ${bridgeMac} type bridge mcast_snooping 0`),
      ...perLink,
      ...bridges.map(bridge => `ip link set ${bridge} up`),
      ...Object.entries(hostAddresses).flatMap(([device, addresses]) =>
        addresses.map(address => `ip addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`),
      ),
      ...this.#links.flatMap((link, index) =>
        link.bridge === null
          ? []
          : [`bridge fdb replace ${worldMac(index)} dev ${link.host} master static`, ...neighbour(link, index)],
      ),
      ...routes.map(route => `ip ${route.includes('::') || route.includes('dev lo') ? '-6 ' : ''}route add ${route}`),
      ...policies.flatMap(rule => [`ip rule add ${rule}`, `ip -6 rule add ${rule}`]),
      `nsenter --net=${world} sh -ec '${[
        'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6',
        'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6',
        'ip link add fence0 type veth peer name fence1',
        ...worldLinks.map(name => `ip link set ${name} arp off up`),
      ].join('; ')}'`,
    ].join('\n');
  }

  /** How to send a datagram in by a link, or from the host itself (`link` null). */
  sending(datagram: Datagram, link: string | null, mark = 0): Sending {
    const bytes = ipPacket(datagram);
    if (link === null) {
      const { protocol, source, sourcePort, destination, port } = datagram;
      if (protocol === 'udp' || protocol === 'tcp') {
        return { via: protocol, from: [source, sourcePort], to: [destination, port], mark };
      }
      return { via: 'raw', bytes: bytes.toString('hex'), to: [destination], mark };
    }
    const index = this.#links.findIndex(({ host }) => host === link);
    const into = this.#links[index];
    if (into === undefined) throw new Error(`no link ${link}`);
    const peer = this.#links.findIndex(
      other => into.bridge !== null && other.bridge === into.bridge && other.neighbours.includes(datagram.destination),
    );
    const to = into.bridge === null ? hostMac(index) : peer < 0 ? bridgeMac : worldMac(peer);
    return { via: into.world, bytes: ethernet(to, worldMac(index), bytes).toString('hex') };
  }

  /** Sends packets one after the other; gives where each came out. */
  async run(packets: Sending[]): Promise<Arrival[][]> {
    return (await this.agent.run(packets)).map(sightings => sightings.flatMap(sighting => this.#arrival(sighting)));
  }

  #arrival([at, data]: Sighting): Arrival[] {
    if (at === 'error') return [{ at, seen: null, error: data }];
    const bytes = Buffer.from(data, 'hex');
    const link = this.#links.find(({ world }) => world === at);
    const packet = link === undefined ? bytes : unframed(bytes);
    const seen = packet === null ? null : readIp(packet);
    return seen === null ? [] : [{ at: link?.host ?? at, seen, error: null }];
  }

  async close(): Promise<void> {
    await this.agent.close();
  }
}
