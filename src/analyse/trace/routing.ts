import { parsePrefix } from '../../model/address.ts';
import type { Family } from '../../model/report.ts';
import type { AddressType, Match, Operand } from '../../model/rules.ts';
import type { NextHop, RouteRecord } from '../../parse/route.ts';
import type { RuleRecord } from '../../parse/rule.ts';
import { type Deciding, type Decision, undecided } from './decision.ts';
import type { Host, HostAddress } from './host.ts';
import { type Flow, policySelects } from './policy.ts';
import { RouteTable } from './route-table.ts';
import { taking } from './share.ts';
import type { State } from './state.ts';
import { UnknownName } from './unknown.ts';
import type { Resolved } from './values.ts';

/** A route on one of the ways that lead to it; null: there is none. */
interface Routed {
  state: State;
  route: RouteRecord | null;
}

/** Why a packet goes no further than routing. */
export interface Failure {
  how: 'drop' | 'reject' | 'unknown';
  rejectWith: string | null;
  why: string;
}

const loopback = { IPv4: (address: bigint) => address >> 24n === 127n, IPv6: (address: bigint) => address === 1n };
const onlyLoopback = 'no local address but loopback';
const defaultRules = ['local', 'main', 'default'];

/** Routes, addresses and what follows from them, for one host. */
export class Routing {
  private readonly host: Host;
  private readonly tables: Record<Family, Map<string, RouteTable>>;
  private readonly local: Record<Family, Map<bigint, string | null>> = { IPv4: new Map(), IPv6: new Map() };

  constructor(host: Host) {
    this.host = host;
    this.tables = { IPv4: tablesOf(host, 'IPv4'), IPv6: tablesOf(host, 'IPv6') };
    for (const { family, address, interface: name } of host.addresses ?? []) this.local[family].set(address, name);
  }

  /** True when routes of the family are known. */
  knows(family: Family): boolean {
    return this.tables[family].size > 0;
  }

  isLocal(family: Family, address: bigint): boolean {
    if (loopback[family](address) || this.local[family].has(address)) return true;
    return this.tables[family].get('local')?.find(address, null)?.type === 'local';
  }

  /** The local table's route for an address; null when that table is not known. */
  localRoute(family: Family, address: bigint): RouteRecord | null {
    return this.tables[family].get('local')?.find(address, null) ?? null;
  }

  /** The first address of an interface; null when it has none or it is not known. */
  addressOf(family: Family, name: string): bigint | null {
    if (name === 'lo') return family === 'IPv4' ? 0x7f00_0001n : 1n;
    const own = this.addressesOf(family).filter(address => address.interface === name);
    return (own.find(({ address }) => !isLinkLocal(family, address)) ?? own[0])?.address ?? null;
  }

  /**
   * The source that masquerading takes for a device and a next hop (net/ipv4/devinet.c inet_select_addr): IPv4 an address of
   * the device, if possible of the next hop's network, else one of another device; IPv6 the one nearest to the destination
   * (net/ipv6/addrconf.c ipv6_dev_get_saddr). null when not known.
   */
  sourceFor(family: Family, device: string, towards: bigint): bigint | null {
    const all = this.addressesOf(family).filter(
      ({ address }) => !loopback[family](address) && !isLinkLocal(family, address),
    );
    const own = all.filter(address => address.interface === device);
    if (family === 'IPv4')
      return (own.find(address => inSameNetwork(address, towards)) ?? own[0] ?? all[0])?.address ?? null;
    if (this.isLocal(family, towards)) return towards;
    const likeness = (address: bigint) => 128 - (address ^ towards).toString(2).length;
    const best = (from: readonly HostAddress[]) =>
      [...from].sort((a, b) => likeness(b.address) - likeness(a.address))[0];
    return (best(own) ?? best(all))?.address ?? null;
  }

  /** True for an address in a network that is on this device. */
  isNeighbour(family: Family, device: string, address: bigint): boolean {
    return this.addressesOf(family).some(own => own.interface === device && inSameNetwork(own, address));
  }

  private addressesOf(family: Family): readonly HostAddress[] {
    return (this.host.addresses ?? []).filter(address => address.family === family);
  }

