import { isObject, type JsonObject, parseJson } from '../parse/json.ts';
import { type Prefix, parsePrefix } from './address.ts';
import { protocolNumber } from './protocols.ts';
import type { PacketInput } from './trace.ts';

/** A packet that was read, or why it cannot be. `given` is what stood there: the JSON value, or the text of what is none. */
export type ReadPacket =
  | { packet: PacketInput; given: unknown; error: null }
  | { packet: null; given: unknown; error: string };

/** tcp, udp, dccp, sctp, udplite. */
const withPorts = new Set([6, 17, 33, 132, 136]);
const icmpOf = { IPv4: 1, IPv6: 58 } as const;

const ctStates = ['new', 'established', 'related', 'invalid', 'untracked'] as const;

const members = [
  'source',
  'destination',
  'protocol',
  'port',
  'sourcePort',
  'in',
  'out',
  'mark',
  'ctState',
  'icmpType',
  'icmpCode',
] as const;

/** What is wrong with a packet, in words for its author. */
class Unreadable extends Error {}

/** Reads one line of `--packets`. */
export function readPacketLine(line: string): ReadPacket {
  const { value, problem } = parseJson(line);
  if (problem !== null) return { packet: null, given: line, error: problem };
  return readPacket(value);
}

/** Reads a packet from its JSON form (PacketInput). Members that are not known are an error: a typing error would else go unseen. */
export function readPacket(given: unknown): ReadPacket {
  try {
    return { packet: toPacket(given), given, error: null };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { packet: null, given, error: error.message };
  }
}

/** True for a protocol whose packets have ports. */
export function hasPorts(protocol: number): boolean {
  return withPorts.has(protocol);
}

function toPacket(given: unknown): PacketInput {
  if (!isObject(given)) throw new Unreadable('not a JSON object');
  for (const key in given)
    if (!(members as readonly string[]).includes(key))
      throw new Unreadable(`unknown member ${JSON.stringify(key)}: a packet has ${members.join(', ')}`);
  const source = address(given, 'source');
  const destination = address(given, 'destination');
  if (source.family !== destination.family)
    throw new Unreadable(`source is ${source.family} and destination is ${destination.family}`);
  const { text: protocol, number } = protocolOf(given, destination.family);
  const packet: PacketInput = {
    source: given['source'] as string,
    destination: given['destination'] as string,
    protocol,
  };
  readPorts(given, packet, protocol, number);
  readIcmp(given, packet, protocol, number);
  for (const key of ['in', 'out'] as const) {
    const name = given[key];
    if (name === undefined || name === null) continue;
    if (typeof name !== 'string' || !/^[^\s/\p{Cc}]{1,15}$/u.test(name))
      throw new Unreadable(`${key} is ${JSON.stringify(name)}, not the name of an interface`);
    packet[key] = name;
  }
  const { mark, ctState } = given;
  if (mark !== undefined && mark !== null) packet.mark = readMark(mark);
  if (ctState !== undefined && ctState !== null) {
    const state = ctStates.find(known => typeof ctState === 'string' && known === ctState.toLowerCase());
    if (state === undefined)
      throw new Unreadable(`ctState is ${JSON.stringify(ctState)}, not one of ${ctStates.join(', ')}`);
    packet.ctState = state;
  }
  return packet;
}

/** Without a prefix length, and without leading zeros, which some tools take for octal. */
function address(given: JsonObject, key: 'source' | 'destination'): Prefix {
  const text = given[key];
  if (text === undefined || text === null) throw new Unreadable(`${key} is missing`);
  const prefix = typeof text === 'string' && !/\/|^0\d|\.0\d/.test(text) ? parsePrefix(text) : null;
  if (prefix === null) throw new Unreadable(`${key} is ${JSON.stringify(text)}, not an IP address`);
  return prefix;
}

/** `icmp` by name is that of the packet's family. */
function protocolOf(given: JsonObject, family: Prefix['family']): { text: string; number: number } {
  const { protocol } = given;
  if (protocol === undefined || protocol === null) throw new Unreadable('protocol is missing');
  const text = typeof protocol === 'number' ? String(protocol) : protocol;
  if (typeof text === 'string' && /^(ip|all|any)$/i.test(text))
    throw new Unreadable(`protocol is ${JSON.stringify(text)}, which is every protocol: a packet has one, such as tcp`);
  const number = typeof text === 'string' ? protocolNumber(text) : null;
  if (number === null || typeof text !== 'string')
    throw new Unreadable(`protocol is ${JSON.stringify(protocol)}, neither a known name nor a number to 255`);
  if (/^icmp$/i.test(text) && family === 'IPv6') return { text: 'icmpv6', number: icmpOf.IPv6 };
  if (number === icmpOf[family === 'IPv4' ? 'IPv6' : 'IPv4'])
    throw new Unreadable(`protocol is ${JSON.stringify(protocol)}, and the addresses are ${family}`);
  return { text: text.toLowerCase(), number };
}

function readPorts(given: JsonObject, packet: PacketInput, protocol: string, number: number): void {
  for (const key of ['port', 'sourcePort'] as const) {
    const value = given[key];
    if (value === undefined || value === null) {
      if (key === 'port' && hasPorts(number)) throw new Unreadable(`port is missing: ${protocol} has ports`);
      continue;
    }
    if (!hasPorts(number)) throw new Unreadable(`${key} is given, and ${protocol} has no ports`);
    packet[key] = whole(key, value, 65_535);
  }
}

function readIcmp(given: JsonObject, packet: PacketInput, protocol: string, number: number): void {
  for (const key of ['icmpType', 'icmpCode'] as const) {
    const value = given[key];
    if (value === undefined || value === null) continue;
    if (number !== icmpOf.IPv4 && number !== icmpOf.IPv6)
      throw new Unreadable(`${key} is given, and ${protocol} has none`);
    packet[key] = whole(key, value, 255);
  }
}

function whole(key: string, value: unknown, highest: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= highest) return value;
  throw new Unreadable(`${key} is ${JSON.stringify(value)}, not a whole number from 0 to ${highest}`);
}

/** A mark in hexadecimal (0x…) or decimal, as text or number. */
function readMark(mark: unknown): string | number {
  const written = typeof mark === 'number' || (typeof mark === 'string' && /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(mark));
  if (written && Number.isInteger(Number(mark)) && Number(mark) >= 0 && Number(mark) <= 0xffff_ffff)
    return mark as string | number;
  throw new Unreadable(`mark is ${JSON.stringify(mark)}, not a number of 32 bits such as 16384 or "0x4000"`);
}
