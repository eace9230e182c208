import type { Outcome, PacketInput } from '../../model/trace.ts';
import type { Asked } from './asked.ts';
import { callsIptables, isBridged, isBridgedAfterNat, lostInHairpin } from './bridge.ts';
import { Choices, Context, TooManyWays } from './context.ts';
import { type HookEnd, runHook } from './hooks.ts';
import type { Host } from './host.ts';
import { throughBridge } from './link-layer.ts';
import { merge } from './merge.ts';
import { type Ending, outcomesOf } from './outcomes.ts';
import { type Start, startOf } from './packet.ts';
import { type Decided, routeInput, routeOutput } from './route.ts';
import { Routing } from './routing.ts';
import { note, type State } from './state.ts';
import { UnknownName } from './unknown.ts';

/** How a packet leaves a host on one branch; accepted packets are delivered (`state.route.to` local) or go out. */
export type HostEnding = Ending;

const routings = new WeakMap<Host, Routing>();

/** The host's routes and addresses, made for lookups once. */
export function routingOf(host: Host): Routing {
  let routing = routings.get(host);
  if (routing === undefined) {
    routing = new Routing(host);
    routings.set(host, routing);
  }
  return routing;
}

/**
 * Every way that a packet may take through one network namespace, merged into outcomes whose shares sum to one.
 * The packet is one that `readPacket` gave.
 */
export function tracePacket(host: Host, packet: PacketInput, options: { evidence?: boolean } = {}): Outcome[] {
  return traceFlow(host, packet, options).outcomes;
}

/** A packet's outcomes, and what they hang on: many packets differ in their source alone. */
export function traceFlow(
  host: Host,
  packet: PacketInput,
  options: { evidence?: boolean },
): { outcomes: Outcome[]; asked: Asked } {
  const start = startOf(packet, host, routingOf(host));
  const outcomes = outcomesOf(traceHost(host, start), options);
  return { outcomes, asked: start.state.asked };
}

/** The branches of a packet through one network namespace, from where it is first seen to where it leaves or ends. */
export function traceHost(host: Host, start: Start, choices = new Choices()): HostEnding[] {
  const context = new Context(host, routingOf(host), start.out, choices);
  const whole = start.state.clone();
  try {
    return start.at === 'prerouting' ? comeIn(context, start.state) : goOut(context, start.state);
  } catch (error) {
    if (!(error instanceof TooManyWays)) throw error;
    whole.doubt(error.message);
    return [{ state: whole, verdict: 'unknown' }];
  }
}

function comeIn(context: Context, state: State): HostEnding[] {
  if (isRefusedOnWire(state)) return [{ state: lost(state), verdict: 'drop' }];
  return through(runHook(context, 'ingress', state), way =>
    acrossBridge(context, way, passed => {
      if (!isBridged(context, passed) || callsIptables(context.host) !== false) return prerouting(context, passed);
      passed.assume('bridged past iptables');
      return [{ state: passed, verdict: 'accept' }];
    }),
  );
}

function acrossBridge(context: Context, state: State, next: (state: State) => HostEnding[]): HostEnding[] {
  return throughBridge(context, state).flatMap(({ state: way, passed }) =>
    passed ? next(way) : [{ state: way, verdict: 'unknown' as const }],
  );
}

function prerouting(context: Context, state: State): HostEnding[] {
  return through(runHook(context, 'prerouting', state), way => {
    if (isBridged(context, way)) return forward(context, bridge(way));
    return decided(routeInput(context, way), routed =>
      routed.route?.to === 'local' ? input(context, routed) : forward(context, routed),
    );
  });
}

/** IPv6 takes ::1 from no other device than lo, and nothing from a multicast address, before any hook (net/ipv6/ip6_input.c ip6_rcv_core). */
function isRefusedOnWire(state: State): boolean {
  const { family, interfaces, numbers } = state;
  if (family === 'IPv6' && state.ofSource(source => source >> 120n === 0xffn)) return true;
  if (family !== 'IPv6' || interfaces.iifname === 'lo' || typeof interfaces.iifname !== 'string') return false;
  return numbers.daddr === 1n || state.ofSource(source => source === 1n);
}

