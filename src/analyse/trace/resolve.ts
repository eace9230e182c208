import Fraction from 'fraction.js';
import { addressWords, operandWords } from '../../model/operand-words.ts';
import type { KeyPart, Operand, SetElement } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { anyElement, find, setOf } from './sets.ts';
import { taking, times } from './share.ts';
import type { Place, State } from './state.ts';
import { bits, type Resolved, read, type Value, xor } from './values.ts';

/** More values than this of a range are not told apart. */
const mostValues = 256n;

/** The values of an operand, each with its way: numgen, hashes, ranges to choose from and maps part them. */
export function resolve(context: Context, place: Place, state: State, operand: Operand): Resolved[] {
  const simple = read(state, operand);
  if (simple !== undefined) return [{ state, value: simple }];
  switch (operand.kind) {
    case 'numgen':
      return Array.from({ length: operand.mod }, (_, at) => {
        const way = state.clone();
        way.share = times(state.share, new Fraction(1, operand.mod));
        return { state: way, value: BigInt(operand.offset + at) };
      });
    case 'hash':
      return oneOf(context, state, BigInt(operand.offset), BigInt(operand.offset + operand.mod - 1), operand.raw);
    case 'oneOf': {
      const { low, high } = operand.range;
      const words = high > 0xffffn ? addressWords : operandWords;
      return oneOf(context, state, low, high, words(operand, place.table.family));
    }
    case 'fib':
      return context.routing.fib(context, state, operand);
    case 'map':
      return lookUp(context, place, state, operand.key, operand).flatMap(({ state: way, element }) => {
        if (element === null) return { state: way, value: null };
        if (element === 'unknown' || element.data === null || 'kind' in element.data)
          return { state: way, value: { kind: 'opaque' as const, raw: operandWords(operand, place.table.family) } };
        return dataValues(context, way, element.data);
      });
    case 'bits':
      return resolve(context, place, state, operand.of).map(({ state: way, value }) => ({
        state: way,
        value: bits(value, operand) ?? null,
      }));
    case 'xor':
      return all(context, place, state, operand.of).map(({ state: way, values }) => ({
        state: way,
        value: xor(values) ?? null,
      }));
    case 'concat':
      return all(context, place, state, operand.of).map(({ state: way, values }) => ({
        state: way,
        value: values.includes(null) ? null : values,
      }));
    default:
      return [{ state, value: { kind: 'opaque', raw: operandWords(operand, place.table.family) } }];
  }
}

function all(
  context: Context,
  place: Place,
  state: State,
  operands: readonly Operand[],
): { state: State; values: Value[] }[] {
  let ways: { state: State; values: Value[] }[] = [{ state, values: [] }];
  for (const operand of operands)
    ways = ways.flatMap(({ state: way, values }) =>
      resolve(context, place, way, operand).map(next => ({ state: next.state, values: [...values, next.value] })),
    );
  return ways;
}

function oneOf(context: Context, state: State, low: bigint, high: bigint, raw: string): Resolved[] {
  if (low === high) return [{ state, value: low }];
  const ways = high - low + 1n;
  if (ways > mostValues) {
    return [{ state, value: { kind: 'opaque', raw } }];
  }
  const choice = context.choice(Number(ways));
  return Array.from({ length: Number(ways) }, (_, at) => {
    const way = state.clone();
    way.share = taking(state.share, choice, at);
    way.assume(`one of ${raw}`);
    return { state: way, value: low + BigInt(at) };
  });
}

function dataValues(context: Context, state: State, data: readonly KeyPart[]): Resolved[] {
  let ways: { state: State; values: Value[] }[] = [{ state, values: [] }];
  for (const part of data) {
    ways = ways.flatMap(({ state: way, values }) => {
      if ('name' in part) return [{ state: way, values: [...values, part.name] }];
      return oneOf(context, way, part.low, part.high, `${part.low}-${part.high}`).map(next => ({
        state: next.state,
        values: [...values, next.value],
      }));
    });
  }
  return ways.map(({ state: way, values }) => ({
    state: way,
    value: values.length === 1 ? (values[0] ?? null) : values,
  }));
}

/** The elements of a set or map that a key leads to. A numgen key takes its elements by their share of the numbers. */
export function lookUp(
  context: Context,
  place: Place,
  state: State,
  key: Operand,
  holder: { map: Parameters<typeof setOf>[1] },
): { state: State; element: SetElement | null | 'unknown' }[] {
  const set = setOf(place.table, holder.map);
  const words = () =>
    `${operandWords(key, place.table.family)} ${holder.map.kind === 'named' ? `@${holder.map.name}` : '{…}'}`;
  if (key.kind === 'numgen' && set !== undefined && set.elements !== null) {
    const ways: { state: State; element: SetElement | null }[] = [];
    let left = key.mod;
    const add = (count: number, element: SetElement | null) => {
      if (count === 0) return;
      const way = state.clone();
      way.share = times(state.share, new Fraction(count, key.mod));
      ways.push({ state: way, element });
    };
    for (const element of set.elements) {
      const count = numbersIn(element.key[0], key.offset, key.mod);
      left -= count;
      add(count, element);
    }
    add(Math.max(left, 0), null);
    return ways;
  }
  if (key.kind === 'hash' && set !== undefined && set.elements !== null) {
    const covered = set.elements.reduce((sum, { key: [part] }) => sum + numbersIn(part, key.offset, key.mod), 0);
    const ways = anyElement(context, state, set, covered < key.mod);
    for (const way of ways)
      way.state.assume(`${key.raw}: the same flow always takes the same way, which one is not known`);
    return ways;
  }
  return resolve(context, place, state, key).flatMap(({ state: way, value }) =>
    find(context, way, value !== null && typeof value === 'object' && !('kind' in value) ? value : [value], set, words),
  );
}

function numbersIn(part: KeyPart | undefined, offset: number, mod: number): number {
  if (part === undefined || !('low' in part)) return 0;
  const low = Math.max(Number(part.low), offset);
  const high = Math.min(Number(part.high), offset + mod - 1);
  return Math.max(high - low + 1, 0);
}
