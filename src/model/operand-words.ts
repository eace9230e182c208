import { formatAddress } from './address.ts';
import type { Family } from './report.ts';
import type { InterfaceField, KeyPart, NetFamily, NumericField, NumericRange, Operand, SetRef } from './rules.ts';

/** How the values of a field are written. */
type Form =
  | 'address'
  | 'mac'
  | 'protocol'
  | 'hex'
  | 'direction'
  | 'pkttype'
  | 'ctState'
  | 'ctStatus'
  | 'nfproto'
  | 'number';

/** A field in words, and the form of its values. */
const fields: Record<NumericField | InterfaceField, readonly [words: string, form: Form]> = {
  saddr: ['from', 'address'],
  daddr: ['to', 'address'],
  l4proto: ['protocol', 'protocol'],
  sport: ['source port', 'number'],
  dport: ['port', 'number'],
  icmpType: ['ICMP type', 'number'],
  icmpCode: ['ICMP code', 'number'],
  nfproto: ['family', 'nfproto'],
  mark: ['mark', 'hex'],
  ctMark: ['connection mark', 'hex'],
  ctState: ['connection state', 'ctState'],
  ctStatus: ['connection status', 'ctStatus'],
  ctDirection: ['connection direction', 'direction'],
  ctZone: ['connection zone', 'number'],
  ctOriginalSaddr: ['originally from', 'address'],
  ctOriginalDaddr: ['originally to', 'address'],
  ctOriginalSport: ['original source port', 'number'],
  ctOriginalDport: ['original port', 'number'],
  ctOriginalL4proto: ['original protocol', 'protocol'],
  ctReplySaddr: ['replies from', 'address'],
  ctReplyDaddr: ['replies to', 'address'],
  ctReplySport: ['reply source port', 'number'],
  ctReplyDport: ['reply port', 'number'],
  tcpFlags: ['TCP flags', 'hex'],
  ttl: ['TTL', 'number'],
  dscp: ['DSCP', 'hex'],
  length: ['length', 'number'],
  fragmentOffset: ['fragment offset', 'number'],
  pkttype: ['packet type', 'pkttype'],
  socketUid: ["sender's UID", 'number'],
  socketGid: ["sender's GID", 'number'],
  etherSaddr: ['source MAC', 'mac'],
  priority: ['priority', 'hex'],
  iifname: ['in by', 'number'],
  oifname: ['out by', 'number'],
  physin: ['in by bridge port', 'number'],
  physout: ['out by bridge port', 'number'],
};

/** Names of values (IANA protocol numbers; uapi nf_conntrack_common.h, if_packet.h). */
const names: Partial<Record<Form, Record<string, string>>> = {
  protocol: {
    0: 'any',
    1: 'ICMP',
    2: 'IGMP',
    4: 'IPIP',
    6: 'TCP',
    17: 'UDP',
    41: 'IPv6-in-IP',
    47: 'GRE',
    50: 'ESP',
    51: 'AH',
    58: 'ICMPv6',
    132: 'SCTP',
    136: 'UDP-Lite',
  },
  direction: { 0: 'original', 1: 'reply' },
  pkttype: { 0: 'host', 1: 'broadcast', 2: 'multicast', 3: 'other host' },
  ctState: { 1: 'invalid', 2: 'established', 4: 'related', 8: 'new', 64: 'untracked' },
  ctStatus: { 1: 'expected', 2: 'seen-reply', 4: 'assured', 8: 'confirmed', 16: 'snat', 32: 'dnat' },
  nfproto: { 4: 'IPv4', 6: 'IPv6' },
};

