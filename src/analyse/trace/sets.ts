import type { KeyPart, NamedSet, SetElement, SetRef, Table } from '../../model/rules.ts';
import { both, type Deciding, type Decision, undecided } from './decision.ts';
import { taking } from './share.ts';
import type { State } from './state.ts';
import { nameFits } from './unknown.ts';
import { isOneOf, type Value } from './values.ts';

/** What a set has for a key: an element, null for none, `unknown` where that cannot be said. */
export interface Found {
  state: State;
  element: SetElement | null | 'unknown';
}

/** More elements than this are not tried one by one for a key that is not known. */
const mostTried = 256;

/** The set that a rule names; undefined when it is not in the dump. */
export function setOf(table: Table, ref: SetRef): NamedSet | undefined {
  return ref.kind === 'anonymous' ? ref.set : table.sets.get(ref.name);
}

/** Looks a key up. Intervals: the most specific element that holds the key, as ipset and nft intervals have it. */
export function find(
  context: Deciding,
  state: State,
  key: readonly Value[],
  set: NamedSet | undefined,
  words: () => string,
): Found[] {
  if (key.includes(null)) return [{ state, element: null }];
  if (set === undefined || set.elements === null) return [{ state, element: 'unknown' }];
  const index = indexOf(set, set.elements);
  if (key.every(value => typeof value === 'bigint' || typeof value === 'string'))
    return [{ state, element: elementOf(index, key) }];
  return findHidden(context, state, key, index, words);
}

function elementOf({ exact, ranges }: Index, key: readonly Value[]): SetElement | null {
  return exact.get(key.join(' ')) ?? ranges.find(element => holds(element, key)) ?? null;
}

function findHidden(
  context: Deciding,
  state: State,
  key: readonly Value[],
  index: Index,
  words: () => string,
): Found[] {
  const found: Found[] = [];
  let open: State[] = [state];
  const candidates = [...index.exact.values(), ...index.ranges].filter(element => mayHold(element, key));
  if (candidates.length > mostTried) return [{ state, element: 'unknown' }];
  for (const element of candidates) {
    const next: State[] = [];
    for (const way of open) {
      let decision: Decision = true;
      element.key.forEach((part, at) => {
        decision = both(way, decision, inner => isOneOf(context, inner, key[at] ?? null, [part], words));
      });
      settle(
        way,
        decision,
        yes => found.push({ state: yes, element }),
        no => next.push(no),
      );
    }
    open = next;
  }
  return [...found, ...open.map(way => ({ state: way, element: null }))];
}

function settle(state: State, decision: Decision, yes: (state: State) => void, no: (state: State) => void): void {
  if (decision === true) yes(state);
  else if (decision === false) no(state);
  else {
    decision.yes.forEach(yes);
    decision.no.forEach(no);
  }
}

/** A set whose elements are known, and not changed by packets. */
type FixedSet = NamedSet & { elements: readonly SetElement[] };

export function isFixed(set: NamedSet | undefined): set is FixedSet {
  return set !== undefined && set.elements !== null && set.dynamic !== true;
}

/** Whether a set of addresses holds one. */
export function hasAddress(set: FixedSet, address: bigint): boolean {
  const element = elementOf(indexOf(set, set.elements), [address]);
  return element !== null && !element.nomatch;
}

/** Whether the set holds the key; an element with `nomatch` says that it does not. */
export function isIn(
  context: Deciding,
  state: State,
  key: readonly Value[],
  set: NamedSet | undefined,
  words: () => string,
): Decision {
  const ways = find(context, state, key, set, words);
  const [only] = ways;
  if (ways.length === 1 && only !== undefined && only.state === state) {
    return only.element === 'unknown'
      ? undecided(context, state, words())
      : only.element !== null && !only.element.nomatch;
  }
  const yes: State[] = [];
  const no: State[] = [];
  for (const { state: way, element } of ways) {
    if (element === 'unknown')
      settle(
        way,
        undecided(context, way, words()),
        s => yes.push(s),
        s => no.push(s),
      );
    else (element !== null && !element.nomatch ? yes : no).push(way);
  }
  return { yes, no };
}

/** One way for each element and one for none: for keys that are one of many values, nobody knows which. */
export function anyElement(context: Deciding, state: State, set: NamedSet, mayMiss: boolean): Found[] {
  const elements: (SetElement | null)[] = [...(set.elements ?? []), ...(mayMiss ? [null] : [])];
  if (elements.length === 1) return [{ state, element: elements[0] ?? null }];
  const choice = context.choice(elements.length);
  return elements.map((element, way) => {
    const copy = state.clone();
    copy.share = taking(state.share, choice, way);
    return { state: copy, element };
  });
}

interface Index {
  exact: ReadonlyMap<string, SetElement>;
  /** The most specific first. */
  ranges: readonly SetElement[];
}

const indexes = new WeakMap<NamedSet, Index>();

function indexOf(set: NamedSet, elements: readonly SetElement[]): Index {
  const known = indexes.get(set);
  if (known !== undefined) return known;
  const exact = new Map<string, SetElement>();
  const ranges: SetElement[] = [];
  for (const element of elements) {
    if (element.key.every(isExact))
      exact.set(element.key.map(part => ('low' in part ? part.low : part.name)).join(' '), element);
    else ranges.push(element);
  }
  const index = { exact, ranges: ranges.sort(bySize) };
  indexes.set(set, index);
  return index;
}

/** The first part counts most (net/netfilter/ipset/ip_set_hash_gen.h mtype_test_cidrs). */
function bySize(a: SetElement, b: SetElement): number {
  for (const [at, part] of a.key.entries()) {
    const other = b.key[at];
    const difference = other === undefined ? 0n : sizeOf(part) - sizeOf(other);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return 0;
}

function isExact(part: KeyPart): boolean {
  return 'low' in part ? part.low === part.high : !part.prefix;
}

function sizeOf(part: KeyPart): bigint {
  return 'low' in part ? part.high - part.low : part.prefix ? 1n : 0n;
}

function holds(element: SetElement, key: readonly Value[]): boolean {
  return element.key.every((part, at) => fits(part, key[at] ?? null));
}

function mayHold(element: SetElement, key: readonly Value[]): boolean {
  return element.key.every((part, at) => {
    const value = key[at] ?? null;
    return (typeof value !== 'bigint' && typeof value !== 'string') || fits(part, value);
  });
}

function fits(part: KeyPart, value: Value): boolean {
  if ('low' in part) return typeof value === 'bigint' && value >= part.low && value <= part.high;
  return typeof value === 'string' && nameFits(value, part);
}
