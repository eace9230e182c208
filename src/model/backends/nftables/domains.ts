import { parsePrefix, prefixRange } from '../../address.ts';
import { protocolNumber } from '../../protocols.ts';
import type { AddressType, KeyPart, NumericRange } from '../../rules.ts';
import * as names from './names.ts';

/** What values of a type of nft are. */
export interface Domain {
  /** The type's name in sets. */
  type: string;
  bits: number;
  /** Names, not numbers, are compared: interfaces, address types. */
  named: boolean;
  /** The number of a word; null for another word. */
  read(word: string): bigint | null;
}

function numeric(type: string, bits: number, words: Readonly<Record<string, bigint>> = {}): Domain {
  const read = (word: string) => (Object.hasOwn(words, word) ? (words[word] ?? null) : toNumber(word));
  return { type, bits, named: false, read };
}

function toNumber(word: string): bigint | null {
  return /^(?:\d{1,40}|0x[0-9a-f]{1,32})$/i.test(word) ? BigInt(word) : null;
}

function address(type: string, bits: 32 | 128): Domain {
  const family = bits === 32 ? 'IPv4' : 'IPv6';
  const read = (word: string) => {
    const prefix = word.includes('/') ? null : parsePrefix(word);
    return prefix?.family === family ? prefix.value : null;
  };
  return { type, bits, named: false, read };
}

const none = () => null;
const named = (type: string): Domain => ({ type, bits: 0, named: true, read: none });

/** By the type's name (nft describe). Types that are not here are integers. */
const domains: Readonly<Record<string, Domain>> = Object.fromEntries(
  [
    address('ipv4_addr', 32),
    address('ipv6_addr', 128),
    { ...numeric('inet_proto', 8), read: (word: string) => asBigint(protocolNumber(word)) },
    numeric('inet_service', 16, names.services),
    numeric('mark', 32),
    numeric('ct_state', 32, names.ctStates),
    numeric('ct_status', 32, names.ctStatuses),
    numeric('ct_dir', 8, names.ctDirections),
    numeric('tcp_flag', 8, names.tcpFlags),
    numeric('icmp_type', 8, names.icmpTypes),
    numeric('icmp_code', 8, names.icmpCodes),
    numeric('icmpv6_type', 8, names.icmpv6Types),
    numeric('icmpv6_code', 8, names.icmpv6Codes),
    numeric('pkt_type', 8, names.packetTypes),
    numeric('nf_proto', 8, names.families),
    numeric('ether_type', 16, names.etherTypes),
    numeric('dscp', 6, names.dscps),
    numeric('uid', 32, { root: 0n }),
    numeric('gid', 32, { root: 0n }),
    { ...numeric('ether_addr', 48), read: (word: string) => readMac(word) },
    { ...numeric('classid', 32), read: readClass },
    named('ifname'),
    named('iface_index'),
    named('fib_addrtype'),
    numeric('integer', 32),
  ].map(domain => [domain.type, domain]),
);

export const integer = numeric('integer', 32);

/** The domain of a type by its name. */
export function domainOf(type: string): Domain {
  return (Object.hasOwn(domains, type) ? domains[type] : undefined) ?? integer;
}

/** The domain of a type that is surely known. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(domains, type);
}

function asBigint(number: number | null): bigint | null {
  return number === null ? null : BigInt(number);
}

function readMac(word: string): bigint | null {
  return /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i.test(word)
    ? BigInt(
        `0x${word
          .split(':')
          .map(byte => byte.padStart(2, '0'))
          .join('')}`,
      )
    : null;
}

/** `1:2`, major and minor in hexadecimal (tc(8)). */
function readClass(word: string): bigint | null {
  const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(word) ?? [];
  if (major === undefined || minor === undefined) return word === 'none' ? 0n : toNumber(word);
  return (BigInt(`0x${major}`) << 16n) | BigInt(`0x${minor}`);
}

const addressTypes: ReadonlySet<string> = new Set<AddressType>([
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
]);

export function isAddressType(word: unknown): word is AddressType {
  return typeof word === 'string' && addressTypes.has(word);
}

/** The number that a constant of libnftables-json(5) is: a number, a word, or flags; null when it cannot be read. */
export function constant(value: unknown, domain: Domain): bigint | null {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= 0 ? (domain.read(String(value)) ?? BigInt(value)) : null;
  if (typeof value === 'string') return domain.read(value);
  const flags = Array.isArray(value) ? value : (value as { '|'?: unknown } | null)?.['|'];
  if (!Array.isArray(flags) || flags.length === 0) return null;
  let bits = 0n;
  for (const flag of flags) {
    const bit = constant(flag, domain);
    if (bit === null) return null;
    bits |= bit;
  }
  return bits;
}

/** All values of a domain. */
export function anything(domain: Domain): KeyPart {
  return domain.named ? { name: '', prefix: true } : { low: 0n, high: (1n << BigInt(domain.bits)) - 1n };
}

/** One component of a compared value: a constant, prefix, range, name or `*`; null when it cannot be read. */
export function keyPart(value: unknown, domain: Domain): KeyPart | null {
  if (value === '*') return anything(domain);
  if (domain.named)
    return typeof value === 'string' || typeof value === 'number' ? namePattern(String(value), domain) : null;
  const { range, prefix } = (value ?? {}) as { range?: unknown; prefix?: { addr?: unknown; len?: unknown } };
  if (Array.isArray(range)) return toRange(constant(range[0], domain), constant(range[1], domain));
  if (prefix !== undefined) return prefixPart(prefix, domain);
  const exact = constant(value, domain);
  return toRange(exact, exact);
}

function toRange(low: bigint | null, high: bigint | null): NumericRange | null {
  return low === null || high === null || low > high ? null : { low, high };
}

function prefixPart({ addr, len }: { addr?: unknown; len?: unknown }, domain: Domain): NumericRange | null {
  if (typeof addr === 'string' && (domain.type === 'ipv4_addr' || domain.type === 'ipv6_addr')) {
    const prefix = parsePrefix(`${addr}/${len}`);
    return prefix === null || (prefix.family === 'IPv4') !== (domain.bits === 32) ? null : prefixRange(prefix);
  }
  const value = constant(addr, domain);
  if (value === null || typeof len !== 'number' || len < 0 || len > domain.bits) return null;
  const host = (1n << BigInt(domain.bits - len)) - 1n;
  return { low: value & ~host, high: value | host };
}

/** `eth*` is a prefix, `eth\*` is not. */
function namePattern(value: string, domain: Domain): KeyPart | null {
  if (domain.type === 'fib_addrtype') return isAddressType(value) ? { name: value, prefix: false } : null;
  // An interface by its number alone is one that was not there when the rules were listed.
  if (domain.type === 'iface_index' && /^[1-9]\d*$/.test(value)) return null;
  // Index 0 is no device.
  if (domain.type === 'iface_index') return { name: value === '0' ? '' : value, prefix: false };
  if (value.endsWith('\\*')) return { name: `${value.slice(0, -2)}*`, prefix: false };
  return value.endsWith('*') ? { name: value.slice(0, -1), prefix: true } : { name: value, prefix: false };
}
