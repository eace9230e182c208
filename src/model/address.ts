import type { Family } from './report.ts';

/** An IP prefix; an address is one of full length. `value` has its host bits as written. */
export interface Prefix {
  family: Family;
  value: bigint;
  length: number;
}

const bits = { IPv4: 32, IPv6: 128 } as const;

/** Reads an address or CIDR of either family, IPv6 in any form of RFC 4291; null when it is neither. */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const family: Family = address.includes(':') ? 'IPv6' : 'IPv4';
  const value = family === 'IPv6' ? parseIPv6(address) : parseIPv4(address);
  if (value === null || (slash !== -1 && !/^\d{1,3}$/.test(text.slice(slash + 1)))) return null;
  const prefixLength = slash === -1 ? bits[family] : Number(text.slice(slash + 1));
  return prefixLength > bits[family] ? null : { family, value, length: prefixLength };
}

/** True when `outer` holds all of `inner`. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  const shift = BigInt(bits[outer.family] - outer.length);
  return outer.value >> shift === inner.value >> shift;
}

/** The first and last address of a prefix. */
export function prefixRange({ family, value, length }: Prefix): { low: bigint; high: bigint } {
  const host = (1n << BigInt(bits[family] - length)) - 1n;
  return { low: value - (value & host), high: value | host };
}

/** An address as RFC 5952 writes it, so that texts of different tools can be compared; other text as it is. */
export function canonical(text: string): string {
  if (!text.includes(':')) return text;
  const value = parseIPv6(text);
  return value === null ? text : formatIPv6(value);
}

/** An address's number as text: IPv4 dotted, IPv6 as RFC 5952 writes it. */
export function formatAddress(value: bigint, family: Family): string {
  return family === 'IPv6' ? formatIPv6(value) : [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 0xffn).join('.');
}

/** The family of an address or CIDR by its form. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** `address:port` with IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function parseIPv4(text: string): bigint | null {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let octets = 1;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) {
      octet = octet * 10 + digit;
      if (++digits > 3 || octet > 255) return null;
    } else {
      if (text[at] !== '.' || digits === 0 || ++octets > 4) return null;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    }
  }
  return octets === 4 && digits > 0 ? BigInt(value * 256 + octet) : null;
}

function parseIPv6(text: string): bigint | null {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (tail?.[1] !== undefined && tail[2] !== undefined) {
    const last = parseIPv4(tail[2]);
    if (last === null) return null;
    return parseIPv6(`${tail[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`);
  }
  const [head = '', rest, more] = text.split('::');
  if (more !== undefined) return null;
  const before = head === '' ? [] : head.split(':');
  const after = rest === undefined || rest === '' ? [] : rest.split(':');
  const missing = 8 - before.length - after.length;
  if (rest === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...Array<string>(Math.max(missing, 0)).fill('0'), ...after];
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function formatIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(112 - 16 * at)) & 0xffffn));
  if (value >> 32n === 0xffffn) return `::ffff:${formatAddress(value & 0xffffffffn, 'IPv4')}`;
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map(group => group.toString(16));
  if (best.length < 2) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
