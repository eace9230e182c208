import { parsePrefix } from '../../model/address.ts';
import type { Family } from '../../model/report.ts';
import type { RouteRecord } from '../../parse/route.ts';

/**
 * One routing table, made for lookups by address: the longest prefix, then the lowest metric (ip-route(8)). A packet is taken to
 * have no type of service: routes for one are passed over.
 */
export class RouteTable {
  private readonly bits: number;
  /** Routes by prefix length and network; the longest first. */
  private readonly lengths: { length: number; networks: Map<bigint, RouteRecord> }[] = [];

  constructor(family: Family, routes: readonly RouteRecord[]) {
    this.bits = family === 'IPv4' ? 32 : 128;
    for (const route of routes) this.add(route);
    this.lengths.sort((a, b) => b.length - a.length);
  }

  /** The route for an address; prefixes of `suppressed` bits or fewer are passed over. */
  find(address: bigint, suppressed: number | null): RouteRecord | null {
    for (const { length, networks } of this.lengths) {
      if (suppressed !== null && length <= suppressed) return null;
      const route = networks.get(address >> BigInt(this.bits - length));
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
    if (present === undefined || (route.metric ?? 0) < (present.metric ?? 0)) level.networks.set(network, route);
  }
}
