import type { RouteRecord } from '../../parse/route.ts';
import type { Context } from './context.ts';
import type { Flow } from './policy.ts';
import type { Failure } from './routing.ts';
import { note, type State, type Where } from './state.ts';
import { type Name, UnknownName } from './unknown.ts';

/** A packet after a routing decision; a failure where it goes no further. */
export interface Decided {
  state: State;
  failure: Failure | null;
}

/** Routes a packet that came in (net/ipv4/route.c ip_route_input_slow, net/ipv6/route.c). */
export function routeInput(context: Context, state: State): Decided[] {
  return routed(context, state).map(way => {
    // Once a route is found (ip_route_input_slow, __mkroute_input).
    const refused = way.failure === null ? refusedSource(context, way.state) : null;
    if (refused !== null) return fail(context, way.state, refused);
    const { pkttype } = way.state.numbers;
    if (way.failure !== null || way.state.route?.to !== 'out' || typeof pkttype !== 'bigint' || pkttype === host)
      return way;
    // net/ipv4/ip_forward.c ip_forward, net/ipv6/ip6_output.c ip6_forward.
    const why = 'a broadcast or multicast frame is not forwarded';
    return fail(context, way.state, { how: 'drop', rejectWith: null, why });
  });
}

/** PACKET_HOST (uapi if_packet.h). */
const host = 0n;

function routed(context: Context, state: State): Decided[] {
  const { daddr } = state.numbers;
  const refused = refusedOnInput(context, state);
  if (refused !== null) return [fail(context, state, refused)];
  if (state.decided.get('destination is local') === true) return [deliver(context, state, null)];
  if (typeof daddr !== 'bigint') return [out(context, state, null, unknownOut())];
  const { routing } = context;
  if (!routing.knows(state.family)) {
    const type = context.routing.addressType(state, state.family, daddr, null);
    if (type === 'local' || type === 'broadcast') return [deliver(context, state, null)];
    if (type === 'multicast') return [fail(context, state, multicast)];
    return forward(context, state, null);
  }
  const flow: Flow = {
    daddr,
    saddr: state.numbers.saddr,
    iif: state.interfaces.iifname,
    mark: state.numbers.mark,
    reverse: false,
  };
  if (isMulticast(state, daddr)) return [fail(context, state, multicast)];
  if (state.family === 'IPv4' && daddr === 0xffff_ffffn) return [deliver(context, state, null)];
  if (routing.isLocal(state.family, daddr)) return [deliver(context, state, localRoute(context, state, daddr))];
  return routing.lookup(context, state, flow).flatMap(({ state: way, route }) => {
    if (route?.type === 'local' || route?.type === 'broadcast') return [deliver(context, way, route)];
    if (routing.forwards(way.family) === false)
      return [fail(context, way, { how: 'drop', rejectWith: null, why: 'forwarding is off' })];
    return forward(context, way, route);
  });
}

function localRoute(context: Context, state: State, daddr: bigint): RouteRecord | null {
  return context.routing.localRoute(state.family, daddr);
}

/** Routes a packet that is made here, or again after OUTPUT changed it (ip_route_output_key, ip_route_me_harder). */
export function routeOutput(context: Context, state: State): Decided[] {
  const { daddr } = state.numbers;
  if (state.decided.get('destination is local') === true) return [deliver(context, state, null)];
  if (typeof daddr !== 'bigint') return [out(context, state, null, unknownOut())];
  const { routing } = context;
  if (routing.isLocal(state.family, daddr)) return [deliver(context, state, localRoute(context, state, daddr))];
  if (!routing.knows(state.family)) {
    const assumed = routing.assumedLocal(state.family);
    if (assumed !== null) state.assume(assumed);
    return [out(context, state, null, context.out ?? unknownOut())];
  }
  const flow: Flow = { daddr, saddr: state.numbers.saddr, iif: 'lo', mark: state.numbers.mark, reverse: false };
  return routing
    .lookup(context, state, flow)
    .flatMap(({ state: way, route }) =>
      route?.type === 'local' ? [deliver(context, way, route)] : onward(context, way, route),
    );
}

function forward(context: Context, state: State, route: RouteRecord | null): Decided[] {
  if (!context.routing.knows(state.family)) {
    if (context.routing.forwards(state.family) === false)
      return [fail(context, state, { how: 'drop', rejectWith: null, why: 'forwarding is off' })];
    return [out(context, state, null, context.out ?? unknownOut())];
  }
  return onward(context, state, route);
}

const refusals: Record<string, Record<'IPv4' | 'IPv6', string | null>> = {
  none: { IPv4: 'icmp-net-unreachable', IPv6: 'icmp6-no-route' },
  unreachable: { IPv4: 'icmp-host-unreachable', IPv6: 'icmp6-no-route' },
  prohibit: { IPv4: 'icmp-admin-prohibited', IPv6: 'icmp6-adm-prohibited' },
  blackhole: { IPv4: null, IPv6: null },
};

function onward(context: Context, state: State, route: RouteRecord | null): Decided[] {
  const refused = refusals[route === null ? 'none' : route.type];
  if (context.out !== null && refused === undefined) return [out(context, state, route, context.out)];
  if (context.out !== null && route === null) return [out(context, state, null, context.out)];
  if (refused !== undefined) {
    const rejectWith = refused[state.family];
    const why = route === null ? 'no route' : `route of type ${route.type}`;
    return [fail(context, state, { how: rejectWith === null ? 'drop' : 'reject', rejectWith, why })];
  }
  if (route === null) return [];
  return context.routing
    .nextHops(context, state, route)
    .map(({ state: way, hop }) => out(context, way, route, hop?.device ?? unknownOut(), hop?.gateway ?? null));
}