  /** The type of an address, as xt_addrtype and nft's fib have it (inet_dev_addr_type: the local table alone). */
  typeOf(family: Family, address: bigint, device: string | null): { type: AddressType; assumed: string | null } {
    const known = (type: AddressType) => ({ type, assumed: null });
    if (family === 'IPv4') {
      if (address >> 24n === 0n || address === 0xffff_ffffn) return known('broadcast');
      if (address >> 28n === 0xen) return known('multicast');
    } else if (address >> 120n === 0xffn) return known('multicast');
    const route = this.tables[family].get('local')?.find(address, null) ?? null;
    if (route !== null)
      return known(
        device === null || route.nextHops.some(hop => hop.device === device) ? asType(route.type) : 'unicast',
      );
    if (this.isLocal(family, address)) {
      const on = this.local[family].get(address) ?? (loopback[family](address) ? 'lo' : null);
      return known(device === null || on === null || on === device ? 'local' : 'unicast');
    }
    if (this.isBroadcast(family, address)) return known('broadcast');
    return { type: 'unicast', assumed: this.assumedLocal(family) };
  }

  /** The same, with what is taken for granted written down. */
  addressType(state: State, family: Family, address: bigint, device: string | null): AddressType {
    const { type, assumed } = this.typeOf(family, address, device);
    if (assumed !== null) state.assume(assumed);
    return type;
  }

  /** What is taken for granted when an address is said not to be local. */
  assumedLocal(family: Family): string | null {
    return this.host.addresses === null && !this.tables[family].has('local') ? onlyLoopback : null;
  }

  private isBroadcast(family: Family, address: bigint): boolean {
    if (family === 'IPv6') return false;
    return (this.host.addresses ?? []).some(own => {
      const host = (1n << BigInt(32 - own.prefixLength)) - 1n;
      return own.family === 'IPv4' && own.prefixLength < 31 && address === (own.address | host);
    });
  }

  /** The value of a dotted sysctl for a device, the greater of `all` and its own; null when not known. */
  sysctl(family: Family, name: string, device: string): number | null {
    const value = (of: string) =>
      this.host.sysctls.get(`net.${family === 'IPv4' ? 'ipv4' : 'ipv6'}.conf.${of}.${name}`);
    const all = value('all');
    const own = value(device);
    if (all === undefined && own === undefined) return null;
    return Math.max(Number(all ?? 0), Number(own ?? 0));
  }

  forwards(family: Family): boolean | null {
    const name = family === 'IPv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
    const value = this.host.sysctls.get(name);
    return value === undefined ? null : value.trim() !== '0';
  }

  /** The route for a flow: rules by priority, then the table's longest prefix (ip-rule(8)). */
  lookup(context: Deciding, state: State, flow: Flow): Routed[] {
    const { family } = state;
    const policy = this.host.policies[family];
    const tables = this.tables[family];
    if (policy === null || policy.records.length === 0) {
      for (const table of defaultRules) {
        const route = routeFor(state, flow, tables.get(table), null);
        if (route !== null && route.type !== 'throw') return [{ state, route }];
      }
      return [{ state, route: null }];
    }
    const rules = [...policy.records].sort((a, b) => a.priority - b.priority);
    return this.byRules(context, state, flow, rules, 0);
  }

  private byRules(context: Deciding, state: State, flow: Flow, rules: readonly RuleRecord[], from: number): Routed[] {
    for (let at = from; at < rules.length; at++) {
      const rule = rules[at] as RuleRecord;
      if (isOfVrf(rule) && this.hasVrf()) state.assume(`ip rule ${rule.priority}: the packet is of no VRF`);
      const leads = this.leads(state, rule, flow);
      if (leads === 'nowhere') continue;
      const decision = policySelects(context, state, rule, flow);
      if (decision === false) continue;
      const go = (way: State): Routed[] => {
        if (typeof leads === 'object') return [{ state: way, route: leads }];
        const next = rules.findIndex((other, place) => place > at && other.priority >= (rule.goto ?? 0));
        return next === -1 ? [{ state: way, route: null }] : this.byRules(context, way, flow, rules, next);
      };
      if (decision === true) return go(state);
      return [
        ...decision.yes.flatMap(go),
        ...decision.no.flatMap(way => this.byRules(context, way, flow, rules, at + 1)),
      ];
    }
    return [{ state, route: null }];
  }

