import type { Family } from '../../model/report.ts';
import type { AddressType, NamedSet } from '../../model/rules.ts';
import type { Host } from './host.ts';
import type { Routing } from './routing.ts';
import { type Choice, taking } from './share.ts';
import type { State, Where } from './state.ts';

/** How many undecided matches may part one packet's ways before the trace gives up. */
const mostPartings = 512;

/** Thrown where ways part too often; the packet's outcome is then unknown. */
export class TooManyWays extends Error {}

/** Counts the unknown choices of one packet, on all hosts that it passes. */
export class Choices {
  private made = 0;

  next(ways: number): Choice {
    if (++this.made > mostPartings) throw new TooManyWays(`more than ${mostPartings} undecided matches on the way`);
    return { id: this.made, ways };
  }
}

/** What one trace has at hand: the host, and the count of its unknown choices. */
export class Context {
  readonly host: Host;
  readonly routing: Routing;
  /** The rule that is being evaluated. */
  where: Where = { hook: 'prerouting', table: null, chain: null, source: null };
  /** The outgoing interface that was given with the packet. */
  readonly out: string | null;
  private readonly choices: Choices;

  constructor(host: Host, routing: Routing, out: string | null, choices: Choices) {
    this.host = host;
    this.routing = routing;
    this.out = out;
    this.choices = choices;
  }

  choice(ways: number): Choice {
    return this.choices.next(ways);
  }

  ipset(name: string): NamedSet | undefined {
    return this.host.rules.ipsets.get(name);
  }

  addressType(state: State, family: Family, address: bigint, device: string | null): AddressType {
    const { type, assumed } = this.routing.typeOf(family, address, device);
    if (assumed !== null) state.assume(assumed);
    return type;
  }
}

/** The answer to a match: decided, or the states on both ways. */
export type Decision = boolean | Parting;

export interface Parting {
  yes: readonly State[];
  no: readonly State[];
}

/** Both ways of something that cannot be decided; what was decided before stays so. */
export function undecided(context: Context, state: State, raw: string): Decision {
  const key = `match ${raw}`;
  const before = state.decided.get(key);
  if (before !== undefined) return before;
  const choice = context.choice(2);
  const way = (answer: boolean) => {
    const copy = state.clone();
    copy.share = taking(state.share, choice, answer ? 0 : 1);
    copy.doubt(raw);
    copy.decided = new Map(state.decided).set(key, answer);
    copy.step = { ...context.where, effect: { kind: 'undecided', taken: answer }, before: state.step };
    return copy;
  };
  return { yes: [way(true)], no: [way(false)] };
}

export function not(decision: Decision): Decision {
  return typeof decision === 'boolean' ? !decision : { yes: decision.no, no: decision.yes };
}

/** Both must hold; `next` is asked on each way on which the first holds. */
export function both(state: State, first: Decision, next: (state: State) => Decision): Decision {
  if (first === false) return false;
  if (first === true) return next(state);
  const yes: State[] = [];
  const no = [...first.no];
  for (const way of first.yes) spread(way, next(way), yes, no);
  return { yes, no };
}

/** One must hold; `next` is asked on each way on which the first does not. */
export function either(state: State, first: Decision, next: (state: State) => Decision): Decision {
  return not(both(state, not(first), way => not(next(way))));
}

function spread(state: State, decision: Decision, yes: State[], no: State[]): void {
  if (decision === true) yes.push(state);
  else if (decision === false) no.push(state);
  else {
    yes.push(...decision.yes);
    no.push(...decision.no);
  }
}
