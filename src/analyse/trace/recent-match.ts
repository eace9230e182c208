import type { Match } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { type Decision, not, undecided } from './decision.ts';
import type { State } from './state.ts';

type RecentMatch = Extract<Match, { kind: 'recent' }>;

/** xt_recent: what this packet did, what the snapshot has, else a client not seen before. */
export function recent(context: Context, state: State, match: RecentMatch): Decision {
  const address = state.numbers[match.side];
  if (typeof address !== 'bigint') return undecided(context, state, wordsOf(match));
  state.asked.address(address);
  const key = `recent ${match.list} ${address}`;
  const remember = (present: boolean) => {
    state.decided = new Map(state.decided).set(key, present);
  };
  if (match.op === 'set') {
    const again = state.decided.get(key) === true;
    remember(true);
    state.decided = new Map(state.decided).set(onceOf(key), !again);
    return !match.negated;
  }
  const decision = seen(context, state, match, key, address);
  if (match.op === 'remove' && decision === true) remember(false);
  return match.negated ? not(decision) : decision;
}

function seen(context: Context, state: State, match: RecentMatch, key: string, address: bigint): Decision {
  const own = state.decided.get(key);
  const raw = wordsOf(match);
  const { recent: lists } = context.host.rules;
  if (own !== undefined) {
    if (!own || match.hits === null || match.hits === 1) return own;
    const before = lists === null ? false : lists.get(match.list)?.has(address) === true;
    if (before || state.decided.get(onceOf(key)) !== true) return undecided(context, state, raw);
    // Added by this very packet: one hit.
    if (lists === null) state.assume('a client not seen before');
    return false;
  }
  if (lists === null) {
    state.assume('a client not seen before');
    return false;
  }
  const age = lists.get(match.list)?.get(address);
  if (age === undefined) return false;
  if (match.hits !== null && match.hits > 1) return undecided(context, state, raw);
  if (match.seconds === null) return true;
  return age === null ? undecided(context, state, raw) : age <= match.seconds;
}

/** Whether this packet was noted once only. */
const onceOf = (key: string): string => `${key} once`;

function wordsOf({ op, list, seconds, hits }: RecentMatch): string {
  const limits = `${seconds === null ? '' : ` --seconds ${seconds}`}${hits === null ? '' : ` --hitcount ${hits}`}`;
  return `recent --${op} --name ${list}${limits}`;
}
