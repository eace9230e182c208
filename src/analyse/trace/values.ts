import type { InterfaceField, KeyPart, NumericField, NumericRange, Operand } from '../../model/rules.ts';
import { type Deciding, type Decision, either, undecided } from './decision.ts';
import { taking } from './share.ts';
import type { State, Tracking } from './state.ts';
import {
  type Name,
  type Numeric,
  nameFits,
  splitName,
  splitNumber,
  UnknownName,
  UnknownNumber,
  type Ways,
} from './unknown.ts';

/** What an operand is for a packet: null where the packet has no such thing. */
export type Value = bigint | string | Hidden | null | readonly Value[];

/** A value that hangs on an unknown one: ((field & and) ^ xor) << shift. */
export type Hidden =
  | { kind: 'number'; field: NumericField; and: bigint | null; xor: bigint; shift: number }
  | { kind: 'name'; field: InterfaceField }
  | { kind: 'opaque'; raw: string };

/** A value on one of the ways that it makes. */
export interface Resolved {
  state: State;
  value: Value;
}

/** The value of an operand that has one without ways parting; undefined where they part (numgen, hash, maps, fib). */
export function read(state: State, operand: Operand): Value | undefined {
  switch (operand.kind) {
    case 'field': {
      if (operand.field === 'ctState')
        return stateBits[state.tracking === 'none' && state.template ? 'new' : state.tracking];
      if (isTracked(operand.field) && without.has(state.tracking)) {
        // What the template of `CT --zone` answers.
        if (!state.template || (operand.field !== 'ctMark' && operand.field !== 'ctOriginalL4proto')) return null;
        if (operand.field === 'ctOriginalL4proto') return 0n;
      }
      if (sourcePorts.has(operand.field)) state.asked.port();
      const value = state.numbers[operand.field];
      state.asked.address(value);
      // nft's `th dport` reads the bytes that stand there, whatever the protocol; rules that ask for a protocol stop before.
      if (value === null && (operand.field === 'sport' || operand.field === 'dport'))
        return { kind: 'opaque', raw: `th ${operand.field}` };
      return value instanceof UnknownNumber
        ? { kind: 'number', field: operand.field, and: null, xor: 0n, shift: 0 }
        : value;
    }
    case 'interface': {
      const name = state.interfaces[operand.field];
      return typeof name === 'string' ? name : { kind: 'name', field: operand.field };
    }
    case 'value':
      return operand.value;
    case 'opaque':
      return { kind: 'opaque', raw: operand.raw };
    case 'bits':
      return bits(read(state, operand.of), operand);
    case 'xor':
      return xor(operand.of.map(of => read(state, of)));
    case 'concat': {
      const values: Value[] = [];
      for (const of of operand.of) {
        const value = read(state, of);
        if (value === undefined) return undefined;
        if (value === null) return null;
        values.push(value);
      }
      return values;
    }
    default:
      return undefined;
  }
}

/** What nft's ct state gives (net/netfilter/nft_ct.c); a packet that conntrack has not seen is invalid to it. */
const stateBits: Record<Tracking, bigint> = {
  none: 1n,
  invalid: 1n,
  established: 2n,
  related: 4n,
  new: 8n,
  untracked: 64n,
};

/** An invalid packet has no connection, either (net/netfilter/nf_conntrack_core.c nf_conntrack_in). */
const without: ReadonlySet<Tracking> = new Set(['none', 'untracked', 'invalid']);

/** Fields of the connection: a packet without one has none of them, and no match on them holds. */
function isTracked(field: NumericField): boolean {
  return field.startsWith('ct') && field !== 'ctZone';
}

const sourcePorts: ReadonlySet<NumericField> = new Set(['sport', 'ctOriginalSport', 'ctReplyDport']);

type Bits = { and: bigint; xor: bigint; shift: number };

export function bits(value: Value | undefined, by: Bits): Value | undefined {
  if (typeof value === 'bigint') return shifted((value & by.and) ^ by.xor, by.shift);
  if (value === undefined || value === null) return value;
  if (typeof value === 'object' && 'kind' in value && value.kind === 'number' && value.shift === 0) {
    const and = value.and === null ? by.and : value.and & by.and;
    return { ...value, and, xor: (value.xor & by.and) ^ by.xor, shift: by.shift };
  }
  return { kind: 'opaque', raw: 'a bitwise expression' };
}

function shifted(value: bigint, shift: number): bigint {
  return shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
}

