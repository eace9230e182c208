import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contains, parsePrefix } from '../../src/model/address.ts';
import type { Protocol } from './frame.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { snapshotPods } from './node-topology.ts';
import type { Topology } from './topology.ts';

const saves = [
  ['iptables-save.nft', 'iptables-nft'],
  ['ip6tables-save.nft', 'ip6tables-nft'],
  ['iptables-save.legacy', 'iptables-legacy'],
  ['ip6tables-save.legacy', 'ip6tables-legacy'],
] as const;

/** What the node's tools printed, as programs for the loaders. */
export function nodePrograms(snapshot: string, node: string): Program[] {
  const read = (name: string) => readFileSync(join(snapshot, 'nodes', node, name), 'utf8');
  const programs = saves.map(([name, loader]): Program => {
    const lines = read(name).split('\n');
    return { loader, text: lines.map(line => (/^(\[\d+:\d+\] )?-A /.test(line) ? { rules: [line] } : line)) };
  });
  return [...programs, { loader: 'nft-json', text: [loadable(read('nft.json'))] }];
}

/** A printed ruleset names chains before it has made them; nft reads it when chains come first, and makes its own handles. */
function loadable(text: string): string {
  const order = ['metainfo', 'table', 'chain', 'set', 'map', 'rule'];
  const { nftables } = JSON.parse(text) as { nftables: Record<string, { handle?: number }>[] };
  const sorted = order.flatMap(kind => nftables.filter(entry => kind in entry));
  for (const entry of sorted) for (const value of Object.values(entry)) delete value.handle;
  return JSON.stringify({ nftables: sorted });
}

interface Service {
  spec: {
    clusterIPs?: string[];
    externalIPs?: string[];
    ports?: { protocol: string; port: number; nodePort?: number }[];
  };
  status: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

/** Packets from everywhere to every address and port that the services of a snapshot have, and to some that they have not. */
export function servicePackets(snapshot: string, node: string, topology: Topology): Shot[] {
  const { items } = JSON.parse(readFileSync(join(snapshot, 'cluster/services.json'), 'utf8')) as { items: Service[] };
  const own = Object.values(topology.addresses)
    .flat()
    .map(address => address.replace(/\/.*/, ''));
  const ends = items.flatMap(({ spec, status }) => {
    const addresses = [
      ...(spec.clusterIPs ?? []).filter(address => address !== 'None'),
      ...(spec.externalIPs ?? []),
      ...(status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    ];
    return (spec.ports ?? []).flatMap(({ protocol, port, nodePort }) => [
      ...addresses.flatMap(address => [port, 12_345].map(tried => ({ address, port: tried, protocol }))),
      ...(nodePort === undefined
        ? []
        : [...own, '127.0.0.1', '::1'].map(address => ({ address, port: nodePort, protocol }))),
    ]);
  });
  const pods = snapshotPods(snapshot).filter(pod => !pod.hostNetwork);
  const direct = pods.flatMap(pod => pod.ips.map(address => ({ address, port: 8080, protocol: 'TCP' })));
  const sources = [
    ...topology.links.flatMap(link => link.neighbours.map(address => ({ address, link: link.host as string | null }))),
    ...pods
      .filter(pod => pod.node !== node && !pod.ips.some(ip => isUnreachable(topology, ip)))
      .slice(0, 2)
      .flatMap(pod =>
        pod.ips.map(address => ({ address, link: address.includes(':') ? 'flannel-v6.1' : 'flannel.1' })),
      ),
    ...[...own, '127.0.0.1', '::1'].map(address => ({ address, link: null })),
  ];
  let serial = 0;
  return [...ends, ...direct].flatMap(({ address, port, protocol }) =>
    sources
      .filter(source => source.address.includes(':') === address.includes(':'))
      // A loopback address is heard on the loopback only, unless route_localnet says so.
      .filter(source => !isLoopback(source.address) || isLoopback(address) || own.includes(address))
      .filter(source => !isLoopback(address) || source.link === null)
      .map(source => ({
        datagram: {
          source: source.address,
          destination: address,
          protocol: protocol.toLowerCase() as Protocol,
          sourcePort: 10_000 + (serial++ % 50_000),
          port,
        },
        link: source.link,
        mark: 0,
      })),
  );
}

/** No answer goes back to such an address, and no packet comes from it. */
const isUnreachable = ({ routes }: Topology, address: string): boolean =>
  routes.some(route => {
    const [, type, network = ''] = route.split(' ');
    const [outer, inner] = [parsePrefix(network), parsePrefix(address)];
    return type === 'blackhole' && outer !== null && inner !== null && contains(outer, inner);
  });

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
