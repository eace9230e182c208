import { type Choice, taking } from './share.ts';
import { note, type State, type Where } from './state.ts';

/** What deciding needs: the rule that is being evaluated, and numbers for unknown choices. */
export interface Deciding {
  where: Where;
  choice(ways: number): Choice;
}

/** The answer to a match: decided, or the states on both ways. */
export type Decision = boolean | Parting;

export interface Parting {
  yes: readonly State[];
  no: readonly State[];
}

/** Both ways of something that cannot be decided; what was decided before stays so. */
export function undecided(context: Deciding, state: State, raw: string): Decision {
  const key = `match ${raw}`;
  const before = state.decided.get(key);
  if (before !== undefined) return before;
  const choice = context.choice(2);
  const way = (answer: boolean) => {
    const copy = state.clone();
    copy.share = taking(state.share, choice, answer ? 0 : 1);
    copy.doubt(raw);
    copy.decided = new Map(state.decided).set(key, answer);
    note(context.where, copy, { kind: 'undecided', taken: answer });
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