export function xor(values: readonly (Value | undefined)[]): Value | undefined {
  if (values.includes(undefined)) return undefined;
  if (values.includes(null)) return null;
  let known = 0n;
  let hidden: Value | null = null;
  for (const value of values) {
    if (typeof value === 'bigint') known ^= value;
    else if (hidden === null && value !== undefined) hidden = value;
    else return { kind: 'opaque', raw: 'a bitwise expression' };
  }
  return hidden === null ? known : bits(hidden, { and: (1n << 128n) - 1n, xor: known, shift: 0 });
}

/** What a hidden number is, as far as it is known. */
export function asNumeric(state: State, value: Value): Numeric | null {
  if (typeof value === 'bigint' || value === null) return value;
  if (typeof value === 'string' || !('kind' in value) || value.kind !== 'number') return wide;
  const of = state.numbers[value.field];
  if (!(of instanceof UnknownNumber) || value.shift !== 0) return wide;
  if (value.and === null && value.xor === 0n) return of;
  const and = (value.and ?? allOnes) & allOnes;
  return new UnknownNumber(wide.ranges, (~and & allOnes) | (of.mask & and), (of.bits & and) ^ value.xor);
}

const allOnes = 0xffff_ffffn;
const wide = new UnknownNumber([{ low: 0n, high: (1n << 128n) - 1n }]);

/** Whether a known number is one of the parts. */
export function isAmong(value: bigint, parts: readonly KeyPart[]): boolean {
  return parts.some(part => 'low' in part && value >= part.low && value <= part.high);
}

/** Whether the value is one of the parts. `words` say what is asked, for what cannot be decided. */
export function isOneOf(
  context: Deciding,
  state: State,
  value: Value,
  parts: readonly KeyPart[],
  words: () => string,
): Decision {
  if (value === null) return false;
  if (typeof value === 'bigint') return isAmong(value, parts);
  if (typeof value === 'string') return parts.some(part => 'name' in part && nameFits(value, part));
  if (!('kind' in value)) return undecided(context, state, words());
  if (value.kind === 'opaque') return undecided(context, state, words());
  if (value.kind === 'name') return isNamed(context, state, value.field, parts, words);
  const ranges = unshifted(value, parts);
  const own = state.numbers[value.field];
  if (ranges === null || !(own instanceof UnknownNumber)) return undecided(context, state, words());
  const ways = splitNumber(own, value.and, ranges);
  return part(context, state, ways, words, (copy, number) => {
    copy.numbers[value.field] = number;
  });
}

function isNamed(
  context: Deciding,
  state: State,
  field: InterfaceField,
  parts: readonly KeyPart[],
  words: () => string,
): Decision {
  let decision: Decision = false;
  for (const pattern of parts) {
    if (!('name' in pattern)) continue;
    decision = either(state, decision, way => {
      const name = way.interfaces[field];
      if (!(name instanceof UnknownName)) return nameFits(name, pattern);
      return part<Name>(context, way, splitName(name, pattern), words, (copy, known) => {
        copy.interfaces[field] = known;
      });
    });
  }
  return decision;
}

/** Both ways of a test of something unknown, each with what it means for it. */
function part<T>(
  context: Deciding,
  state: State,
  ways: Ways<T>,
  words: () => string,
  write: (state: State, value: T) => void,
): Decision {
  if (ways.no === null) return true;
  if (ways.yes === null) return false;
  const choice = context.choice(2);
  const way = (value: T, at: number) => {
    const copy = state.clone();
    copy.share = taking(state.share, choice, at);
    copy.doubt(words());
    write(copy, value);
    return copy;
  };
  return { yes: [way(ways.yes, 0)], no: [way(ways.no, 1)] };
}

/** The ranges that `field & and` must be in; null where that cannot be said. */
function unshifted(value: Hidden & { kind: 'number' }, parts: readonly KeyPart[]): NumericRange[] | null {
  const ranges: NumericRange[] = [];
  for (const range of parts) {
    if (!('low' in range)) continue;
    let { low, high } = range;
    if (value.shift > 0) {
      const by = BigInt(value.shift);
      low = (low + (1n << by) - 1n) >> by;
      high >>= by;
      if (low > high) continue;
    } else if (value.shift < 0) {
      const by = BigInt(-value.shift);
      low <<= by;
      high = (high << by) | ((1n << by) - 1n);
    }
    if (value.xor !== 0n) {
      if (low !== high) return null;
      low ^= value.xor;
      high = low;
    }
    ranges.push({ low, high });
  }
  return ranges;
}
