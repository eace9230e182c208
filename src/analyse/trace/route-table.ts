import { parsePrefix } from '../../model/address.ts';
import type { Family } from '../../model/report.ts';
import type { RouteRecord } from '../../parse/route.ts';

/**
 * One routing table, made for lookups by address: the longest prefix, then the lowest metric (ip-route(8)). A packet is taken to
 * have no type of service: routes for one are passed over. Routes for some sources only (IPv6 `from`) come before those for any, at
 * one destination (net/ipv6/ip6_fib.c fib6_node_lookup_1).
 */
export class RouteTable {
  /** Some routes are for some sources only. */
  readonly bySource: boolean;
  private readonly bits: number;
  /** Routes by prefix length and network; the longest first. */
  private readonly lengths: { length: number; networks: Map<bigint, RouteRecord[]> }[] = [];

  constructor(family: Family, routes: readonly RouteRecord[]) {
    this.bits = family === 'IPv4' ? 32 : 128;
    this.bySource = routes.some(({ from }) => from !== null);
    for (const route of routes) this.add(route);
    this.lengths.sort((a, b) => b.length - a.length);
  }

  /** The route from a source (null: any) to an address; prefixes of `suppressed` bits or fewer are passed over. */
  find(address: bigint, suppressed: number | null, source: bigint | null = null): RouteRecord | null {
    for (const { length, networks } of this.lengths) {
      if (suppressed !== null && length <= suppressed) return null;
      const route = networks
        .get(address >> BigInt(this.bits - length))
        ?.find(({ from }) => from === null || (source !== null && holds(from, source)));
      if (route !== undefined) return route;
    }
    return null;
  }

  private add(route: RouteRecord): void {
    const prefix = route.destination === 'default' ? { value: 0n, length: 0 } : parsePrefix(route.destination);
    if (prefix === null || route.tos !== null) return;
    let level = this.lengths.find(({ length }) => length === prefix.length);
    if (level === undefined) {
      level = { length: prefix.length, networks: new Map() };
      this.lengths.push(level);
    }
    const network = prefix.value >> BigInt(this.bits - prefix.length);
    const present = level.networks.get(network);
    if (present === undefined) level.networks.set(network, [route]);
    else {
      present.push(route);
      present.sort((a, b) => fromLength(b) - fromLength(a) || (a.metric ?? 0) - (b.metric ?? 0));
    }
  }
}

function fromLength({ from }: RouteRecord): number {
  return from === null ? -1 : (parsePrefix(from)?.length ?? 0);
}

function holds(cidr: string, address: bigint): boolean {
  const prefix = parsePrefix(cidr);
  if (prefix === null) return false;
  const shift = BigInt((prefix.family === 'IPv4' ? 32 : 128) - prefix.length);
  return address >> shift === prefix.value >> shift;
}
