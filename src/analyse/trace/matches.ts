import Fraction from 'fraction.js';
import { matchWords } from '../../model/rule-words.ts';
import type { CtState, Match, NamedSet, Operand, Table } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { both, type Decision, not, undecided } from './decision.ts';
import { inIpset } from './ipset-match.ts';
import { recent } from './recent-match.ts';
import { resolve } from './resolve.ts';
import { hasAddress, isFixed, isIn, setOf } from './sets.ts';
import { times } from './share.ts';
import type { Place, State } from './state.ts';
import { isAmong, isOneOf, read, type Value } from './values.ts';

/** Whether a packet matches: yes, no, or the ways on which it does and does not. */
export function matches(context: Context, place: Place, state: State, match: Match): Decision {
  const words = () => matchWords(match, place.table.family);
  switch (match.kind) {
    case 'compare':
      if (isPhysout(place, match.left) && state.interfaces.physout === '')
        return noPhysout(context, state, match.negated);
      if (isSource(state, match.left)) return state.ofSource(source => isAmong(source, match.right)) !== match.negated;
      return onEach(context, place, state, match.left, (way, value) => {
        if (value === null) return match.negated && lenient(place, match.left);
        const decision = isOneOf(context, way, value, match.right, words);
        return match.negated ? not(decision) : decision;
      });
    case 'lookup': {
      const set = setOf(place.table, match.set);
      const name = match.set.kind === 'named' ? `@${match.set.name}` : '{…}';
      if (isSource(state, match.left) && isFixed(set))
        return state.ofSource(source => hasAddress(set, source)) !== match.negated;
      return onEach(context, place, state, match.left, (way, value) => {
        if (value === null) return false;
        const decision = inDynamic(context, place, way, keyOf(value), set, name, words);
        return match.negated ? not(decision) : decision;
      });
    }
    case 'ipset': {
      const decision = inIpset(context, state, match.set, match.directions, match.raw);
      return match.negated ? not(decision) : decision;
    }
    case 'ctState': {
      const answer = match.states.some(name => {
        if (name === 'dnat') return hasBit(state, 32n);
        if (name === 'snat') return hasBit(state, 16n);
        return name === stateOf(state);
      });
      return answer !== match.negated;
    }
    case 'addrtype':
      return addressType(context, place, state, match, words);
    case 'statistic': {
      const chance = new Fraction(match.chance);
      const yes = match.negated ? new Fraction(1).sub(chance) : chance;
      if (yes.equals(1)) return true;
      if (yes.equals(0)) return false;
      const way = (part: Fraction) => {
        const copy = state.clone();
        copy.share = times(state.share, part);
        return copy;
      };
      return { yes: [way(yes)], no: [way(new Fraction(1).sub(yes))] };
    }
    case 'recent':
      return recent(context, state, match);
    case 'limit':
      state.assume(`tokens left: ${match.raw}`);
      return match.whenFresh;
    case 'rpfilter':
      return context.routing.reversePath(context, state, match);
    case 'ipvs':
      return ofIpvs(context, state, match);
    case 'bridged': {
      const port = (field: 'physin' | 'physout') => {
        const decision = isOneOf(
          context,
          state,
          read(state, { kind: 'interface', field }) ?? null,
          noName,
          () => `${field} none`,
        );
        return not(decision);
      };
      const decision =
        match.direction === 'both'
          ? both(state, port('physin'), () => port('physout'))
          : port(match.direction === 'in' ? 'physin' : 'physout');
      return match.negated ? not(decision) : decision;
    }
    case 'socket': {
      const decision = undecided(context, state, match.raw);
      return match.negated ? not(decision) : decision;
    }
    case 'opaque':
      return undecided(context, state, match.raw);
  }
}

/** True for the packet's source address, when it is known. */
function isSource(state: State, operand: Operand): boolean {
  return operand.kind === 'field' && operand.field === 'saddr' && typeof state.numbers.saddr === 'bigint';
}

/** xt_addrtype: IPv4 by the local table; IPv6 by the address's form and, for the rest, by its route (addrtype_mt6). */
function addressType(
  context: Context,
  place: Place,
  state: State,
  match: Extract<Match, { kind: 'addrtype' }>,
  words: () => string,
): Decision {
  const { types, limit, negated } = match;
  const device = limit === null ? '' : state.interfaces[limit === 'iif' ? 'iifname' : 'oifname'];
  const address = state.numbers[match.address];
  if (typeof address !== 'bigint' || typeof device !== 'string') return undecided(context, state, words());
  state.asked.address(address);
  const type = () => context.routing.addressType(state, state.family, address, device === '' ? null : device);
  if (state.family === 'IPv4' || place.table.backend === 'nftables') return types.includes(type()) !== negated;
  const form = address === 0n ? 'unspec' : address >> 120n === 0xffn ? 'multicast' : 'unicast';
  const byForm: readonly string[] = types.filter(
    known => known === 'unicast' || known === 'multicast' || known === 'unspec',
  );
  const byRoute = types.filter(known => !byForm.includes(known));
  const unreachable = () =>
    byRoute.includes('unreachable') &&
    context.routing.isUnreachable(context, state, address, device === '' ? null : device);
  const holds =
    byForm.every(known => known === form) && (byRoute.length === 0 || unreachable() || byRoute.includes(type()));
  return holds !== negated;
}

