import type Fraction from 'fraction.js';

/** An answer to a question about the client that rules ask: `of` in words, and which way it went. */
export interface Condition {
  of: string;
  answer: boolean;
}

/** `source local`, `not source local`. */
export function answerWords({ of, answer }: Condition): string {
  return answer ? of : `not ${of}`;
}

/** Packets on their way: those of clients for which the conditions hold. */
export interface State {
  conditions: readonly Condition[];
  /** The part of their new connections that comes here; null: not known. */
  remaining: Fraction | null;
  /** Marked for masquerade; null: that depends on the client. */
  masqueraded: boolean | null;
  /** Marked to be dropped later (KUBE-MARK-DROP). */
  doomed: boolean;
}

/** States that differ in the answer to one question only become one again, from the last questions to the first. */
export function merged(states: readonly State[]): State[] {
  const rest = [...states];
  for (let at = rest.length - 1; at > 0; at--) {
    for (let other = at - 1; other >= 0; other--) {
      const joined = join(rest[other] as State, rest[at] as State);
      if (joined === null) continue;
      rest.splice(at, 1);
      rest[other] = joined;
      break;
    }
  }
  return rest;
}

function join(a: State, b: State): State | null {
  if (a.doomed !== b.doomed || a.conditions.length !== b.conditions.length || !sameShare(a, b)) return null;
  const answers = new Map(b.conditions.map(({ of, answer }) => [of, answer]));
  if (!a.conditions.every(({ of }) => answers.has(of))) return null;
  const [differing, more] = a.conditions.filter(({ of, answer }) => answers.get(of) !== answer);
  if (differing === undefined || more !== undefined) return null;
  return {
    ...a,
    conditions: a.conditions.filter(condition => condition !== differing),
    masqueraded: a.masqueraded === b.masqueraded ? a.masqueraded : null,
  };
}

function sameShare(a: State, b: State): boolean {
  if (a.remaining === null || b.remaining === null) return a.remaining === b.remaining;
  return a.remaining.equals(b.remaining);
}
