import { canonical, contains, parsePrefix } from './address.ts';
import type { Overlay } from './report.ts';
import { lookup } from './routing.ts';
import type { NodeStack } from './stack.ts';
import { type ClusterObjects, ownerOf } from './trace-targets.ts';

/** A node that was looked at. */
export interface NodeNetwork {
  stack: NodeStack;
  overlays: readonly Overlay[];
}

/** Where a packet gets to that leaves a node by an interface. */
export type WayOut =
  /** `bridge`: the one that the pod's interface is a port of; null when it is routed to. */
  | { kind: 'pod'; pod: string; bridge: string | null }
  /** `tunnel`: the overlay that carries it. `in`: the interface that it comes in by; null when not known. */
  | {
      kind: 'node';
      node: string;
      in: string | null;
      tunnel: { overlay: Overlay; remote: string } | null;
      assumed: string | null;
    }
  | { kind: 'outside'; nextHop: string | null; tunnel: { overlay: Overlay; remote: string } | null };

/** The next place of a packet that `node` sends out by `device`, to `gateway` or straight to its destination. */
export function wayOut(
  node: string,
  { device, gateway, destination }: { device: string; gateway: string | null; destination: string },
  networks: ReadonlyMap<string, NodeNetwork>,
  objects: ClusterObjects,
): WayOut {
  const network = networks.get(node);
  const owner = ownerOf(destination, objects);
  const overlay = network?.overlays.find(candidate => candidate.device === device);
  if (overlay !== undefined) {
    const remote = remoteOf(overlay, destination);
    const to = remote?.node ?? (owner?.kind === 'pod' ? owner.node : null);
    const tunnel = { overlay, remote: remote?.address ?? '?' };
    if (to === null || to === undefined) return { kind: 'outside', nextHop: gateway, tunnel };
    const theirs = networks.get(to)?.overlays ?? [];
    const other =
      theirs.find(({ local }) => local !== null && local === remote?.address) ??
      theirs.find(({ kind, vni, port }) => kind === overlay.kind && vni === overlay.vni && port === overlay.port);
    return { kind: 'node', node: to, in: other?.device ?? null, tunnel, assumed: null };
  }
  if (owner?.kind === 'pod' && owner.node === node) {
    const link = network?.stack.links.records.find(({ name }) => name === device);
    return { kind: 'pod', pod: owner.name, bridge: link?.kind === 'bridge' ? device : null };
  }
  const hop = nodeAt(gateway ?? destination, networks, objects);
  if (hop !== null && hop.node !== node) return { kind: 'node', ...hop, tunnel: null, assumed: null };
  if (owner?.kind === 'pod' && owner.node !== null && owner.node !== node) {
    const uplink =
      networks.get(owner.node) === undefined ? null : uplinkOf(networks.get(owner.node), owner.node, objects);
    const assumed = `the network between the nodes delivers ${destination} to ${owner.node}`;
    return { kind: 'node', node: owner.node, in: uplink, tunnel: null, assumed };
  }
  return { kind: 'outside', nextHop: gateway, tunnel: null };
}

/** The interface by which a node's packets reach an address of its own, or that it routes to; null when not known. */
export function deviceTo(network: NodeNetwork, address: string): string | null {
  const destination = parsePrefix(address);
  if (destination === null) return null;
  const { route } = lookup(network.stack, { destination, source: null, inputInterface: null });
  return route?.nextHops[0]?.device ?? null;
}

/** The interface of a node's own address, by which the other nodes reach it. */
export function uplinkOf(network: NodeNetwork | undefined, node: string, objects: ClusterObjects): string | null {
  const ips = objects.nodes.find(({ name }) => name === node)?.ips ?? [];
  for (const ip of ips) {
    const found = interfaceOf(network, ip);
    if (found !== null) return found;
  }
  return null;
}

/** Addresses of dummies (kube-ipvs0 has every service's) and of lo are not reached over a link. */
function interfaceOf(network: NodeNetwork | undefined, address: string): string | null {
  const wanted = canonical(address);
  const has = network?.stack.addrs.records.find(
    ({ name, addresses }) =>
      addresses.some(own => canonical(own.address) === wanted) &&
      network.stack.links.records.some(
        link => link.name === name && link.kind !== 'dummy' && link.linkType !== 'loopback',
      ),
  );
  return has?.name ?? null;
}

function nodeAt(
  address: string,
  networks: ReadonlyMap<string, NodeNetwork>,
  { nodes }: ClusterObjects,
): { node: string; in: string | null } | null {
  const wanted = canonical(address);
  const named = nodes.find(({ ips }) => ips.some(ip => canonical(ip) === wanted));
  if (named !== undefined) return { node: named.name, in: interfaceOf(networks.get(named.name), address) };
  // A link-local address is on every node's link.
  if (/^(fe80:|169\.254\.)/.test(wanted)) return null;
  for (const [node, network] of networks) {
    const found = interfaceOf(network, address);
    if (found !== null) return { node, in: found };
  }
  return null;
}

/** The remote end point whose route is the most specific one for the address; the only one where no routes tell. */
function remoteOf({ remotes }: Overlay, address: string): Overlay['remotes'][number] | undefined {
  const destination = parsePrefix(address);
  if (destination === null) return undefined;
  const fitting = remotes
    .flatMap(remote => remote.routes.map(route => ({ remote, prefix: parsePrefix(route) })))
    .flatMap(({ remote, prefix }) => (prefix !== null && contains(prefix, destination) ? [{ remote, prefix }] : []))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const [best] = fitting;
  if (best !== undefined) return best.remote;
  return remotes.length === 1 ? remotes[0] : undefined;
}