/** Out by another port of the bridge that it came in by, without a routing decision. */
function bridge(state: State): State {
  state.route = { to: 'out', interface: state.interfaces.iifname, gateway: null };
  state.interfaces.physout = new UnknownName('', [], false);
  return state;
}

function input(context: Context, state: State): HostEnding[] {
  return through(
    runHook(context, 'input', state),
    way => [{ state: way, verdict: 'accept' }],
    way => sentByIpvs(context, way),
  );
}

function forward(context: Context, state: State): HostEnding[] {
  state.interfaces.oifname = state.route?.interface ?? '';
  const why = lostInHairpin(context, state);
  if (why !== null) return [{ state: lost(state), verdict: 'drop' }];
  if (isBridgedAfterNat(state)) state.interfaces.physout = new UnknownName('', [], false);
  return through(runHook(context, 'forward', state), way => {
    // A bridged packet has no incoming device any more (net/bridge/br_netfilter_hooks.c br_nf_post_routing).
    if (way.interfaces.physin !== '' && way.interfaces.iifname === way.interfaces.oifname) way.interfaces.iifname = '';
    return postrouting(context, way);
  });
}

function lost(state: State): State {
  state.route = null;
  note({ hook: 'routing', table: null, chain: null, source: null }, state, {
    kind: 'route',
    to: 'none',
    interface: null,
    gateway: null,
  });
  return state;
}

function postrouting(context: Context, state: State): HostEnding[] {
  return through(runHook(context, 'postrouting', state), way =>
    acrossBridge(context, way, passed =>
      through(runHook(context, 'egress', passed), sent => [{ state: sent, verdict: 'accept' }]),
    ),
  );
}

function goOut(context: Context, state: State): HostEnding[] {
  return decided(routeOutput(context, state), way => output(context, way));
}

function output(context: Context, state: State): HostEnding[] {
  state.interfaces.iifname = '';
  state.interfaces.oifname = state.route?.interface ?? '';
  return through(
    runHook(context, 'output', state),
    way => {
      way.interfaces.oifname = way.route?.interface ?? '';
      return way.route?.to === 'local' ? loop(context, way) : postrouting(context, way);
    },
    way => sentByIpvs(context, way),
  );
}

/** IPVS sends to a real server elsewhere through LOCAL_OUT (net/netfilter/ipvs/ip_vs_xmit.c ip_vs_nat_send_or_cont). */
function sentByIpvs(context: Context, state: State): HostEnding[] {
  return decided(routeOutput(context, state), way => output(context, way));
}

/** From here to here: out by lo and in again; conntrack and NAT have seen it. */
function loop(context: Context, state: State): HostEnding[] {
  return through(runHook(context, 'postrouting', state), way => {
    way.interfaces = { iifname: 'lo', oifname: '', physin: '', physout: '' };
    way.bound = { dnat: true, snat: true };
    // The connection was confirmed when the packet left.
    const { ctStatus } = way.numbers;
    if (typeof ctStatus === 'bigint') way.numbers.ctStatus = ctStatus | 8n;
    return through(runHook(context, 'prerouting', way), arrived => input(context, arrived));
  });
}

function through(
  ends: readonly HookEnd[],
  next: (state: State) => HostEnding[],
  sent: (state: State) => HostEnding[] = state => [{ state, verdict: 'accept' }],
): HostEnding[] {
  const endings: HostEnding[] = [];
  const accepted: State[] = [];
  for (const { state, how } of ends) {
    if (how === 'accept') accepted.push(state);
    else if (how === 'sent') endings.push(...sent(state));
    else endings.push({ state, verdict: how });
  }
  for (const state of merge(accepted)) endings.push(...next(state));
  return endings;
}

function decided(ways: readonly Decided[], next: (state: State) => HostEnding[]): HostEnding[] {
  return ways.flatMap(({ state, failure }) => (failure === null ? next(state) : [{ state, verdict: failure.how }]));
}
