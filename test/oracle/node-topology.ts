import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contains, parsePrefix } from '../../src/model/address.ts';
import type { Link, Topology } from './topology.ts';

interface Address {
  ifname: string;
  addr_info: { family: string; local: string; prefixlen: number; scope: string }[];
}
interface Route {
  type?: string;
  dst: string;
  gateway?: string;
  dev?: string;
  flags?: string[];
  protocol?: string;
}
interface LinkRecord {
  ifname: string;
  master?: string;
}
export interface Pod {
  name: string;
  node: string;
  ips: string[];
  hostNetwork: boolean;
}

/** Addresses of nobody in the cluster, behind the node's uplink. */
export const outsiders = ['203.0.113.5', '2001:db8:5::5'];

const json = <Record>(folder: string, path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as Record;

/** The pods of a snapshot that have addresses. */
export function snapshotPods(snapshot: string): Pod[] {
  interface Item {
    metadata: { name: string };
    spec: { nodeName?: string; hostNetwork?: boolean };
    status: { podIPs?: { ip: string }[]; phase: string };
  }
  return json<{ items: Item[] }>(snapshot, 'cluster/pods.json').items.flatMap(({ metadata, spec, status }) =>
    spec.nodeName === undefined || status.podIPs === undefined || !['Running', 'Pending'].includes(status.phase)
      ? []
      : [
          {
            name: metadata.name,
            node: spec.nodeName,
            ips: status.podIPs.map(({ ip }) => ip),
            hostNetwork: spec.hostNetwork === true,
          },
        ],
  );
}

/** The network of a node of a snapshot: its devices, addresses and routes, its pods behind its veths. */
export function nodeTopology(snapshot: string, node: string): Topology {
  const folder = join(snapshot, 'nodes', node);
  const masters = new Map(
    json<LinkRecord[]>(folder, 'link.json').map(({ ifname, master }) => [ifname, master ?? null]),
  );
  const addresses = Object.fromEntries(
    json<Address[]>(folder, 'addr.json')
      .filter(({ ifname }) => ifname !== 'lo')
      .map(({ ifname, addr_info }) => [
        ifname,
        addr_info.filter(({ scope }) => scope !== 'link').map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      ]),
  );
  const bridges = new Set([...masters.values()].filter(master => master !== null));
  const routes = (['4', '6'] as const).flatMap(family =>
    json<Route[]>(folder, `route${family}.json`)
      .filter(
        ({ dst, type, protocol }) =>
          !dst.startsWith('fe80') &&
          protocol !== 'kernel' &&
          !['local', 'broadcast', 'multicast', 'anycast'].includes(type ?? ''),
      )
      .map(route => ({ family, route })),
  );
  const pods = snapshotPods(snapshot).filter(pod => pod.node === node && !pod.hostNetwork);
  const devices = Object.keys(addresses).filter(device => !bridges.has(device));
  const ports = devices.filter(device => bridges.has(masters.get(device) ?? ''));
  const links = devices.map((host, index): Link => {
    const own = routes.filter(
      ({ route }) => route.dev === host && route.gateway === undefined && parsePrefix(route.dst)?.length !== undefined,
    );
    const behind = pods.filter(pod =>
      ports.includes(host)
        ? ports.indexOf(host) === pods.indexOf(pod)
        : pod.ips.some(ip => own.some(({ route }) => covers(route.dst, ip))),
    );
    const remote = host === 'eth0' ? outsiders : [];
    return {
      host,
      world: `w${index}`,
      bridge: masters.get(host) ?? null,
      neighbours: [...behind.flatMap(pod => pod.ips), ...remote],
    };
  });
  return {
    links,
    addresses,
    routes: routes.map(({ family, route }) => routeArguments(family, route)),
    policies: [],
    sysctls: {
      'ipv4/conf/all/route_localnet': readFileSync(join(folder, 'sysctl.txt'), 'utf8').includes(
        'conf.all.route_localnet = 1',
      )
        ? '1'
        : '0',
    },
  };
}

function covers(network: string, address: string): boolean {
  const [outer, inner] = [parsePrefix(network), parsePrefix(address)];
  return outer !== null && inner !== null && contains(outer, inner);
}

function routeArguments(family: '4' | '6', { type, dst, gateway, dev, flags }: Route): string {
  return [
    `-${family}`,
    ...(type === undefined || type === 'unicast' ? [] : [type]),
    dst,
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(dev === undefined ? [] : ['dev', dev]),
    ...(flags?.includes('onlink') ? ['onlink'] : []),
  ].join(' ');
}
