import { type JsonObject, numberAt, objectAt, objectsAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

export interface NextHop {
  gateway: string | null;
  device: string | null;
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
  mtu: number | null;
  /** One, or several for a multipath route; a route without device (blackhole, unreachable) has none. */
  nextHops: NextHop[];
}

/** Reads routes as iproute2 ip/iproute.c prints them: what is left out there is unicast, table main. */
export function parseRoutes(family: 'IPv4' | 'IPv6'): (text: string) => Parsed<RouteRecord> {
  return text => parseJsonArray(text, entry => readRoute(entry, family));
}

function readRoute(entry: JsonObject, family: 'IPv4' | 'IPv6'): RouteRecord | string {
  const destination = stringAt(entry, 'dst');
  if (destination === null) return 'no dst';
  const several = objectsAt(entry, 'nexthops');
  const hop = (from: JsonObject): NextHop => ({
    // An IPv4 route with an IPv6 next hop has `via: {family, host}`.
    gateway: stringAt(from, 'gateway') ?? stringAt(objectAt(from, 'via'), 'host'),
    device: stringAt(from, 'dev'),
  });
  const single = hop(entry);
  const metrics = objectsAt(entry, 'metrics')[0] ?? {};
  return {
    get raw() {
      return JSON.stringify(entry);
    },
    family,
    type: stringAt(entry, 'type') ?? 'unicast',
    destination:
      destination === 'default' || destination.includes('/')
        ? destination
        : `${destination}/${family === 'IPv4' ? 32 : 128}`,
    table: tableName(entry),
    protocol: stringAt(entry, 'protocol'),
    scope: stringAt(entry, 'scope'),
    metric: numberAt(entry, 'metric'),
    source: stringAt(entry, 'prefsrc'),
    mtu: numberAt(metrics, 'mtu'),
    nextHops: several.length > 0 ? several.map(hop) : single.device === null && single.gateway === null ? [] : [single],
  };
}

function tableName(entry: JsonObject): string {
  return stringAt(entry, 'table') ?? numberAt(entry, 'table')?.toString() ?? 'main';
}