/** What an operand is, in words; it reads on with a value: "from" 10.0.0.1, "port" 80. */
export function operandWords(operand: Operand, family: NetFamily): string {
  switch (operand.kind) {
    case 'field':
    case 'interface':
      return fields[operand.field][0];
    case 'bits': {
      const of = operandWords(operand.of, family);
      const shift = operand.shift === 0 ? '' : operand.shift > 0 ? ` << ${operand.shift}` : ` >> ${-operand.shift}`;
      return `${of} & ${hex(operand.and)}${operand.xor === 0n ? '' : ` ^ ${hex(operand.xor)}`}${shift}`;
    }
    case 'xor':
      return operand.of.map(part => operandWords(part, family)).join(' ^ ');
    case 'concat':
      return operand.of.map(part => operandWords(part, family)).join(' . ');
    case 'value':
      return String(operand.value);
    case 'oneOf':
      return keyPartWords(operand.range, null, family);
    case 'numgen': {
      const of = `${operand.mode === 'random' ? 'random' : 'in turn'} of ${operand.mod}`;
      return operand.offset === 0 ? of : `${of} from ${operand.offset}`;
    }
    case 'hash':
      return `hash of the flow, of ${operand.mod}`;
    case 'fib': {
      const by = operand.by.length === 0 ? '' : ` by ${operand.by.join(', ')}`;
      const whose = operand.address === 'saddr' ? 'source' : 'destination';
      return operand.result === 'type' ? `${whose} type${by}` : `interface towards the ${whose}${by}`;
    }
    case 'map':
      return `what ${setWords(operand.map, family)} has for ${operandWords(operand.key, family)}`;
    case 'opaque':
      return operand.raw;
  }
}

/** One of the values that an operand may have, in the operand's form (null: a number or an address by its size). */
export function keyPartWords(part: KeyPart, operand: Operand | null, family: NetFamily): string {
  if ('name' in part) return part.prefix ? `${part.name}*` : part.name;
  const form = formOf(operand);
  const { low, high } = part;
  if (form === 'address') return addressRange(part, family);
  if (low === 0n && high >= 0xffffffffn) return 'any';
  return low === high ? valueWords(low, form) : `${valueWords(low, form)}-${valueWords(high, form)}`;
}

/** A set: its name, or what is in an anonymous one. */
export function setWords(set: SetRef, family: NetFamily, key: Operand | null = null): string {
  if (set.kind === 'named') return `@${set.name}`;
  const parts = key?.kind === 'concat' ? key.of : [key];
  const elements = set.set.elements?.map(element =>
    element.key.map((part, at) => keyPartWords(part, parts[at] ?? null, family)).join(' . '),
  );
  return elements === undefined ? 'a set that is not known' : `{${elements.join(', ')}}`;
}

function formOf(operand: Operand | null): Form {
  if (operand?.kind === 'field') return fields[operand.field][1];
  if (operand?.kind === 'bits') return formOf(operand.of) === 'address' ? 'address' : 'hex';
  if (operand?.kind === 'xor') return 'hex';
  return 'number';
}

function valueWords(value: bigint, form: Form): string {
  if (form === 'hex') return hex(value);
  if (form === 'mac')
    return value
      .toString(16)
      .padStart(12, '0')
      .replace(/..(?=.)/g, '$&:');
  return names[form]?.[String(value)] ?? String(value);
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** An address, a CIDR where the range is one, or the first and the last address. */
function addressRange({ low, high }: NumericRange, net: NetFamily): string {
  const family: Family = net === 'ip6' || (net !== 'ip' && high > 0xffffffffn) ? 'IPv6' : 'IPv4';
  const size = high - low + 1n;
  const hostBits = size.toString(2).length - 1;
  const isPrefix = size === 1n << BigInt(hostBits) && (low & (size - 1n)) === 0n;
  if (!isPrefix) return `${formatAddress(low, family)}-${formatAddress(high, family)}`;
  const address = formatAddress(low, family);
  return hostBits === 0 ? address : `${address}/${(family === 'IPv6' ? 128 : 32) - hostBits}`;
}

/** An address of a statement (`--to-destination`), by the family of its table. */
export function addressWords(operand: Operand, family: NetFamily): string {
  if (operand.kind === 'value' && typeof operand.value === 'bigint')
    return addressRange({ low: operand.value, high: operand.value }, family);
  return operand.kind === 'oneOf' ? addressRange(operand.range, family) : operandWords(operand, family);
}
