import { parsePrefix } from '../../model/address.ts';
import type { Statement } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { formatDestination, formatNumeric } from './format.ts';
import { keyOf } from './matches.ts';
import { resolve } from './resolve.ts';
import { note, type Place, type State } from './state.ts';
import { type Numeric, UnknownNumber } from './unknown.ts';
import type { Value } from './values.ts';

type NatStatement = Extract<Statement, { kind: 'nat' | 'natTo' | 'netmap' }>;

/** A state after NAT, or the text of a target that cannot be read. */
export type Rewritten = { state: State; unread: null } | { state: State; unread: string };

/** Rewrites the packet as a NAT statement says (net/netfilter/nf_nat_core.c, nf_nat_redirect.c, nf_nat_masquerade.c). */
export function rewrite(context: Context, place: Place, state: State, statement: NatStatement): Rewritten[] {
  switch (statement.kind) {
    case 'netmap': {
      const early = place.hook === 'prerouting' || place.hook === 'output';
      const nat = statement.nat === 'byHook' ? (early ? 'dnat' : 'snat') : statement.nat;
      const field = nat === 'dnat' ? 'daddr' : 'saddr';
      const { low, high } = statement.network;
      const host = state.numbers[field];
      state.asked.address(host);
      if (typeof host !== 'bigint') return [{ state, unread: `netmap of an unknown ${field}` }];
      const mask = high - low;
      return [to(context, state, nat, low | (host & mask), null)];
    }
    case 'natTo':
      return resolve(context, place, state, statement.to).map(({ state: way, value }) => {
        if (value === null) return { state: way, unread: 'no element' };
        const [address = null, port = null] = keyOf(value);
        return readable(context, way, statement.nat, address, port);
      });
    case 'nat':
      switch (statement.nat) {
        case 'masquerade':
          return ports(context, place, state, statement.port, 'sport').map(({ state: way, value }) =>
            masquerade(context, way, statement.random === true ? anySourcePort : value),
          );
        case 'redirect':
          return ports(context, place, state, statement.port, 'dport').map(({ state: way, value }) =>
            redirect(context, place, way, value),
          );
        default: {
          const { nat, address, port, random } = statement;
          const addresses = address === null ? [{ state, value: null }] : resolve(context, place, state, address);
          return addresses.flatMap(({ state: way, value }) => {
            // A map to concatenations gives address and port at once.
            const [first = null, second = null] = keyOf(value);
            if (address !== null && first === null) return [{ state: way, unread: 'no element' }];
            const chosen =
              second === null
                ? ports(context, place, way, port, nat === 'dnat' ? 'dport' : 'sport')
                : [{ state: way, value: second }];
            return chosen.map(next =>
              readable(context, next.state, nat, first, random === true ? anySourcePort : next.value),
            );
          });
        }
      }
  }
}

/** A port of a range: the kernel keeps the packet's own when it is inside, else takes the first (nf_nat_core.c get_unique_tuple). */
function ports(
  context: Context,
  place: Place,
  state: State,
  port: (Statement & { kind: 'nat' })['port'],
  field: 'sport' | 'dport',
): { state: State; value: Value }[] {
  if (port === null) return [{ state, value: null }];
  if (port.kind === 'oneOf') {
    if (field === 'sport') state.asked.port();
    const own = state.numbers[field];
    const { low, high } = port.range;
    if (field === 'dport') return [{ state, value: typeof own === 'bigint' && own >= low && own <= high ? own : low }];
    if (low !== high) return [{ state, value: { kind: 'opaque', raw: 'a source port of the range' } }];
    return [{ state, value: low }];
  }
  return resolve(context, place, state, port);
}

function readable(context: Context, state: State, nat: 'dnat' | 'snat', address: Value, port: Value): Rewritten {
  if (address !== null && typeof address !== 'bigint')
    return { state, unread: `${nat} to an address that is not known` };
  if (port === null || typeof port === 'bigint') return to(context, state, nat, address, port);
  if (nat === 'dnat') return { state, unread: 'dnat to a port that is not known' };
  return to(context, state, nat, address, somePort);
}

const anySourcePort: Value = { kind: 'opaque', raw: 'a source port chosen anew' };
const somePort = new UnknownNumber([{ low: 1n, high: 65_535n }]);

function to(
  context: Context,
  state: State,
  nat: 'dnat' | 'snat',
  address: Numeric | null,
  port: Numeric | null,
): Rewritten {
  const { numbers } = state;
  const [addressField, portField] = nat === 'dnat' ? (['daddr', 'dport'] as const) : (['saddr', 'sport'] as const);
  const { [addressField]: oldAddress, [portField]: oldPort } = numbers;
  if (address !== null) numbers[addressField] = address;
  if (port !== null && numbers[portField] !== null) numbers[portField] = port;
  const isSame = state.asked.isSame(oldAddress, numbers[addressField]);
  const changed = !isSame || numbers[portField] !== oldPort;
  if (nat === 'dnat') {
    state.dnat ||= changed;
    if (address !== null) numbers.ctReplySaddr = address;
    numbers.ctReplySport = numbers.dport;
  } else {
    state.snat = formatNumeric(state.family, numbers.saddr);
    if (address !== null) numbers.ctReplyDaddr = address;
    numbers.ctReplyDport = numbers.sport;
  }
  if (changed && typeof numbers.ctStatus === 'bigint') numbers.ctStatus |= nat === 'dnat' ? 32n : 16n;
  state.bound = { ...state.bound, [nat]: true };
  if (changed) forget(state);
  note(context.where, state, { kind: nat, to: nat === 'dnat' ? formatDestination(state) : (state.snat ?? '') });
  return { state, unread: null };
}

/** What was decided by looking into the packet may be different after it was rewritten. */
function forget(state: State): void {
  if (![...state.decided.keys()].some(key => key.startsWith('match '))) return;
  state.decided = new Map([...state.decided].filter(([key]) => !key.startsWith('match ')));
}

function masquerade(context: Context, state: State, port: Value): Rewritten {
  const out = state.interfaces.oifname;
  const gateway = state.route?.gateway ?? null;
  const towards = gateway === null ? state.numbers.daddr : (parsePrefix(gateway)?.value ?? null);
  const known =
    typeof out === 'string' && typeof towards === 'bigint'
      ? context.routing.sourceFor(state.family, out, towards)
      : null;
  const done = to(
    context,
    state,
    'snat',
    known ?? new UnknownNumber(anyAddress(state)),
    typeof port === 'bigint' ? port : port === null ? null : somePort,
  );
  state.snat = 'masquerade';
  if (state.step !== null) state.step = { ...state.step, effect: { kind: 'masquerade' } };
  return done;
}

function redirect(context: Context, place: Place, state: State, port: Value): Rewritten {
  if (port !== null && typeof port !== 'bigint') return { state, unread: 'redirect to a port that is not known' };
  if (place.hook === 'output') return to(context, state, 'dnat', state.family === 'IPv4' ? 0x7f00_0001n : 1n, port);
  const device = state.interfaces.iifname;
  const address = typeof device === 'string' ? context.routing.addressOf(state.family, device) : null;
  const done = to(context, state, 'dnat', address ?? new UnknownNumber(anyAddress(state)), port);
  if (address === null) state.decided = new Map(state.decided).set('destination is local', true);
  return done;
}

function anyAddress(state: State) {
  return [{ low: 0n, high: state.family === 'IPv4' ? 0xffff_ffffn : (1n << 128n) - 1n }];
}
