import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import { parsePrefix, prefixRange } from '../../address.ts';
import type { KeyPart, Match, NumericField, NumericRange, Operand } from '../../rules.ts';

export type IpFamily = 'ip' | 'ip6';

/** A rule that cannot be read; the message says why. Never leaves the reading of one rule. */
export class Malformed extends Error {}

/** The value of an option that takes one. */
export function only({ name, values }: IptablesOption): string {
  const [value] = values;
  if (value === undefined || values.length > 1) throw new Malformed(`${name} wants one value`);
  return value;
}

/** A number as xtables reads it (strtoul, base 0). */
export function integer(text: string): bigint {
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  if (!/^(?:0x[0-9a-f]+|\d+)$/i.test(text)) throw new Malformed(`"${text}" is not a number`);
  return BigInt(text);
}

/** `80`, `80:90`, `80:`, `:90`; `last` stands for an end that is left out. */
export function interval(text: string, separator: string, last: bigint): NumericRange {
  const [low = '', high, more] = text.split(separator);
  if (more !== undefined || text === '') throw new Malformed(`"${text}" is not a range`);
  if (high === undefined) return { low: integer(low), high: integer(low) };
  return { low: low === '' ? 0n : integer(low), high: high === '' ? last : integer(high) };
}

export const exactly = (value: bigint): NumericRange => ({ low: value, high: value });

export const fieldOf = (field: NumericField): Operand => ({ kind: 'field', field });

/** All bits of an address. */
export const allBits = (family: IpFamily): bigint => (family === 'ip' ? 0xffffffffn : (1n << 128n) - 1n);

export const allOnes = 0xffffffffn;

export function compare(left: NumericField | Operand, negated: boolean, ...right: KeyPart[]): Match {
  return { kind: 'compare', left: typeof left === 'string' ? fieldOf(left) : left, negated, right };
}

/** The field under a mask: the field itself where the mask keeps all. */
export function underMask(field: NumericField, mask: bigint, all: bigint): Operand {
  return mask === all ? fieldOf(field) : { kind: 'bits', of: fieldOf(field), and: mask, xor: 0n, shift: 0 };
}

/** One address of the family. */
export function address(text: string, family: IpFamily): bigint {
  const prefix = parsePrefix(text);
  if (prefix === null || text.includes('/')) throw new Malformed(`"${text}" is not an address`);
  if ((prefix.family === 'IPv4') !== (family === 'ip')) throw new Malformed(`${text} is of the other family`);
  return prefix.value;
}

/** `address[/length|/mask]`: a mask may have holes. */
export function addressAndMask(text: string, family: IpFamily): { value: bigint; mask: bigint } {
  const [base = '', mask, more] = text.split('/');
  if (more !== undefined) throw new Malformed(`"${text}" is not an address`);
  const value = address(base, family);
  const all = allBits(family);
  if (mask === undefined) return { value, mask: all };
  if (!/^\d{1,3}$/.test(mask)) return { value, mask: address(mask, family) };
  const bits = BigInt(mask);
  const width = family === 'ip' ? 32n : 128n;
  if (bits > width) throw new Malformed(`"${text}" has more than ${width} bits`);
  return { value, mask: all ^ (all >> bits) };
}

/** An address field in a network, whatever its mask. */
export function inNetwork(field: NumericField, text: string, family: IpFamily, negated: boolean): Match {
  const { value, mask } = addressAndMask(text, family);
  const all = allBits(family);
  const host = all ^ mask;
  if ((host & (host + 1n)) === 0n) return compare(field, negated, { low: value & mask, high: value | host });
  return compare(underMask(field, mask, all), negated, exactly(value & mask));
}

/** `value[/mask]` of marks. */
export function valueAndMask(text: string): { value: bigint; mask: bigint } {
  const [value = '', mask, more] = text.split('/');
  if (more !== undefined) throw new Malformed(`"${text}" is not a value with a mask`);
  return { value: integer(value) & allOnes, mask: mask === undefined ? allOnes : integer(mask) & allOnes };
}

/** A network as a range of addresses; without a length, one address. */
export function networkRange(text: string, family: IpFamily): NumericRange {
  const prefix = parsePrefix(text);
  if (prefix !== null && (prefix.family === 'IPv4') === (family === 'ip')) return prefixRange(prefix);
  const { value, mask } = addressAndMask(text, family);
  return { low: value & mask, high: value | (allBits(family) ^ mask) };
}
