import { matchWords } from '../../model/rule-words.ts';
import type {
  AddressType,
  KeyPart,
  Match,
  NamedSet,
  NetFamily,
  Operand,
  SetElement,
  SetRef,
} from '../../model/rules.ts';
import { holds } from './holds.ts';
import { inIpset } from './ipsets.ts';
import { type FrontPacket, fieldOf, type Scope } from './packet.ts';

/** What a match says of a packet to the front end. */
export type Decision =
  /** `specific`: it asks for this very address or port. */
  | { kind: 'yes'; specific: boolean }
  | { kind: 'no' }
  /** A client that came before: `no` for one that did not. */
  | { kind: 'affinity'; words: string }
  /** True with this probability, a fraction as text. */
  | { kind: 'chance'; chance: string; negated: boolean }
  /** It depends on the client: `of` is the question, `answer` what the match wants. */
  | { kind: 'ask'; of: string; answer: boolean; specific: boolean };

const no: Decision = { kind: 'no' };

function known(truth: boolean, negated: boolean, specific = false): Decision {
  return truth !== negated ? { kind: 'yes', specific: specific && truth } : no;
}

function ask(match: Match, family: NetFamily, specific = false): Decision {
  const negated = 'negated' in match && match.negated;
  const plain = negated ? ({ ...match, negated: false } as Match) : match;
  return { kind: 'ask', of: matchWords(plain, family), answer: !negated, specific };
}

/** Decides a match for a new connection of a client that is not known. */
export function decide(match: Match, packet: FrontPacket, scope: Scope): Decision {
  switch (match.kind) {
    case 'compare': {
      const value = operandValue(match.left, packet);
      if (value === undefined) return ask(match, scope.family);
      const found = match.right.find(part => holds(part, value));
      return known(found !== undefined, match.negated, isExact(found) && isAim(match.left));
    }
    case 'lookup': {
      const set = setOf(match.set, scope);
      const found = lookUp(match.left, set, packet);
      if (found === null)
        return set?.dynamic ? { kind: 'affinity', words: matchWords(match, scope.family) } : ask(match, scope.family);
      return known(found.length > 0, match.negated, isAim(match.left));
    }
    case 'ipset': {
      const found = inIpset(scope.ipsets, match.set, match.directions, packet);
      const specific = match.directions.every(side => side === 'dst');
      return found === null
        ? ask(match, scope.family, match.directions[0] === 'dst')
        : known(found, match.negated, specific);
    }
    case 'ctState':
      return known(match.states.includes('new'), match.negated);
    case 'addrtype':
      return match.address === 'saddr' ? ask(match, scope.family) : destinationType(match, packet, scope);
    case 'statistic':
      return { kind: 'chance', chance: match.chance, negated: match.negated };
    case 'recent':
      if (match.op === 'set' || match.op === 'remove') return known(true, match.negated);
      return match.negated ? known(true, false) : { kind: 'affinity', words: matchWords(match, scope.family) };
    case 'limit':
      return known(match.whenFresh, false);
    case 'rpfilter':
      return known(!match.invert, false);
    case 'ipvs':
    case 'bridged':
    case 'socket':
    case 'opaque':
      return ask(match, scope.family);
  }
}

/** The elements whose key the packet has; null: the packet's value, or what is in the set, is not known. */
export function lookUp(key: Operand, set: NamedSet | undefined, packet: FrontPacket): SetElement[] | null {
  if (!set?.elements) return null;
  const values = (key.kind === 'concat' ? key.of : [key]).map(part => operandValue(part, packet));
  if (values.every(value => value === undefined)) return set.elements.length === 0 && !set.dynamic ? [] : null;
  const possible = set.elements.filter(element =>
    element.key.every((part, at) => values[at] === undefined || holds(part, values[at])),
  );
  return possible.length > 0 && values.includes(undefined) ? null : possible;
}

/** The set that an expression names. */
export function setOf(ref: SetRef, { table }: Scope): NamedSet | undefined {
  return ref.kind === 'anonymous' ? ref.set : table.sets.get(ref.name);
}

/** The value that an operand has for the packet; undefined: not known. */
function operandValue(operand: Operand, packet: FrontPacket): bigint | string | undefined {
  switch (operand.kind) {
    case 'field':
      return fieldOf(packet, operand.field) ?? undefined;
    case 'value':
      return operand.value;
    case 'bits': {
      const of = operandValue(operand.of, packet);
      if (typeof of !== 'bigint') return undefined;
      const bits = (of & operand.and) ^ operand.xor;
      return operand.shift >= 0 ? bits << BigInt(operand.shift) : bits >> BigInt(-operand.shift);
    }
    case 'fib':
      if (operand.address !== 'daddr' || operand.result !== 'type' || packet.local === null) return undefined;
      return packet.local ? 'local' : 'unicast';
    default:
      return undefined;
  }
}

function isExact(part: KeyPart | undefined): boolean {
  return part !== undefined && !('name' in part) && part.low === part.high;
}

/** True for the destination address or port, alone or among others. */
function isAim(operand: Operand): boolean {
  if (operand.kind === 'concat') return operand.of.some(isAim);
  return operand.kind === 'field' && (operand.field === 'daddr' || operand.field === 'dport');
}

function destinationType(match: Extract<Match, { kind: 'addrtype' }>, packet: FrontPacket, scope: Scope): Decision {
  if (packet.local === null || match.limit !== null) return ask(match, scope.family);
  const type: AddressType = packet.local ? 'local' : 'unicast';
  return known(match.types.includes(type), match.negated);
}
