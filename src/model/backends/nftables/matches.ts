import type { JsonObject } from '../../../parse/json.ts';
import { isObject } from '../../../parse/json.ts';
import type { CtState, KeyPart, Match, Operand } from '../../rules.ts';
import { constant, integer, isAddressType, keyPart } from './domains.ts';
import { ctStates } from './names.ts';
import { type Lowered, lowerOperand } from './operands.ts';
import type { Place } from './place.ts';
import { lowerRandom } from './random.ts';
import type { Need } from './selectors.ts';
import { setRef } from './set-ref.ts';

/** A match lowered, with what must hold before it. */
export interface LoweredMatch {
  match: Match;
  needs: readonly Need[];
}

/** Lowers `{"match": {op, left, right}}`; what is not modelled is an opaque match. */
export function lowerMatch(of: JsonObject, place: Place, raw: string): LoweredMatch {
  const left = lowerOperand(of['left'], place, raw);
  const random = lowerRandom(of);
  if (random !== null) return { match: random, needs: [] };
  const match = isObject(of['left']) && 'socket' in of['left'] ? socket(of, raw) : compare(left, of, place);
  return { match: match ?? { kind: 'opaque', raw }, needs: left.needs };
}

function compare(left: Lowered, of: JsonObject, place: Place): Match | null {
  const op = String(of['op'] ?? '==');
  if (left.operand.kind === 'opaque') return null;
  if (typeof of['right'] === 'boolean') return exists(left, op, of['right']);
  const negated = op === '!=';
  if (op === 'in' || op === '!') return flags(left, of['right'], op === '!');
  if (op !== '==' && op !== '!=') return ordered(left, op, of['right']);
  const set = setRef(of['right'], left.domains, null, place);
  if (set === null) return equal(left, of['right'], negated);
  const elements = set.kind === 'anonymous' ? set.set.elements : null;
  if (set.kind === 'named' || elements === null || left.domains.length > 1) {
    return { kind: 'lookup', left: left.operand, negated, set };
  }
  const parts = elements.flatMap(({ key }) => key.slice(0, 1));
  return (
    addressType(left.operand, parts, negated) ??
    states(left.operand, parts, negated) ??
    among(left.operand, parts, negated)
  );
}

function among(left: Operand, right: readonly KeyPart[], negated: boolean): Match {
  return { kind: 'compare', left, negated, right };
}

function equal(left: Lowered, value: unknown, negated: boolean): Match | null {
  if (left.operand.kind === 'concat') return concatenated(left, value, negated);
  const [domain = integer] = left.domains;
  const part = keyPart(value, domain);
  if (part === null) return null;
  return (
    addressType(left.operand, [part], negated) ??
    states(left.operand, [part], negated) ??
    among(left.operand, [part], negated)
  );
}

/** `ip saddr . tcp dport 10.0.0.1 . 80`, which nft takes for a set of one. */
function concatenated(left: Lowered, value: unknown, negated: boolean): Match | null {
  const place = { family: 'inet', file: '', line: null, handle: null, mapData: () => null, expected: [] } as const;
  const set = setRef({ set: [value] }, left.domains, null, place);
  return set === null ? null : { kind: 'lookup', left: left.operand, negated, set };
}

const inverted: Readonly<Record<string, string>> = { '<': '>=', '<=': '>' };

/** `<`, `<=`, `>`, `>=`. */
function ordered({ operand, domains }: Lowered, op: string, value: unknown): Match | null {
  const [domain = integer] = domains;
  const number = constant(value, domain);
  if (number === null || domains.length > 1 || domain.named) return null;
  const up = inverted[op] ?? op;
  if (up !== '>' && up !== '>=') return null;
  const low = up === '>' ? number + 1n : number;
  const all = (1n << BigInt(Math.max(domain.bits, 32))) - 1n;
  const range = up === op ? { low, high: all } : { low: 0n, high: low - 1n };
  return among(operand, range.low > range.high ? [] : [range], false);
}

/** `tcp flags syn`, `ct status dnat,snat`: one of the bits is set; `!`: none is. */
function flags({ operand, domains }: Lowered, value: unknown, none: boolean): Match | null {
  const [domain = integer] = domains;
  const bits = constant(value, domain);
  if (bits === null || domains.length > 1 || domain.named) return null;
  if (isState(operand)) return stateMatch(state => ((state & bits) !== 0n) !== none);
  const left: Operand = { kind: 'bits', of: operand, and: bits, xor: 0n, shift: 0 };
  return among(left, [{ low: 0n, high: 0n }], !none);
}

function exists({ operand, domains }: Lowered, op: string, present: boolean): Match | null {
  if (operand.kind !== 'fib' || domains.length > 1 || operand.result !== 'oifname') return null;
  return among(operand, [{ name: '', prefix: false }], present === (op !== '!='));
}

/** `fib daddr type local`: as xt_addrtype, where the lookup is bound to one interface at most. */
function addressType(operand: Operand, parts: readonly KeyPart[], negated: boolean): Match | null {
  if (operand.kind !== 'fib' || operand.result !== 'type' || operand.by.length > 1 || operand.by[0] === 'mark')
    return null;
  const types = parts.map(part => ('name' in part ? part.name : '')).filter(isAddressType);
  if (types.length !== parts.length) return null;
  return { kind: 'addrtype', address: operand.address, types, negated, limit: operand.by[0] ?? null };
}

const isState = (operand: Operand) => operand.kind === 'field' && operand.field === 'ctState';

/** A packet has one state: any test of its bits is a list of states. */
function states(operand: Operand, parts: readonly KeyPart[], negated: boolean): Match | null {
  const isIn = (value: bigint) => parts.some(part => 'low' in part && value >= part.low && value <= part.high);
  if (isState(operand)) return stateMatch(state => isIn(state) !== negated);
  if (operand.kind !== 'bits' || !isState(operand.of) || operand.shift !== 0) return null;
  return stateMatch(state => isIn((state & operand.and) ^ operand.xor) !== negated);
}

function stateMatch(holds: (state: bigint) => boolean): Match {
  const names = (Object.keys(ctStates) as CtState[]).filter(name => holds(ctStates[name] ?? 0n));
  return { kind: 'ctState', states: names, negated: false };
}

/** `socket transparent 1`. */
function socket(of: JsonObject, raw: string): Match | null {
  const [right, op] = [of['right'], of['op'] ?? '=='];
  if ((right !== 0 && right !== 1) || (op !== '==' && op !== '!=')) return null;
  return { kind: 'socket', raw, negated: (right === 0) === (op === '==') };
}

/** The test that stands before a rule's own, for a header to be there. */
export function needMatch({ field, value }: Need): Match {
  return { kind: 'compare', left: { kind: 'field', field }, negated: false, right: [{ low: value, high: value }] };
}