function isPhysout(place: Place, left: Operand): boolean {
  return left.kind === 'interface' && left.field === 'physout' && place.table.backend !== 'nftables';
}

/** A packet that came in by a bridge port and goes out by none: `--physdev-out` and its negation are both false (xt_physdev.c). */
function noPhysout(context: Context, state: State, negated: boolean): Decision {
  if (!negated) return false;
  return isOneOf(
    context,
    state,
    read(state, { kind: 'interface', field: 'physin' }) ?? null,
    noName,
    () => 'physin none',
  );
}

const noName = [{ name: '', prefix: false }];

/** xt_owner: `! --uid-owner` holds where there is no socket; nft's meta skuid does not (net/netfilter/xt_owner.c). */
function lenient(place: Place, left: Operand): boolean {
  return (
    left.kind === 'field' &&
    (left.field === 'socketUid' || left.field === 'socketGid') &&
    place.table.backend !== 'nftables'
  );
}

/** A packet that conntrack has not seen is invalid, unless a zone's template stands for its connection (xt_conntrack.c). */
function stateOf({ tracking, template }: State): CtState {
  if (tracking !== 'none') return tracking;
  return template ? 'new' : 'invalid';
}

function hasBit(state: State, bit: bigint): boolean {
  const status = state.numbers.ctStatus;
  return typeof status === 'bigint' && (status & bit) !== 0n;
}

function onEach(
  context: Context,
  place: Place,
  state: State,
  operand: Operand,
  ask: (state: State, value: Value) => Decision,
): Decision {
  const simple = read(state, operand);
  if (simple !== undefined) return ask(state, simple);
  const ways = resolve(context, place, state, operand);
  const [only] = ways;
  if (ways.length === 1 && only !== undefined && only.state === state) return ask(state, only.value);
  const yes: State[] = [];
  const no: State[] = [];
  for (const { state: way, value } of ways) {
    const decision = ask(way, value);
    if (decision === true) yes.push(way);
    else if (decision === false) no.push(way);
    else {
      yes.push(...decision.yes);
      no.push(...decision.no);
    }
  }
  return { yes, no };
}

export function keyOf(value: Value): readonly Value[] {
  return value !== null && typeof value === 'object' && !('kind' in value) ? value : [value];
}

/** The name under which a state keeps what the packet itself did to an entry of a set. */
export function setEntry({ family, name: table }: Table, set: string, key: readonly Value[]): string {
  return `set ${family} ${table} ${set} ${key.join(' ')}`;
}

/** A set that packets change: what this packet did, what the dump has, else a client not seen before. */
function inDynamic(
  context: Context,
  place: Place,
  state: State,
  key: readonly Value[],
  set: NamedSet | undefined,
  name: string,
  words: () => string,
): Decision {
  if (set?.dynamic === true && key.every(value => typeof value === 'bigint' || typeof value === 'string')) {
    const own = state.decided.get(setEntry(place.table, name, key));
    if (own !== undefined) return own;
    const decision = isIn(context, state, key, set, words);
    if (decision === false) state.assume(`not in ${name}: a client not seen before`);
    return decision;
  }
  return isIn(context, state, key, set, words);
}

/** xt_ipvs: only packets that IPVS took are known to belong to it. */
function ofIpvs(context: Context, state: State, match: Extract<Match, { kind: 'ipvs' }>): Decision {
  const server = state.ipvs;
  if (server === null) return !match.present === !match.negated;
  if (!match.present) return match.negated;
  const { vaddr, vport, vproto } = match;
  const protocol = server.protocol === null ? null : { tcp: 6n, udp: 17n, sctp: 132n }[server.protocol];
  const decision = both(
    state,
    vaddr === null || server.address === null ? true : isOneOf(context, state, server.address, [vaddr], () => 'vaddr'),
    () => (vport === null || vport === BigInt(server.port)) && (vproto === null || vproto === protocol),
  );
  return match.negated ? not(decision) : decision;
}
