import type { Link, Topology } from './topology.ts';

/** Forwarding on, nothing said by itself, answers never held back. */
const quiet: Readonly<Record<string, string>> = {
  'ipv4/ip_forward': '1',
  'ipv6/conf/all/forwarding': '1',
  'ipv4/conf/all/rp_filter': '0',
  'ipv4/conf/default/rp_filter': '0',
  'ipv4/conf/all/send_redirects': '0',
  'ipv4/conf/default/send_redirects': '0',
  'ipv4/icmp_echo_ignore_all': '1',
  'ipv6/icmp/echo_ignore_all': '1',
  'ipv4/icmp_ratelimit': '0',
  'ipv4/icmp_ratemask': '0',
  'ipv6/icmp/ratelimit': '0',
  'ipv6/icmp/ratemask': '',
  'ipv6/conf/all/accept_dad': '0',
  'ipv6/conf/default/accept_dad': '0',
  'ipv6/conf/all/accept_ra': '0',
  'ipv6/conf/default/accept_ra': '0',
};

const hex = (index: number) => (0x10 + index).toString(16).padStart(2, '0');
export const hostMac = (index: number): string => `02:00:00:00:00:${hex(index)}`;
export const worldMac = (index: number): string => `02:00:00:00:01:${hex(index)}`;
export const bridgeMac = '02:00:00:00:00:0f';

/** Links of the world between which fence frames go. */
export const fence: [string, string] = ['fence0', 'fence1'];

const set = (sysctls: Readonly<Record<string, string>>): string[] =>
  Object.entries(sysctls).map(([key, value]) => `echo ${value} >/proc/sys/net/${key}`);

/** A shell script that lays out a topology; it runs in the host's network namespace. `world` is the file of the other one. */
export function layout({ links, addresses, routes, policies, sysctls }: Topology, world: string): string {
  const bridges = [...new Set(links.map(link => link.bridge).filter(bridge => bridge !== null))];
  const idle = Object.keys(addresses).filter(
    device => device !== 'lo' && !bridges.includes(device) && !links.some(link => link.host === device),
  );
  const inWorld = [
    'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6',
    'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6',
    `ip link add ${fence[0]} type veth peer name ${fence[1]}`,
    ...[...links.map(link => link.world), ...fence].map(name => `ip link set ${name} arp off up`),
  ];
  return [
    'set -e',
    ...set(quiet),
    'ip link set lo up',
    ...idle.flatMap(device => [`ip link add ${device} type bridge`, `ip link set ${device} arp off up`]),
    ...bridges.map(bridge => `ip link add ${bridge} address ${bridgeMac} type bridge mcast_snooping 0`),
    ...links.flatMap((link, index) => [
      `ip link add ${link.host} address ${hostMac(index)} type veth peer name ${link.world} address ${worldMac(index)} netns ${world}`,
      // Without ARP, frames go out whatever the address; a bridge looks for its port by it.
      `ip link set ${link.host} ${link.bridge === null ? 'arp off' : `master ${link.bridge}`}`,
      `ip link set ${link.host} up`,
    ]),
    ...bridges.map(bridge => `ip link set ${bridge} up`),
    ...Object.entries(addresses).flatMap(([device, own]) =>
      own.map(address => `ip addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`),
    ),
    ...links.flatMap((link, index) => (link.bridge === null ? [] : port(link, link.bridge, index))),
    ...routes.map(route => `ip ${route.slice(0, 2)} route add ${route.slice(3)}`),
    ...policies.flatMap(rule => [`ip rule add ${rule}`, `ip -6 rule add ${rule}`]),
    ...set(sysctls),
    `nsenter --net=${world} sh -ec '${inWorld.join('; ')}'`,
  ].join('\n');
}

/** What is behind a bridge's port, known to the bridge and to the host beforehand. */
function port(link: Link, bridge: string, index: number): string[] {
  return [
    `bridge fdb replace ${worldMac(index)} dev ${link.host} master static`,
    ...link.neighbours.map(
      address => `ip neigh replace ${address} lladdr ${worldMac(index)} dev ${bridge} nud permanent`,
    ),
  ];
}