  /** False when the host's devices are known and none is a VRF. */
  private hasVrf(): boolean {
    const { links } = this.host;
    return links === null || links.state !== 'whole' || links.records.some(({ kind }) => kind === 'vrf');
  }

  /** Where a rule leads when it is selected: to a route (none, for an action that refuses), on, or to another rule. */
  private leads(state: State, rule: RuleRecord, flow: Flow): RouteRecord | 'nowhere' | 'goto' {
    if (rule.goto !== null) return 'goto';
    if (rule.table === null) return rule.action === null || rule.action === 'nop' ? 'nowhere' : refusal(rule);
    const route = routeFor(state, flow, this.tables[state.family].get(rule.table), rule.suppressPrefixLength);
    return route === null || route.type === 'throw' ? 'nowhere' : route;
  }

  /** The ways over the next hops of a route; which of several the kernel takes for a flow is not known. */
  nextHops(context: Deciding, state: State, route: RouteRecord): { state: State; hop: NextHop | null }[] {
    const usable = route.nextHops.filter(({ dead }) => !dead);
    const live = usable.length === 0 ? route.nextHops : usable;
    const [first = null, ...more] = live;
    if (more.length === 0) return [{ state, hop: first }];
    const choice = context.choice(live.length);
    return live.map((hop, way) => {
      const copy = state.clone();
      copy.share = taking(state.share, choice, way);
      copy.assume('one of several next hops');
      return { state: copy, hop };
    });
  }

  /** nft's fib: the type of an address, or the interface that its route leads out of (net/ipv4/netfilter/nft_fib_ipv4.c). */
  fib(context: Deciding, state: State, operand: Extract<Operand, { kind: 'fib' }>): Resolved[] {
    const address = state.numbers[operand.address];
    state.asked.address(address);
    const device = operand.by.includes('iif')
      ? state.interfaces.iifname
      : operand.by.includes('oif')
        ? state.interfaces.oifname
        : null;
    const opaque = (way: State): Resolved => ({
      state: way,
      value: { kind: 'opaque', raw: `fib ${operand.address} ${operand.result}` },
    });
    if (typeof address !== 'bigint' || device instanceof UnknownName) return [opaque(state)];
    if (operand.result === 'type') return [{ state, value: this.addressType(state, state.family, address, device) }];
    // What came in by lo is not looked up (include/net/netfilter/nft_fib.h nft_fib_can_skip).
    if (state.interfaces.iifname === 'lo') return [{ state, value: 'lo' }];
    if (!this.knows(state.family)) return [opaque(state)];
    const { saddr, daddr } = state.numbers;
    const other = operand.address === 'saddr' ? daddr : saddr;
    const mark = operand.by.includes('mark') ? state.numbers.mark : 0n;
    const flow: Flow = { daddr: address, saddr: other, iif: 'lo', mark, reverse: true };
    return this.lookup(context, state, flow).flatMap(({ state: way, route }): Resolved[] => {
      if (route?.type !== 'unicast') return [{ state: way, value: '' }];
      if (device !== null)
        return [{ state: way, value: route.nextHops.some(hop => hop.device === device) ? device : '' }];
      return this.nextHops(context, way, route).map(({ state: next, hop }) => ({
        state: next,
        value: hop?.device ?? '',
      }));
    });
  }

  /** True for an address without a route, or none by that device (net/netfilter/xt_addrtype.c match_lookup_rt6). */
  isUnreachable(context: Deciding, state: State, address: bigint, device: string | null): boolean {
    if (!this.knows(state.family)) return false;
    const flow: Flow = { daddr: address, saddr: 0n, iif: 'lo', mark: 0n, reverse: true };
    if (device !== null) return !this.leadsBy(context, state, flow, device);
    const [way] = this.lookup(context, state, flow);
    const type = way?.route?.type ?? 'unreachable';
    return type === 'unreachable' || type === 'prohibit' || type === 'blackhole';
  }

