import type { NodeRecord } from '../parse/kubernetes/nodes.ts';
import type { LinkRecord } from '../parse/link.ts';
import { canonical, parsePrefix } from './address.ts';
import type { Overlay } from './report.ts';
import { lookup } from './routing.ts';
import { cite } from './section.ts';
import { families, type NodeStack } from './stack.ts';

const kinds = new Set([
  'vxlan',
  'geneve',
  'ipip',
  'sit',
  'ip6tnl',
  'gre',
  'gretap',
  'ip6gre',
  'ip6gretap',
  'wireguard',
]);

/** The all-zero MAC of a forwarding database stands for flooding, not for one remote. */
const flood = /^(00:){5}00$/;

const noRemote = new Set(['0.0.0.0', '::', 'any']);

/**
 * The node's tunnel devices that are up (which leaves out the fallback devices that a module makes in every namespace,
 * tunl0, sit0, …, while nobody uses them). Remote end points come from the forwarding database and the device's
 * own `remote`; routes over the device are joined to them by the gateway's neighbour entry (its MAC), or, where the
 * device has no forwarding database (ipip), by the gateway itself.
 */
export function overlaysOf(node: NodeStack, nodes: readonly NodeRecord[]): Overlay[] {
  return node.links.records
    .filter(link => link.kind !== null && kinds.has(link.kind) && link.flags.includes('UP'))
    .map(link => toOverlay(link, node, nodes));
}

function toOverlay(link: LinkRecord, node: NodeStack, nodes: readonly NodeRecord[]): Overlay {
  const vteps = node.fdb.records.filter(entry => entry.device === link.name && entry.remote !== null);
  const byMac = new Map(vteps.map(entry => [entry.mac, canonical(entry.remote ?? '')]));
  const remotes = new Map<string, { mac: string | null; routes: string[] }>();
  for (const [mac, address] of byMac) remotes.set(address, { mac: flood.test(mac) ? null : mac, routes: [] });
  const fixed = link.tunnel?.remote;
  if (fixed && !noRemote.has(fixed) && !remotes.has(canonical(fixed)))
    remotes.set(canonical(fixed), { mac: null, routes: [] });
  const used = node.neighbours.records.filter(entry => entry.device === link.name);
  const cited = [];
  for (const family of families) {
    for (const route of node.routes[family].records) {
      const hop = route.nextHops.find(({ device }) => device === link.name);
      if (hop === undefined || route.table === 'local') continue;
      cited.push(...cite(node.routes[family], route));
      const mac = used.find(entry => canonical(entry.address) === canonical(hop.gateway ?? ''))?.mac;
      const viaMac = mac === null || mac === undefined ? undefined : byMac.get(mac);
      const address = viaMac ?? (byMac.size === 0 && hop.gateway !== null ? canonical(hop.gateway) : undefined);
      if (address === undefined) continue;
      const remote = remotes.get(address) ?? { mac: mac ?? null, routes: [] };
      remote.routes.push(route.destination);
      remotes.set(address, remote);
    }
  }
  const local = link.tunnel?.local ?? null;
  return {
    device: link.name,
    kind: link.kind ?? '',
    vni: link.tunnel?.id ?? null,
    port: link.tunnel?.port ?? null,
    local: local === null ? null : canonical(local),
    mtu: link.mtu,
    underlay: link.tunnel?.lower ?? underlay(node, local, [...remotes.keys()][0]),
    remotes: [...remotes]
      .map(([address, { mac, routes }]) => ({
        mac,
        address,
        node: nodes.find(({ ips }) => ips.some(ip => canonical(ip) === address))?.name ?? null,
        routes,
      }))
      .sort((a, b) => byText(a.node ?? a.address, b.node ?? b.address)),
    evidence: [...cite(node.links, link), ...cite(node.fdb, ...vteps), ...cited],
  };
}

/** The interface by which the node reaches the remote, or the one that has the tunnel's local address. */
function underlay(node: NodeStack, local: string | null, remote: string | undefined): string | null {
  const destination = remote === undefined ? null : parsePrefix(remote);
  if (destination !== null) {
    const { route } = lookup(node, { destination, source: null, inputInterface: null });
    if (route !== null) return route.nextHops[0]?.device ?? null;
  }
  if (local === null) return null;
  const own = (address: string) => canonical(address) === canonical(local);
  return node.addrs.records.find(({ addresses }) => addresses.some(({ address }) => own(address)))?.name ?? null;
}

/** An order that does not change with the forwarding database's, numbers by their value: node2 before node10. */
function byText(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : Number(a > b));
}

const natural = new Intl.Collator('en', { numeric: true });