const unknownOut = () => new UnknownName('', [{ name: 'lo', prefix: false }]);

function out(
  context: Context,
  state: State,
  route: RouteRecord | null,
  device: Name,
  gateway: string | null = null,
): Decided {
  // A loopback source leaves by a device only with route_localnet (net/ipv4/route.c __mkroute_output).
  if (state.interfaces.iifname === '' && state.family === 'IPv4' && state.ofSource(isLoopback)) {
    const localnet = typeof device === 'string' ? context.routing.sysctl('IPv4', 'route_localnet', device) : null;
    if (localnet === 0) return fail(context, state, martian);
    if (localnet === null) state.assume('route_localnet is on');
  }
  state.route = { to: 'out', interface: device, gateway };
  step(context, state, route);
  return { state, failure: null };
}

function deliver(context: Context, state: State, route: RouteRecord | null): Decided {
  state.route = { to: 'local', interface: 'lo', gateway: null };
  step(context, state, route);
  return { state, failure: null };
}

function step(context: Context, state: State, record: RouteRecord | null): void {
  const { route } = state;
  if (route === null) return;
  const name = typeof route.interface === 'string' ? route.interface : null;
  const file = context.host.routes[state.family]?.path;
  const source = record === null || file === undefined ? null : { file, line: null, handle: null, raw: record.raw };
  const where: Where = { hook: 'routing', table: record?.table ?? null, chain: null, source };
  note(where, state, { kind: 'route', to: route.to, interface: name, gateway: route.gateway });
}

function fail(context: Context, state: State, failure: Failure): Decided {
  context.where = { hook: 'routing', table: null, chain: null, source: null };
  state.rejectWith = failure.rejectWith;
  if (failure.how === 'unknown') state.doubt(failure.why);
  note(context.where, state, { kind: 'route', to: 'none', interface: null, gateway: null, why: failure.why });
  return { state, failure };
}

const multicast: Failure = { how: 'unknown', rejectWith: null, why: 'who has joined the multicast group is not known' };

const martian: Failure = {
  how: 'drop',
  rejectWith: null,
  why: 'martian: a loopback source cannot leave, route_localnet is off',
};

function isLoopback(address: bigint): boolean {
  return address >> 24n === 127n;
}

function isMulticast(state: State, address: bigint): boolean {
  return state.family === 'IPv4' ? address >> 28n === 0xen : address >> 120n === 0xffn;
}

/** Martian addresses (net/ipv4/route.c ip_route_input_slow). */
function refusedOnInput(context: Context, state: State): Failure | null {
  const { routing } = context;
  const { saddr, daddr } = state.numbers;
  const device = state.interfaces.iifname;
  // ::1 wants its route by the device itself (net/ipv6/route.c rt6_need_strict).
  if (state.family === 'IPv6' && daddr === 1n && device !== 'lo' && typeof device === 'string')
    return { how: 'reject', rejectWith: 'icmp6-no-route', why: 'no route: ::1 is not reached from outside' };
  if (state.family !== 'IPv4' || typeof device !== 'string' || device === 'lo') return null;
  const drop = (why: string): Failure => ({ how: 'drop', rejectWith: null, why });
  const localnet = routing.sysctl('IPv4', 'route_localnet', device);
  if (state.ofSource(isLoopback) || (typeof daddr === 'bigint' && isLoopback(daddr))) {
    if (localnet === 0) return drop('martian: a loopback address from outside, route_localnet is off');
    if (localnet === null) state.assume('route_localnet is on');
    return null;
  }
  if (typeof saddr !== 'bigint') return null;
  if (state.ofSource(source => source >> 28n === 0xen || source === 0xffff_ffffn))
    return drop('martian: the source is a multicast or broadcast address');
  // Local groups may be asked without an address (net/ipv4/route.c ip_mc_validate_source).
  const isLocalGroup = typeof daddr === 'bigint' && daddr >> 8n === 0xe0_0000n;
  if (daddr !== 0n && daddr !== 0xffff_ffffn && !isLocalGroup && state.ofSource(source => source === 0n))
    return drop('martian: the source is 0.0.0.0');
  return null;
}

/** The host's own addresses, and the reverse path filter (net/ipv4/fib_frontend.c fib_validate_source). */
function refusedSource(context: Context, state: State): Failure | null {
  const { routing } = context;
  const { saddr, daddr } = state.numbers;
  const device = state.interfaces.iifname;
  if (state.family !== 'IPv4' || typeof device !== 'string' || device === 'lo' || typeof saddr !== 'bigint')
    return null;
  if (state.ofSource(isLoopback) || (typeof daddr === 'bigint' && isLoopback(daddr))) return null;
  const drop = (why: string): Failure => ({ how: 'drop', rejectWith: null, why });
  const acceptLocal = routing.sysctl('IPv4', 'accept_local', device) ?? 0;
  if (acceptLocal === 0 && state.ofSource(source => routing.isLocal('IPv4', source)))
    return drop("martian: the source is this host's own address");
  const filter = routing.sysctl('IPv4', 'rp_filter', device);
  if (filter === null || filter === 0 || !routing.knows('IPv4')) return null;
  state.asked.address(saddr);
  const mark = routing.sysctl('IPv4', 'src_valid_mark', device) === 1 ? state.numbers.mark : 0n;
  const ways = routing.lookup(context, state, { daddr: saddr, saddr: daddr, iif: 'lo', mark, reverse: true });
  const [only] = ways;
  if (only === undefined || ways.length > 1) return null;
  const { route } = only;
  const usable = route !== null && route.type === 'unicast';
  if (filter === 2) return usable ? null : drop('rp_filter: no route back to the source');
  return usable && route.nextHops.some(hop => hop.device === device)
    ? null
    : drop('rp_filter: the way back to the source is another');
}