  private leadsBy(context: Deciding, state: State, flow: Flow, device: string): boolean {
    const { family } = state;
    const { daddr: address } = flow;
    const rules = this.host.policies[family]?.records ?? [];
    const selected = rules.filter(rule => policySelects(context, state, rule, flow) !== false);
    const tables = new Set<string | null>(rules.length === 0 ? defaultRules : selected.map(({ table }) => table));
    return (this.host.routes[family]?.records ?? []).some(({ type, table, destination, nextHops }) => {
      if ((type !== 'unicast' && type !== 'local') || !tables.has(table)) return false;
      const prefix = destination === 'default' ? { value: 0n, length: 0 } : parsePrefix(destination);
      const shift = BigInt((family === 'IPv4' ? 32 : 128) - (prefix?.length ?? 0));
      return (
        prefix !== null && address >> shift === prefix.value >> shift && nextHops.some(hop => hop.device === device)
      );
    });
  }

  private towards(state: State, daddr: bigint): Flow {
    return { daddr, saddr: state.numbers.daddr, iif: 'lo', mark: state.numbers.mark, reverse: true };
  }

  /** xt_rpfilter: whether the way back to the source leads out of the interface that the packet came in by. */
  reversePath(context: Deciding, state: State, match: Extract<Match, { kind: 'rpfilter' }>): Decision {
    const { saddr } = state.numbers;
    state.asked.address(saddr);
    const device = state.interfaces.iifname;
    if (device === 'lo') return !match.invert;
    if (typeof saddr !== 'bigint' || typeof device !== 'string' || !this.knows(state.family))
      return undecided(context, state, 'rpfilter');
    const flow = { ...this.towards(state, saddr), mark: match.validMark ? state.numbers.mark : 0n };
    const ways = this.lookup(context, state, flow);
    const [only] = ways;
    if (only === undefined || ways.length > 1) return undecided(context, state, 'rpfilter');
    const { route } = only;
    const usable = route !== null && (route.type === 'unicast' || (match.acceptLocal && route.type === 'local'));
    return (usable && (match.loose || route.nextHops.some(hop => hop.device === device))) !== match.invert;
  }
}

/** A rule that leads to the table of the packet's VRF (net/l3mdev/l3mdev.c l3mdev_fib_rule_match). */
function isOfVrf({ table, otherSelectors }: RuleRecord): boolean {
  return table === '[l3mdev-table]' || otherSelectors.some(word => word.startsWith('l3mdev'));
}

/** What routes for some sources ask for; null where it is not known or the lookup is of the way back. */
function routeFor(
  { asked }: State,
  { daddr, saddr, reverse }: Flow,
  table: RouteTable | undefined,
  suppressed: number | null,
): RouteRecord | null {
  if (table === undefined) return null;
  if (table.bySource) asked.address(saddr);
  return table.find(daddr, suppressed, typeof saddr === 'bigint' && !reverse ? saddr : null);
}

function isLinkLocal(family: Family, address: bigint): boolean {
  return family === 'IPv4' ? address >> 16n === 0xa9fen : address >> 118n === 0xfe80n >> 6n;
}

function inSameNetwork({ family, address, prefixLength }: HostAddress, other: bigint): boolean {
  const shift = BigInt((family === 'IPv4' ? 32 : 128) - prefixLength);
  return address >> shift === other >> shift;
}

function tablesOf(host: Host, family: Family): Map<string, RouteTable> {
  const routes = host.routes[family];
  const tables = new Map<string, RouteTable>();
  if (routes === null) return tables;
  for (const [name, records] of Map.groupBy(routes.records, ({ table }) => table))
    tables.set(name, new RouteTable(family, records));
  return tables;
}

function asType(type: string): AddressType {
  return (
    (['local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit'] as const).find(
      known => known === type,
    ) ?? 'unicast'
  );
}

/** The route that a rule's own refusal (`prohibit`, `blackhole`, `unreachable`) comes to. */
function refusal(rule: RuleRecord): RouteRecord {
  return {
    raw: rule.raw,
    family: rule.family,
    type: rule.action ?? 'unreachable',
    destination: 'default',
    table: 'rule',
    protocol: null,
    scope: null,
    metric: null,
    source: null,
    from: null,
    tos: null,
    mtu: null,
    nextHops: [],
  };
}
