import type { JsonObject } from '../../../parse/json.ts';
import { isObject } from '../../../parse/json.ts';
import type { Expression, NumericField } from '../../rules.ts';
import { integer } from './domains.ts';
import { lowerMatch } from './matches.ts';
import { lowerNat, lowerTproxy } from './nat.ts';
import { lowerOperand } from './operands.ts';
import type { LoweredStatement, Place } from './place.ts';
import { lowerReject } from './reject.ts';
import { own, select } from './selectors.ts';
import { setRef } from './set-ref.ts';
import { lowerVerdict } from './verdicts.ts';

/** What a rule can name in its table. */
export interface Names {
  /** Whether the limit or quota of this name matches what is over it. */
  isOver(what: 'limit' | 'quota', name: string): boolean | null;
}

/** Lowers a statement of libnftables-json(5). */
export function lowerStatement(body: JsonObject, raw: string, place: Place, names: Names): LoweredStatement {
  const verdict = lowerVerdict(body);
  if (verdict !== null) return only({ kind: 'verdict', verdict });
  const [kind = ''] = Object.keys(body);
  const of = body[kind];
  switch (kind) {
    case 'match': {
      const { match, needs } = lowerMatch(isObject(of) ? of : {}, place, raw);
      return { expressions: [match], needs };
    }
    case 'vmap':
      return isObject(of) ? lowerVmap(of, place, raw) : opaque(raw);
    case 'mangle':
      return isObject(of) ? lowerMangle(of, place, raw) : opaque(raw);
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return lowerNat(kind, isObject(of) ? of : {}, place, raw) ?? opaque(raw);
    case 'reject':
      return lowerReject(isObject(of) ? of : null, place.family) ?? opaque(raw);
    case 'tproxy':
      return (isObject(of) ? lowerTproxy(of, place) : null) ?? opaque(raw);
    case 'limit':
    case 'quota':
      return lowerLimit(typeof of === 'string' ? names.isOver(kind, of) : isObject(of) && of['inv'] === true, raw);
    case 'ct count':
      return lowerLimit(isObject(of) && of['inv'] === true, raw);
    case 'meter':
      return isObject(of) && isObject(of['stmt']) ? lowerStatement(of['stmt'], raw, place, names) : opaque(raw);
    case 'set':
    case 'map':
      return isObject(of) ? lowerUpdate(of, raw, place, names) : opaque(raw);
    case 'queue':
      return only({ kind: 'queue', raw, bypass: hasWord(of, 'bypass') });
    case 'notrack':
      return only({ kind: 'notrack' });
    case 'xt':
      return lowerXt(isObject(of) ? of : {}, raw);
    default:
      return without.has(kind) ? only({ kind: 'noop', raw }) : opaque(raw);
  }
}

/** Statements that decide nothing: the packet goes on as it was, for all that rules can see. */
const without: ReadonlySet<string> = new Set([
  'counter',
  'last',
  'log',
  'flow',
  'dup',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'reset',
]);

function only(expression: Expression): LoweredStatement {
  return { expressions: [expression], needs: [] };
}

function opaque(raw: string): LoweredStatement {
  return only({ kind: 'opaqueStatement', raw });
}

/** An extension of iptables, of which nft knows the name alone: a match lets the rule go on or not, a target may end it. */
function lowerXt(of: JsonObject, raw: string): LoweredStatement {
  if (of['type'] !== 'match') return opaque(raw);
  return only(of['name'] === 'comment' ? { kind: 'noop', raw } : { kind: 'opaque', raw });
}

/** `over` matches once the tokens are gone; a fresh bucket has them. null: not known which it is. */
function lowerLimit(over: boolean | null, raw: string): LoweredStatement {
  return only(over === null ? { kind: 'opaque', raw } : { kind: 'limit', raw, whenFresh: !over });
}

function lowerVmap(of: JsonObject, place: Place, raw: string): LoweredStatement {
  const key = lowerOperand(of['key'], place, raw);
  const map = setRef(of['data'], key.domains, 'verdict', place);
  if (map === null) return opaque(raw);
  return { expressions: [{ kind: 'vmap', key: key.operand, map }], needs: key.needs };
}

/** An update of a set, with the limit that stands in it. */
function lowerUpdate(of: JsonObject, raw: string, place: Place, names: Names): LoweredStatement {
  const { op, elem } = of;
  const set = of['set'] ?? of['map'];
  if ((op !== 'add' && op !== 'update' && op !== 'delete') || typeof set !== 'string') return opaque(raw);
  const key = isObject(elem) && isObject(elem['elem']) ? elem['elem']['val'] : elem;
  const { operand, needs } = lowerOperand(key, place, raw);
  const inner = Array.isArray(of['stmt']) ? of['stmt'].filter(isObject) : [];
  const more = inner.map(statement => lowerStatement(statement, raw, place, names));
  return {
    expressions: [
      { kind: 'setUpdate', op, set: set.replace(/^@/, ''), key: operand },
      ...more.flatMap(({ expressions }) => expressions),
    ],
    needs: [...needs, ...more.flatMap(statement => statement.needs)],
  };
}

/** What no match that is modelled looks at; of raw bytes (`@th,0,16`) and fragments that cannot be said. */
const unseen = /^(?:meta|ct|tcp option|ip option|exthdr|payload (?!ip frag-off)\w+) /;

/** `meta mark set …`, `ct mark set …`, `ct zone set …`, `ip dscp set …`. */
function lowerMangle(of: JsonObject, place: Place, raw: string): LoweredStatement {
  const key = isObject(of['key']) ? of['key'] : {};
  const name = nameOf(key);
  if (/^ct zone$/.test(name)) return lowerZone(key, of['value'], raw);
  const selected = select(key, place.family);
  if (selected === null && unseen.test(name)) return only({ kind: 'noop', raw });
  if (selected === null || selected.operand.kind !== 'field' || !isWritable(selected.operand.field)) return opaque(raw);
  const { field } = selected.operand;
  const { operand, needs } = lowerValue(of['value'], place, raw, selected.domain);
  return { expressions: [{ kind: 'set', field, value: operand }], needs: [...selected.needs, ...needs] };
}

function lowerValue(value: unknown, place: Place, raw: string, domain = integer) {
  const exact = typeof value === 'number' || typeof value === 'string' ? domain.read(String(value)) : null;
  if (exact !== null) return { operand: { kind: 'value', value: exact } as const, needs: [] };
  return lowerOperand(value, { ...place, expected: [domain] }, raw);
}

function isWritable(field: NumericField): boolean {
  return !(field.startsWith('ct') && field !== 'ctMark') && field !== 'nfproto' && !field.startsWith('socket');
}

function lowerZone(key: JsonObject, value: unknown, raw: string): LoweredStatement {
  const dir = isObject(key['ct']) ? key['ct']['dir'] : undefined;
  if (typeof value !== 'number') return opaque(raw);
  const direction = dir === 'original' || dir === 'reply' ? dir : null;
  return only({ kind: 'ctZone', zone: value, direction });
}

/** `meta mark`, `payload ip ttl`, `tcp option maxseg`. */
function nameOf(key: JsonObject): string {
  const [kind = ''] = Object.keys(key);
  const of = key[kind];
  if (!isObject(of)) return kind;
  return [kind, of['protocol'], of['name'] ?? of['key'] ?? of['field']].filter(part => part !== undefined).join(' ');
}

function hasWord(of: unknown, word: string): boolean {
  const flags = isObject(of) ? own(of, 'flags') : undefined;
  return flags === word || (Array.isArray(flags) && flags.includes(word));
}
