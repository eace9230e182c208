import type { ClusterObjects } from '../../model/trace-targets.ts';
import { deviceTo, type NodeNetwork } from '../../model/way-out.ts';
import type { Host } from './host.ts';

/** What a path is followed through: what was looked at, and what the API says. */
export interface Network {
  nodes: ReadonlyMap<string, LookedAt>;
  /** Network namespaces of pods, by NAMESPACE/NAME. */
  pods: ReadonlyMap<string, Host>;
  /** The bridge ports of pods, where they are known. */
  ports: ReadonlyMap<string, { name: string; hairpin: boolean | null }>;
  objects: ClusterObjects;
}

/** A node that was looked at. */
export interface LookedAt extends NodeNetwork {
  host: Host;
}

/** The interface by which a node reaches an address; null where that is not known. */
export function deviceOf({ nodes }: Network, node: string, address: string | null): string | null {
  const network = nodes.get(node);
  return network === undefined || address === null ? null : deviceTo(network, address);
}

/** The device, where it is a bridge. */
export function bridgeOf({ nodes }: Network, node: string, device: string | null): string | null {
  const links = nodes.get(node)?.stack.links.records ?? [];
  return links.some(({ name, kind }) => name === device && kind === 'bridge') ? device : null;
}

/** Whether br_netfilter shows bridged packets to a node's IP hooks; null when not known. */
export function filtersBridged({ nodes }: Network, node: string): boolean | null {
  const sysctls = nodes.get(node)?.host.sysctls;
  if (sysctls === undefined || sysctls.size === 0) return null;
  return sysctls.get('net.bridge.bridge-nf-call-iptables')?.trim() === '1';
}
