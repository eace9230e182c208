import type { Random } from '../random.ts';
import { generated } from '../topology.ts';

/** The values that rules and packets of generated tests share, few enough for rules to hit. */
export interface Domain {
  family: 4 | 6;
  /** Of the far ends. */
  remote: readonly string[];
  local: readonly string[];
  /** Neither local nor a neighbour's: virtual addresses, the internet, and what routes refuse. */
  elsewhere: readonly string[];
  /** Multicast and broadcast. */
  groups: readonly string[];
  networks: readonly string[];
  loopback: string;
}

const sixth = (address: string) => address.includes(':');
const neighbours = generated.links.flatMap(link => link.neighbours);
const own = Object.values(generated.addresses)
  .flat()
  .map(address => address.replace(/\/.*/, ''));

export const domains: Readonly<Record<4 | 6, Domain>> = {
  4: {
    family: 4,
    remote: neighbours.filter(address => !sixth(address)),
    local: own.filter(address => !sixth(address)),
    elsewhere: ['10.96.0.1', '10.96.0.2', '10.99.0.1', '10.98.0.1', '192.0.2.9'],
    groups: ['224.0.0.1', '239.1.2.3', '255.255.255.255'],
    networks: [
      '10.0.0.0/8',
      '10.1.0.0/24',
      '10.2.0.0/23',
      '10.4.0.0/16',
      '10.96.0.0/12',
      '203.0.113.0/24',
      '0.0.0.0/0',
      '10.4.0.8/29',
    ],
    loopback: '127.0.0.1',
  },
  6: {
    family: 6,
    remote: neighbours.filter(sixth),
    local: own.filter(sixth),
    elsewhere: ['fd96::1', 'fd96::2', '2001:db8:2::9'],
    groups: ['ff0e::1234', 'ff0e::5678'],
    networks: ['fd00::/8', 'fd01::/64', 'fd02::/63', 'fd04::/16', 'fd96::/108', '2001:db8::/32', '::/0', 'fd04::8/125'],
    loopback: '::1',
  },
};

export const ports = [53, 80, 443, 8080, 8443, 30080] as const;
export const maskedMarks = ['0x4000/0x4000', '0x100/0x100', '0x200/0x200', '0x10/0xf0', '0x0/0xff', '0x1'] as const;
export const interfaces = ['eth0', 'eth1', 'eth2', 'cni0', 'lo', 'veth3', 'eth+', 'veth+', 'nosuch0'] as const;

export const address = (random: Random, domain: Domain): string =>
  random.pick([...domain.remote, ...domain.remote, ...domain.local, ...domain.elsewhere]);

export const addressOrNetwork = (random: Random, domain: Domain): string =>
  random.once(2) ? random.pick(domain.networks) : address(random, domain);

/** A port, or a range in `separator`'s form. */
export function portOrRange(random: Random, separator: string): string {
  if (random.once(2)) return `${random.pick(ports)}`;
  const [low = 0, high = 0] = random.some([1, 80, 444, 8080, 20_000, 40_000, 65_535], 2);
  return `${low}${separator}${high}`;
}
