import type { EntryRecord, IpsetRecord } from '../../parse/ipset.ts';
import type { Unread } from '../../parse/records.ts';
import { parsePrefix, prefixRange } from '../address.ts';
import { protocolNumber } from '../protocols.ts';
import type { KeyPart, NamedSet, NumericRange, SetElement } from '../rules.ts';
import { icmpPort } from './icmp-types.ts';

type SetRecord = Extract<IpsetRecord, { kind: 'set' }>;

/**
 * The sets by name. One of which an entry, or an option that changes what its entries mean, cannot be read has elements
 * `null`: whether a packet is in it is not known. `unread` says why.
 */
export function ipsets(
  records: readonly IpsetRecord[],
  { file }: { file: string },
): { sets: Map<string, NamedSet>; unread: Unread[] } {
  const unread: Unread[] = [];
  const sets = new Map<string, NamedSet>();
  const entries = Map.groupBy(
    records.filter(record => record.kind === 'entry'),
    ({ set }) => set,
  );
  const made = new Set<string>();
  for (const record of records) {
    if (record.kind !== 'set') continue;
    made.add(record.name);
    sets.set(record.name, toSet(record, entries.get(record.name) ?? [], file, unread));
  }
  for (const { raw, line, set } of records.filter(record => record.kind === 'entry'))
    if (!made.has(set)) unread.push({ raw, line, why: `no set ${set} was created` });
  return { sets, unread };
}

function toSet(record: SetRecord, entries: EntryRecord[], file: string, unread: Unread[]): NamedSet {
  const { name, type, options, raw, line } = record;
  const layout = readLayout(record);
  const set: NamedSet = {
    name,
    type,
    family: layout?.family ?? null,
    elements: null,
    dynamic: options.has('timeout'),
    source: { file, line, handle: null, raw },
  };
  if (layout === null) {
    unread.push({ raw, line, why: `a set of type ${type} with these options is not modelled` });
    return set;
  }
  if (!record.entries) return set;
  if (type === 'list:set') return { ...set, elements: [], members: entries.map(({ entry }) => entry) };
  const elements = entries.flatMap(entry => {
    const key = readKey(entry, layout);
    if (key === null) unread.push({ raw: entry.raw, line: entry.line, why: `not an entry of a ${type} set` });
    return key === null ? [] : [toElement(entry, key, file)];
  });
  return elements.length === entries.length ? { ...set, elements } : set;
}

function toElement({ nomatch, raw, line }: EntryRecord, key: KeyPart[], file: string): SetElement {
  return { key, nomatch, data: null, source: { file, line, handle: null, raw } };
}

interface Layout {
  parts: PartKind[];
  family: 'IPv4' | 'IPv6' | null;
  bitmap: boolean;
  /** The length that addresses are cut to before they are looked up; null: whole ones are. */
  netmask: number | null;
}

const types = /^(bitmap|hash|list):([a-z,]+)$/;
const partKinds = ['ip', 'net', 'port', 'mac', 'mark', 'iface', 'set'] as const;
type PartKind = (typeof partKinds)[number];

/** null where the type, or an option that changes what matches, is not known. */
function readLayout({ type, options }: SetRecord): Layout | null {
  const [, method, list = ''] = types.exec(type) ?? [];
  const parts = list.split(',');
  if (method === undefined || !parts.every(part => partKinds.some(kind => kind === part))) return null;
  const netmask = options.get('netmask') ?? null;
  // With either, an entry stands for the values that are equal to it under a mask, which need be no range.
  if (options.has('bitmask') || Number(options.get('markmask') ?? 0xffffffff) !== 0xffffffff) return null;
  if (netmask !== null && !/^\d{1,3}$/.test(netmask)) return null;
  const hasAddress = parts.includes('ip') || parts.includes('net');
  const family = hasAddress ? (options.get('family') === 'inet6' ? 'IPv6' : 'IPv4') : null;
  return {
    parts: parts as PartKind[],
    family,
    bitmap: method === 'bitmap',
    netmask: netmask === null ? null : Number(netmask),
  };
}

function readKey(record: EntryRecord, layout: Layout): KeyPart[] | null {
  const texts = record.entry.split(',');
  // A bitmap:ip,mac entry without address takes the first one that it sees.
  if (layout.parts[1] === 'mac' && layout.bitmap && texts.length === 1) texts.push('any');
  if (texts.length !== layout.parts.length) return null;
  const key: KeyPart[] = [];
  for (const [at, kind] of layout.parts.entries()) {
    const parts = readers[kind](texts[at] as string, layout, record);
    if (parts === null) return null;
    key.push(...parts);
  }
  return key;
}

type PartReader = (text: string, layout: Layout, record: EntryRecord) => KeyPart[] | null;

const readers: Record<PartKind, PartReader> = {
  ip: readAddress,
  net: readAddress,
  port: readPort,
  mac: text => {
    if (text === 'any') return [{ low: 0n, high: (1n << 48n) - 1n }];
    return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? [single(BigInt(`0x${text.replaceAll(':', '')}`))] : null;
  },
  mark: text => (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text) ? [single(BigInt(text))] : null),
  iface: (text, _, { wildcard }) => {
    const port = text.startsWith('physdev:');
    const name = port ? text.slice('physdev:'.length) : text;
    return name === '' ? null : [{ name, prefix: wildcard, ...(port ? { bridgePort: true as const } : {}) }];
  },
  set: () => null,
};

function single(value: bigint): NumericRange {
  return { low: value, high: value };
}

/** An address, a CIDR or a range of addresses; of one under a netmask, all that it stands for. */
function readAddress(text: string, { family, netmask }: Layout): NumericRange[] | null {
  const dash = text.indexOf('-');
  const low = readRange(dash === -1 ? text : text.slice(0, dash), family, netmask);
  if (dash === -1 || low === null) return low === null ? null : [low];
  const high = readRange(text.slice(dash + 1), family, netmask);
  return high !== null && low.low <= high.high ? [{ low: low.low, high: high.high }] : null;
}

function readRange(text: string, family: Layout['family'], netmask: number | null): NumericRange | null {
  const prefix = parsePrefix(text);
  if (prefix === null || prefix.family !== family) return null;
  return prefixRange(netmask === null ? prefix : { ...prefix, length: Math.min(netmask, prefix.length) });
}

/** `tcp:80`, in old ones `80`; `icmp:echo-request`; a range of ports. In a bitmap: `80`. */
function readPort(text: string, { bitmap, family }: Layout): NumericRange[] | null {
  const colon = text.indexOf(':');
  const name = colon === -1 ? 'tcp' : text.slice(0, colon);
  const port = text.slice(colon + 1);
  const range = readPortRange(port);
  if (bitmap) return range === null || colon !== -1 ? null : [range];
  const number = protocolNumber(name);
  if (number === null) return null;
  const icmp =
    family !== null && number === (family === 'IPv6' ? 58 : 1)
      ? icmpPort(port, family === 'IPv4' ? 'ip' : 'ip6')
      : null;
  const value = icmp === null ? range : single(icmp);
  return value === null ? null : [single(BigInt(number)), value];
}

function readPortRange(text: string): NumericRange | null {
  if (/^\d{1,4}$/.test(text)) return single(BigInt(text));
  const [, low, high = low] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (low === undefined || high === undefined || Number(high) > 65535 || Number(low) > Number(high)) return null;
  return { low: BigInt(low), high: BigInt(high) };
}
