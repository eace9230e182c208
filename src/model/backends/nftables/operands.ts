import { isObject } from '../../../parse/json.ts';
import type { Operand } from '../../rules.ts';
import { constant, type Domain, integer } from './domains.ts';
import type { Place } from './place.ts';
import { isGiven, type Need, select } from './selectors.ts';
import { dataDomains, setRef } from './set-ref.ts';

/** An expression lowered: its value, what each component of it is, and what must hold before. */
export interface Lowered {
  operand: Operand;
  /** One for each component of a concatenation. */
  domains: readonly Domain[];
  needs: readonly Need[];
}

/** Lowers what has a value for a packet; what is not modelled is an opaque operand. `raw` is what to call it. */
export function lowerOperand(expression: unknown, place: Place, raw: string): Lowered {
  const opaque: Lowered = { operand: { kind: 'opaque', raw }, domains: [integer], needs: [] };
  if (!isObject(expression)) return opaque;
  const [kind = ''] = Object.keys(expression);
  const of = expression[kind];
  if (kind === 'concat' && Array.isArray(of)) {
    const parts = of.map(part => lowerOperand(part, place, raw));
    return {
      operand: { kind: 'concat', of: parts.map(({ operand }) => operand) },
      domains: parts.flatMap(({ domains }) => domains),
      needs: parts.flatMap(({ needs }) => needs),
    };
  }
  if (isBitOperator(kind) && Array.isArray(of)) return lowerBits(kind, of, place, raw) ?? opaque;
  if (kind === 'map' && isObject(of)) {
    const key = lowerOperand(of['key'], place, raw);
    const domains = dataDomains(of['data'], place);
    const map = setRef(of['data'], key.domains, domains, place);
    if (map === null) return { ...opaque, needs: key.needs };
    return { operand: { kind: 'map', key: key.operand, map }, domains, needs: key.needs };
  }
  const selected = select(expression, place.family);
  return selected === null ? opaque : { operand: selected.operand, domains: [selected.domain], needs: selected.needs };
}

type BitOperator = '&' | '|' | '^' | '<<' | '>>';

function isBitOperator(kind: string): kind is BitOperator {
  return kind === '&' || kind === '|' || kind === '^' || kind === '<<' || kind === '>>';
}

/** Newer nft gives more than two operands at once; they bind to the left. */
function lowerBits(operator: BitOperator, terms: readonly unknown[], place: Place, raw: string): Lowered | null {
  const fragment = operator === '&' ? fragmentOffset(terms, place) : null;
  if (fragment !== null) return fragment;
  const [first, ...others] = terms;
  let result = lowerOperand(first, place, raw);
  for (const term of others) {
    const [domain = integer] = result.domains;
    const number = constant(term, domain) ?? constant(term, integer);
    const operand =
      number === null
        ? mix(operator, result, lowerOperand(term, place, raw))
        : masked(result.operand, operator, number, domain);
    if (operand === null || result.operand.kind === 'opaque') return null;
    result = { ...result, operand };
  }
  return result;
}

/** `ip frag-off & 0x1fff`: the low 13 bits are the offset; the flags above are not modelled. */
function fragmentOffset([field, mask]: readonly unknown[], { family }: Place): Lowered | null {
  const { payload } = (field ?? {}) as { payload?: { protocol?: unknown; field?: unknown } };
  const and = constant(mask, integer);
  if (payload?.protocol !== 'ip' || payload.field !== 'frag-off' || and === null || and > 0x1fffn) return null;
  const need: Need = { field: 'nfproto', value: 4n };
  const of: Operand = { kind: 'field', field: 'fragmentOffset' };
  return {
    operand: { kind: 'bits', of, and, xor: 0n, shift: 0 },
    domains: [integer],
    needs: isGiven(need, family) ? [] : [need],
  };
}

/** Two things that are not constant can only be mixed by xor. */
function mix(operator: BitOperator, left: Lowered, right: Lowered): Operand | null {
  return operator === '^' ? { kind: 'xor', of: [left.operand, right.operand] } : null;
}

function masked(of: Operand, operator: BitOperator, number: bigint, { bits }: Domain): Operand {
  const all = (1n << BigInt(bits === 0 ? 32 : bits)) - 1n;
  switch (operator) {
    case '&':
      return withBits(of, number & all, 0n, 0);
    case '|':
      return withBits(of, all & ~number, number & all, 0);
    case '^':
      return withBits(of, all, number & all, 0);
    case '<<':
      // What is shifted out is lost.
      return withBits(of, all >> number, 0n, Number(number));
    case '>>':
      return withBits(of, all, 0n, -Number(number));
  }
}

/** Two operations without a shift between are one. */
function withBits(of: Operand, and: bigint, xor: bigint, shift: number): Operand {
  if (of.kind === 'bits' && of.shift === 0) {
    return { kind: 'bits', of: of.of, and: of.and & and, xor: (of.xor & and) ^ xor, shift };
  }
  return { kind: 'bits', of, and, xor, shift };
}
