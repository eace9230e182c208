import type { NextHop, RouteRecord } from '../parse/route.ts';
import type { RuleRecord } from '../parse/rule.ts';
import { canonical, contains, type Prefix, parsePrefix } from './address.ts';
import type { Family, Route } from './report.ts';
import { cite, type Section } from './section.ts';
import type { Stack } from './stack.ts';

/** What a route is looked up for: a whole prefix (a default route's is of length 0), never a part of it. */
export interface Target {
  destination: Prefix;
  /** null: any. */
  source: Prefix | null;
  /** The interface that the packet came in by; null: made on this node. */
  inputInterface: string | null;
}

export interface Lookup {
  route: RouteRecord | null;
  /** Rules that were passed over because what they select on (a mark, a port, …) is not known here. */
  undecided: RuleRecord[];
}

const unspecific: Record<Family, Prefix> = {
  IPv4: { family: 'IPv4', value: 0n, length: 0 },
  IPv6: { family: 'IPv6', value: 0n, length: 0 },
};

/** The prefix of "default" or a CIDR. */
export function destinationPrefix(destination: string, family: Family): Prefix | null {
  return destination === 'default' ? unspecific[family] : parsePrefix(destination);
}

/**
 * The route that the kernel takes: rules by priority, in each table the longest prefix, then the lowest metric
 * (ip-rule(8), ip-route(8)). Packets are taken as unmarked. Without known rules, the tables local, main, default.
 */
export function lookup(stack: Stack, target: Target): Lookup {
  const { family } = target.destination;
  const undecided: RuleRecord[] = [];
  const known = stack.rules[family];
  const rules = known.records.length > 0 ? [...known.records].sort((a, b) => a.priority - b.priority) : null;
  if (rules === null) {
    for (const table of ['local', 'main', 'default']) {
      const route = longestMatch(stack.routes[family], table, target.destination, null);
      if (route !== null && route.type !== 'throw') return { route, undecided };
    }
    return { route: null, undecided };
  }
  for (let at = 0; at < rules.length; at++) {
    const rule = rules[at] as RuleRecord;
    const selected = selects(rule, target);
    if (selected === null && leads(rule, stack, target)) undecided.push(rule);
    if (selected !== true) continue;
    if (rule.goto !== null) {
      // Only forwards, as the kernel has it; a dump by hand may say otherwise.
      const target = rules.findIndex((next, place) => place > at && next.priority >= (rule.goto ?? 0));
      if (target === -1) break;
      at = target - 1;
    } else if (rule.table !== null) {
      const route = longestMatch(stack.routes[family], rule.table, target.destination, rule.suppressPrefixLength);
      if (route !== null && route.type !== 'throw') return { route, undecided };
    } else if (rule.action !== null && rule.action !== 'nop') return { route: null, undecided };
  }
  return { route: null, undecided };
}

/** An undecided rule matters only if its table has a route for the target. */
function leads(rule: RuleRecord, stack: Stack, target: Target): boolean {
  if (rule.table === null) return rule.action !== 'nop';
  const routes = stack.routes[target.destination.family];
  return longestMatch(routes, rule.table, target.destination, rule.suppressPrefixLength) !== null;
}

function selects(rule: RuleRecord, target: Target): boolean | null {
  let result: boolean | null = true;
  const and = (part: boolean | null) => {
    result = result === false || part === false ? false : result === null || part === null ? null : true;
  };
  if (rule.source !== null) and(within(rule.source, target.source));
  if (rule.destination !== null) and(within(rule.destination, target.destination));
  if (rule.inputInterface !== null) and((target.inputInterface ?? 'lo') === rule.inputInterface);
  if (rule.outputInterface !== null) and(false);
  if (rule.fwmark !== null) and((rule.fwmark.value & rule.fwmark.mask) === 0 ? true : null);
  if (rule.otherSelectors.length > 0) and(null);
  return rule.not && result !== null ? !result : result;
}

function within(outer: string, inner: Prefix | null): boolean | null {
  const prefix = parsePrefix(outer);
  return prefix === null || inner === null ? null : contains(prefix, inner);
}

function longestMatch(
  routes: Section<RouteRecord>,
  table: string,
  destination: Prefix,
  suppressed: number | null,
): RouteRecord | null {
  let best: { route: RouteRecord; length: number } | null = null;
  for (const route of routes.records) {
    if (route.table !== table) continue;
    const prefix = destinationPrefix(route.destination, route.family);
    if (prefix === null || !contains(prefix, destination)) continue;
    if (suppressed !== null && prefix.length <= suppressed) continue;
    const better =
      best === null ||
      prefix.length > best.length ||
      (prefix.length === best.length && (route.metric ?? 0) < (best.route.metric ?? 0));
    if (better) best = { route, length: prefix.length };
  }
  return best?.route ?? null;
}

/** A route record as reports have it: one entry for each next hop. */
export function toRoutes(section: Section<RouteRecord>, record: RouteRecord): Route[] {
  const hops: Pick<NextHop, 'gateway' | 'device'>[] =
    record.nextHops.length > 0 ? record.nextHops : [{ gateway: null, device: null }];
  return hops.map(hop => ({
    family: record.family,
    destination: record.destination,
    gateway: hop.gateway === null ? null : canonical(hop.gateway),
    interface: hop.device,
    source: record.source === null ? null : canonical(record.source),
    type: record.type,
    protocol: record.protocol,
    scope: record.scope,
    metric: record.metric,
    table: record.table,
    mtu: record.mtu,
    evidence: cite(section, record),
  }));
}

/** All routes of these tables' names, both families; without names, of every table but local. */
export function routesOf(stack: Stack, ...tables: string[]): Route[] {
  return (['IPv4', 'IPv6'] as const).flatMap(family =>
    stack.routes[family].records
      .filter(record => (tables.length > 0 ? tables.includes(record.table) : record.table !== 'local'))
      .flatMap(record => toRoutes(stack.routes[family], record)),
  );
}
