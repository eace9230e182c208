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

/** The network of the host under test. */
export interface Topology {
  links: readonly Link[];
  /** The host's own addresses by device. A device that is no link and no bridge stands for a dummy one, which not every kernel has. */
  addresses: Readonly<Record<string, readonly string[]>>;
  /** Arguments of `ip route add`, with -4 or -6 first. */
  routes: readonly string[];
  /** Arguments of `ip rule add`, for both families. */
  policies: readonly string[];
  /** By path under /proc/sys/net. */
  sysctls: Readonly<Record<string, string>>;
}

/** The network of the generated tests: two on-link networks, an uplink, a bridge with two ports, policy routing by mark. */
export const generated: Topology = {
  links: [
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
  ],
  addresses: {
    eth0: ['10.3.0.1/24', 'fd03::1/64'],
    eth1: ['10.1.0.1/24', 'fd01::1/64'],
    eth2: ['10.2.0.1/24', 'fd02::1/64'],
    cni0: ['10.4.0.1/24', 'fd04::1/64'],
    idle0: ['10.5.0.1/32', 'fd05::1/128'],
  },
  routes: [
    '-4 default via 10.3.0.254 dev eth0 onlink',
    '-6 default via fd03::fe dev eth0',
    '-4 blackhole 10.99.0.0/16',
    '-4 unreachable 10.98.0.0/16',
    '-4 default via 10.1.0.254 dev eth1 onlink table 100',
    '-6 default via fd01::fe dev eth1 table 100',
    '-4 blackhole default table 101',
    '-6 blackhole default dev lo table 101',
  ],
  policies: ['fwmark 0x100/0x100 lookup 100 pref 1000', 'fwmark 0x200/0x200 lookup 101 pref 1001'],
  sysctls: {},
};

/** The same with a reverse path filter: 1 strict, 2 loose. */
export function filtered(filter: number): Topology {
  return { ...generated, sysctls: { 'ipv4/conf/all/rp_filter': `${filter}` } };
}
