import type { JsonObject } from '../../../parse/json.ts';
import type { NumericRange, Operand, Statement } from '../../rules.ts';
import { type Domain, domainOf, keyPart } from './domains.ts';
import { lowerOperand } from './operands.ts';
import type { LoweredStatement, Place } from './place.ts';
import { isGiven, type Need } from './selectors.ts';

const port = domainOf('inet_service');

/** Lowers dnat, snat, masquerade and redirect; null when it is not modelled. */
export function lowerNat(
  nat: 'dnat' | 'snat' | 'masquerade' | 'redirect',
  of: JsonObject,
  place: Place,
  raw: string,
): LoweredStatement | null {
  const family = familyOf(of, place);
  const own = domainOf(family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr');
  const ports = of['port'] === undefined ? null : target(of['port'], [port], place, raw);
  if (of['addr'] === undefined || nat === 'masquerade' || nat === 'redirect') {
    return {
      expressions: [{ kind: 'nat', nat, address: null, port: ports?.operand ?? null, ...chosenAnew(nat, of) }],
      needs: [...(ports?.needs ?? [])],
    };
  }
  // Without a family in an inet table only the address could tell; with a map nothing does.
  if (family === null) return null;
  const network = flagged(of, 'prefix') ? keyPart(of['addr'], own) : null;
  const needs = [...familyNeed(family, place), ...(ports?.needs ?? [])];
  if (network !== null && 'low' in network) return { expressions: [{ kind: 'netmap', nat, network }], needs };
  // A map of prefixes replaces the network part by one that depends on the packet.
  if (flagged(of, 'prefix')) return null;
  const address = target(of['addr'], [own, port], place, raw);
  const statement: Statement = holdsPort(address.operand, address.domains)
    ? { kind: 'natTo', nat, to: address.operand }
    : { kind: 'nat', nat, address: address.operand, port: ports?.operand ?? null, ...chosenAnew(nat, of) };
  return { expressions: [statement], needs: [...needs, ...address.needs] };
}

/** Of the source port: what `random` does to a destination decides nothing that is modelled. */
function chosenAnew(nat: string, of: JsonObject): { random?: true } {
  if (nat !== 'snat' && nat !== 'masquerade') return {};
  const flags: unknown[] = [of['flags']].flat();
  return flags.includes('random') || flags.includes('fully-random') ? { random: true } : {};
}

/** A map to `address . port`, or such a concatenation. */
function holdsPort(operand: Operand, domains: readonly Domain[]): boolean {
  if (operand.kind === 'concat') return true;
  if (operand.kind !== 'map') return false;
  if (operand.map.kind === 'named') return domains.length > 1;
  return operand.map.set.elements?.some(({ data }) => Array.isArray(data) && data.length > 1) === true;
}

function familyOf(of: JsonObject, { family }: Place): 'ip' | 'ip6' | null {
  if (of['family'] === 'ip' || of['family'] === 'ip6') return of['family'];
  if (family === 'ip' || family === 'ip6') return family;
  const text = JSON.stringify(of['addr']) ?? '';
  if (/"\d+\.\d+\.\d+\.\d+"/.test(text)) return 'ip';
  return /"[0-9a-f]*:[0-9a-f:.]*"/i.test(text) ? 'ip6' : null;
}

function familyNeed(family: 'ip' | 'ip6', place: Place): Need[] {
  const need: Need = { field: 'nfproto', value: family === 'ip' ? 4n : 6n };
  return isGiven(need, place.family) ? [] : [need];
}

/** A constant, a range of which the kernel takes one, or an expression. */
function target(value: unknown, expected: readonly Domain[], place: Place, raw: string) {
  const [domain] = expected;
  const part = domain === undefined ? null : keyPart(value, domain);
  if (part !== null && 'low' in part) return { operand: constantOf(part), domains: expected.slice(0, 1), needs: [] };
  return lowerOperand(value, { ...place, expected }, raw);
}

function constantOf(range: NumericRange): Operand {
  return range.low === range.high ? { kind: 'value', value: range.low } : { kind: 'oneOf', range };
}

function flagged(of: JsonObject, flag: string): boolean {
  const flags = of['type_flags'];
  return flags === flag || (Array.isArray(flags) && flags.includes(flag));
}

/** Lowers tproxy with a constant address and port; null for others. */
export function lowerTproxy(of: JsonObject, place: Place): LoweredStatement | null {
  const family = familyOf(of, place);
  const [address, toPort] = [of['addr'], of['port']];
  const own = domainOf(family === 'ip6' ? 'ipv6_addr' : 'ipv4_addr');
  const at = address === undefined ? null : keyPart(address, own);
  const on = toPort === undefined ? null : keyPart(toPort, port);
  const exact = (part: typeof at) => (part !== null && 'low' in part && part.low === part.high ? part.low : null);
  if ((address !== undefined && exact(at) === null) || (toPort !== undefined && exact(on) === null)) return null;
  return {
    expressions: [{ kind: 'tproxy', address: exact(at), port: exact(on) }],
    needs: family === null ? [] : familyNeed(family, place),
  };
}
