import type { NamePattern, NumericRange } from '../../model/rules.ts';

/** A number that is not known, with what was decided about it so far. */
export class UnknownNumber {
  /** It is in one of these, in ascending order. */
  readonly ranges: readonly NumericRange[];
  /** The bits that are known, and their values. */
  readonly mask: bigint;
  readonly bits: bigint;
  /** Tests that were decided and are not expressed by the above: `and range` → its answer. */
  readonly tests: ReadonlyMap<string, boolean>;
  private text: string | null = null;

  constructor(ranges: readonly NumericRange[], mask = 0n, bits = 0n, tests: ReadonlyMap<string, boolean> = new Map()) {
    this.ranges = ranges;
    this.mask = mask;
    this.bits = bits;
    this.tests = tests;
  }

  toString(): string {
    if (this.text === null) {
      const tests = [...this.tests].map(([test, answer]) => `${test}=${answer}`);
      this.text = `?${this.ranges.map(({ low, high }) => `${low}-${high}`)}/${this.mask}:${this.bits}/${tests}`;
    }
    return this.text;
  }
}

export type Numeric = bigint | UnknownNumber;

/** What a test of something unknown leads to: its value on both ways; null for a way that cannot be. */
export interface Ways<T> {
  yes: T | null;
  no: T | null;
}

/** An unknown number of so many bits. */
export function anyNumber(bits: number): UnknownNumber {
  let any = anyOf.get(bits);
  if (any === undefined) {
    any = new UnknownNumber([{ low: 0n, high: (1n << BigInt(bits)) - 1n }]);
    anyOf.set(bits, any);
  }
  return any;
}

const anyOf = new Map<number, UnknownNumber>();

/** Splits by `(value & and) in ranges`; `and` null: the whole value. */
export function splitNumber(value: UnknownNumber, and: bigint | null, ranges: readonly NumericRange[]): Ways<Numeric> {
  return and === null ? splitRanges(value, ranges) : splitBits(value, and, ranges);
}

function splitRanges(value: UnknownNumber, ranges: readonly NumericRange[]): Ways<Numeric> {
  const inside: NumericRange[] = [];
  const outside: NumericRange[] = [];
  const wanted = [...ranges].sort((a, b) => (a.low < b.low ? -1 : 1));
  for (const own of value.ranges) {
    let from = own.low;
    for (const { low, high } of wanted) {
      if (high < from || low > own.high) continue;
      let start = from;
      let end = own.high;
      if (low > start) start = low;
      if (high < end) end = high;
      if (start > from) outside.push({ low: from, high: start - 1n });
      inside.push({ low: start, high: end });
      from = end + 1n;
    }
    if (from <= own.high) outside.push({ low: from, high: own.high });
  }
  return { yes: narrowed(value, inside), no: narrowed(value, outside) };
}

function narrowed(value: UnknownNumber, ranges: readonly NumericRange[]): Numeric | null {
  const [first] = ranges;
  if (first === undefined) return null;
  if (ranges.length > 1 || first.low !== first.high)
    return new UnknownNumber(ranges, value.mask, value.bits, value.tests);
  return (first.low & value.mask) === value.bits ? first.low : null;
}

function splitBits(value: UnknownNumber, and: bigint, ranges: readonly NumericRange[]): Ways<Numeric> {
  const open = and & ~value.mask;
  if (open === 0n) {
    const known = value.bits & and;
    return ranges.some(({ low, high }) => known >= low && known <= high)
      ? { yes: value, no: null }
      : { yes: null, no: value };
  }
  const test = `${and} ${ranges.map(({ low, high }) => `${low}-${high}`)}`;
  const answer = value.tests.get(test);
  if (answer !== undefined) return answer ? { yes: value, no: null } : { yes: null, no: value };
  const [only] = ranges;
  const decided = (yes: boolean) =>
    new UnknownNumber(value.ranges, value.mask, value.bits, new Map(value.tests).set(test, yes));
  if (ranges.length !== 1 || only === undefined || only.low !== only.high)
    return { yes: decided(true), no: decided(false) };
  const wanted = only.low;
  if ((wanted & ~and) !== 0n || ((wanted ^ value.bits) & and & value.mask) !== 0n) return { yes: null, no: value };
  const withBits = (bits: bigint) =>
    new UnknownNumber(value.ranges, value.mask | and, (value.bits & ~and) | bits, value.tests);
  const oneBit = (open & (open - 1n)) === 0n;
  return { yes: withBits(wanted), no: oneBit ? withBits(wanted ^ open) : decided(false) };
}

/** An interface name that is not known, with what it was decided to be like and not like. */
export class UnknownName {
  /** It begins with this. */
  readonly prefix: string;
  readonly not: readonly NamePattern[];
  /** There may be none at all: the empty name. */
  readonly mayBeNone: boolean;

  constructor(prefix: string, not: readonly NamePattern[], mayBeNone = false) {
    this.prefix = prefix;
    this.not = not;
    this.mayBeNone = mayBeNone;
  }

  toString(): string {
    return `?${this.mayBeNone ? '?' : ''}${this.prefix}*!${this.not.map(({ name, prefix }) => name + (prefix ? '*' : ''))}`;
  }
}

export type Name = string | UnknownName;

/** True when the pattern fits the name. */
export function nameFits(name: string, pattern: NamePattern): boolean {
  return pattern.prefix ? name.startsWith(pattern.name) : name === pattern.name;
}

/** Splits by whether the pattern fits. */
export function splitName(value: UnknownName, pattern: NamePattern): Ways<Name> {
  const { prefix, not } = value;
  if (pattern.name === '' && !pattern.prefix)
    return value.mayBeNone ? { yes: '', no: new UnknownName(prefix, not) } : { yes: null, no: value };
  if (pattern.prefix && prefix.startsWith(pattern.name) && (!value.mayBeNone || pattern.name === ''))
    return { yes: value, no: null };
  const possible = pattern.name.startsWith(prefix) && !not.some(other => covers(other, pattern));
  if (!possible) return { yes: null, no: value };
  return {
    yes: pattern.prefix ? new UnknownName(pattern.name, not) : pattern.name,
    no: new UnknownName(prefix, [...not, pattern], value.mayBeNone),
  };
}

function covers(outer: NamePattern, inner: NamePattern): boolean {
  return outer.prefix ? inner.name.startsWith(outer.name) : !inner.prefix && inner.name === outer.name;
}
