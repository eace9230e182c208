import Fraction from 'fraction.js';

/**
 * How likely a branch is: a sum of products of an exact fraction and of choices whose weights are not known. The weights of
 * the ways of one choice add up to one, so the total of all ways of a choice is known again.
 */
export type Share = readonly Term[];

interface Term {
  known: Fraction;
  /** The unknown choices made on the way, the latest first. */
  taken: Taken | null;
}

interface Taken {
  choice: Choice;
  way: number;
  before: Taken | null;
}

/** A choice between `ways` ways of which nobody knows the weights. */
export interface Choice {
  id: number;
  ways: number;
}

export const certain: Share = [{ known: new Fraction(1), taken: null }];

/** The share of a branch that is taken with a known chance. */
export function times(share: Share, chance: Fraction): Share {
  return share.map(term => ({ ...term, known: term.known.mul(chance) }));
}

/** The share of one way of an unknown choice. */
export function taking(share: Share, choice: Choice, way: number): Share {
  return share.map(term => ({ ...term, taken: { choice, way, before: term.taken } }));
}

/** The share of two branches together. */
export function plus(a: Share, b: Share): Share {
  return [...a, ...b];
}

/** More monomials than this are not multiplied out; the total is then not known. */
const mostMonomials = 4096;

/**
 * The total, or null when it hangs on unknown weights. Each weight of a choice is a variable, the last way's is one minus
 * the others: the total is known when all variables cancel out.
 */
export function knownTotal(share: Share): Fraction | null {
  if (share.every(({ taken }) => taken === null)) return sum(share.map(({ known }) => known));
  const total = new Map<string, Fraction>();
  for (const term of share) {
    const monomials = expand(term);
    if (monomials === null || total.size + monomials.size > mostMonomials) return null;
    for (const [key, value] of monomials) total.set(key, (total.get(key) ?? zero).add(value));
  }
  for (const [key, value] of total) if (key !== '' && !value.equals(0)) return null;
  return total.get('') ?? zero;
}

const zero = new Fraction(0);

function sum(values: readonly Fraction[]): Fraction {
  return values.length === 1 ? (values[0] as Fraction) : values.reduce((a, b) => a.add(b), zero);
}

function expand(term: Term): Map<string, Fraction> | null {
  let monomials = new Map([['', term.known]]);
  for (let { taken } = term; taken !== null; taken = taken.before) {
    const { choice, way } = taken;
    const next = new Map<string, Fraction>();
    const add = (key: string, value: Fraction) => next.set(key, (next.get(key) ?? zero).add(value));
    for (const [key, value] of monomials) {
      if (way < choice.ways - 1) add(variable(key, choice, way), value);
      else {
        add(key, value);
        for (let other = 0; other < choice.ways - 1; other++) add(variable(key, choice, other), value.neg());
      }
    }
    if (next.size > mostMonomials) return null;
    monomials = next;
  }
  return monomials;
}

function variable(key: string, choice: Choice, way: number): string {
  const parts = key === '' ? [] : key.split(' ');
  return [...parts, `${choice.id}.${way}`].sort().join(' ');
}
