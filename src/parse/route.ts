import { type JsonObject, numberAt, objectAt, objectsAt, parseJsonArray, stringAt, stringsAt } from './json.ts';
import type { Parsed } from './records.ts';

export interface NextHop {
  gateway: string | null;
  device: string | null;
  /** Its share among several. */
  weight: number;
  /** It is not used. One that is `linkdown` is (but for net.ipv4.conf.*.ignore_routes_with_linkdown). */
  dead: boolean;
}

/** A route from `ip -j -4|-6 route show table all`. */
export interface RouteRecord {
  raw: string;
  family: 'IPv4' | 'IPv6';
  type: string;
  /** CIDR with its prefix length, or "default". */
  destination: string;
  table: string;
  protocol: string | null;
  scope: string | null;
  metric: number | null;
  source: string | null;
  /** The sources that it is for (IPv6 subtrees), a CIDR; null: any. */
  from: string | null;
  /** Packets with this type of service only; null: any. */
  tos: string | null;
  mtu: number | null;
  /** One, or several for a multipath route; a route without device (blackhole, unreachable) has none. */
  nextHops: NextHop[];
}

/**
 * Reads routes as iproute2 ip/iproute.c prints them: what is left out there is unicast, table main. null: both families, as
 * `ip route show table all` has them.
 */
export function parseRoutes(family: 'IPv4' | 'IPv6' | null): (text: string) => Parsed<RouteRecord> {
  return text => parseJsonArray(text, entry => readRoute(entry, family));
}

/** Reads one route in the form of `ip -j route`; says why it cannot. */
export function readRoute(entry: JsonObject, told: 'IPv4' | 'IPv6' | null): RouteRecord | string {
  const destination = stringAt(entry, 'dst');
  if (destination === null) return 'no dst';
  if (stringAt(entry, 'encap')?.startsWith('ip') && 'src' in entry)
    return 'its destination is lost: iproute2 prints "dst" twice, the second time for the tunnel';
  const several = objectsAt(entry, 'nexthops');
  const family = told ?? familyOf(entry, destination);
  const hop = (from: JsonObject): NextHop => ({
    // An IPv4 route with an IPv6 next hop has `via: {family, host}`.
    gateway: stringAt(from, 'gateway') ?? stringAt(objectAt(from, 'via'), 'host'),
    device: stringAt(from, 'dev'),
    weight: numberAt(from, 'weight') ?? 1,
    dead: stringsAt(from, 'flags').includes('dead'),
  });
  const single = hop(entry);
  const metrics = objectsAt(entry, 'metrics')[0] ?? {};
  const from = stringAt(entry, 'from');
  return {
    get raw() {
      return JSON.stringify(entry);
    },
    family,
    type: stringAt(entry, 'type') ?? 'unicast',
    destination: destination === 'default' ? destination : withLength(destination, family),
    table: tableName(entry),
    protocol: stringAt(entry, 'protocol'),
    scope: stringAt(entry, 'scope'),
    metric: numberAt(entry, 'metric'),
    source: stringAt(entry, 'prefsrc'),
    from: from === null || from === 'all' ? null : withLength(from, family),
    tos: stringAt(entry, 'tos'),
    mtu: numberAt(metrics, 'mtu'),
    nextHops: several.length > 0 ? several.map(hop) : single.device === null && single.gateway === null ? [] : [single],
  };
}

function withLength(address: string, family: 'IPv4' | 'IPv6'): string {
  return address.includes('/') ? address : `${address}/${family === 'IPv4' ? 32 : 128}`;
}

/** A default route may have no address; IPv6 routes have a preference. */
function familyOf(entry: JsonObject, destination: string): 'IPv4' | 'IPv6' {
  const address = destination === 'default' ? (stringAt(entry, 'gateway') ?? '') : destination;
  return address.includes(':') || 'pref' in entry ? 'IPv6' : 'IPv4';
}

function tableName(entry: JsonObject): string {
  return stringAt(entry, 'table') ?? numberAt(entry, 'table')?.toString() ?? 'main';
}
