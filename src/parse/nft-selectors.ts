import type { JsonObject } from './json.ts';
import type { NftCursor } from './nft-tokens.ts';
import { nftWord } from './nft-words.ts';

/** Reads what a keyword starts; null (nothing read) when the word is only a value here, as `tcp` in `meta l4proto tcp`. */
type Selector = (cursor: NftCursor, readOperand: (cursor: NftCursor) => unknown) => JsonObject | null;

/** Header fields by protocol (nft(8), PAYLOAD EXPRESSIONS). */
const fields: Readonly<Record<string, string>> = {
  ether: 'daddr saddr type',
  vlan: 'id dei cfi pcp type',
  arp: 'htype ptype hlen plen operation saddr daddr',
  ip: 'version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr',
  icmp: 'type code checksum id sequence gateway mtu',
  igmp: 'type mrt checksum group',
  ip6: 'version dscp ecn flowlabel length nexthdr hoplimit saddr daddr',
  icmpv6: 'type code checksum parameter-problem packet-too-big id sequence max-delay taddr daddr',
  tcp: 'sport dport sequence ackseq doff reserved flags window checksum urgptr',
  udp: 'sport dport length checksum',
  udplite: 'sport dport checksum',
  sctp: 'sport dport vtag checksum',
  dccp: 'sport dport type',
  th: 'sport dport',
  ah: 'nexthdr hdrlength reserved spi sequence',
  esp: 'spi sequence',
  comp: 'nexthdr flags cpi',
  gre: 'flags version protocol',
  gretap: '',
  vxlan: 'flags vni',
  geneve: 'flags vni type',
};

/** Extension headers (nft(8), EXTENSION HEADER EXPRESSIONS), of which `rt` is a route expression too. */
const extensionHeaders = ['hbh', 'rt', 'frag', 'dst', 'mh', 'srh', 'auth'];

/** Keys of meta that nft prints, or reads in commands, without the word. */
const unqualifiedMeta = [
  'iif',
  'iifname',
  'iifgroup',
  'iiftype',
  'oif',
  'oifname',
  'oifgroup',
  'oiftype',
  'mark',
  'skuid',
  'skgid',
  'nftrace',
  'rtclassid',
  'cpu',
];

/** Names that are followed by an option's field. */
const optionFields =
  'kind length size shift count left right tsval tsecr value type ptr addr sid tsn flags assoc-id seqno'.split(' ');

/** By the word that starts them. */
export const selectors: ReadonlyMap<string, Selector> = new Map<string, Selector>([
  ...Object.entries(fields).map(([protocol, names]) => [protocol, payload(protocol, names.split(' '))] as const),
  ...extensionHeaders.map(name => [name, extension(name)] as const),
  ...unqualifiedMeta.map(key => [key, unqualified(key)] as const),
  ...['@ll', '@nh', '@th', '@ih'].map(base => [base, rawPayload(base.slice(1))] as const),
  ['meta', keyed('meta')],
  ['socket', socket],
  ['ct', conntrack],
  ['fib', fib],
  ['numgen', numgen],
  ['jhash', hash],
  ['symhash', hash],
  ['exthdr', exists],
  ['osf', osf],
  ['ipsec', ipsec],
]);

function payload(protocol: string, names: readonly string[]): Selector {
  return cursor => {
    const field = cursor.peek(1);
    if (field?.kind !== 'word') return null;
    if (field.text === 'option' || field.text === 'chunk') return option(cursor, `${protocol} ${field.text}`);
    if (!names.includes(field.text)) return null;
    cursor.next();
    return { payload: { protocol, field: cursor.word() } };
  };
}

function option(cursor: NftCursor, kind: string): JsonObject {
  cursor.next();
  cursor.next();
  const name = cursor.word();
  const field = cursor.take(...optionFields);
  return { [kind]: field === null ? { name } : { name, field } };
}

function extension(name: string): Selector {
  return cursor => {
    if (name === 'rt' && !['type', 'seg-left', 'hdrlength', 'nexthdr'].includes(cursor.peek(1)?.text ?? ''))
      return route(cursor);
    cursor.next();
    return { exthdr: { name, field: cursor.word() } };
  };
}

function unqualified(key: string): Selector {
  return cursor => {
    cursor.next();
    return { meta: { key } };
  };
}

function keyed(kind: string): Selector {
  return cursor => {
    cursor.next();
    return { [kind]: { key: cursor.word() } };
  };
}

/** `@nh,8,8`: base, offset and length in bits. */
function rawPayload(base: string): Selector {
  return cursor => {
    cursor.next();
    cursor.expect(',');
    const offset = cursor.number();
    cursor.expect(',');
    return { payload: { base, offset, len: cursor.number() } };
  };
}

function socket(cursor: NftCursor): JsonObject {
  cursor.next();
  const key = cursor.word();
  return cursor.take('level') === null ? { socket: { key } } : { socket: { key, level: cursor.number() } };
}

function conntrack(cursor: NftCursor): JsonObject {
  cursor.next();
  const dir = cursor.take('original', 'reply');
  const family = cursor.take('ip', 'ip6');
  const word = cursor.word();
  const key = family === null ? word : `${family} ${word}`;
  return { ct: dir === null ? { key } : { key, dir } };
}

/** `fib saddr . iif oif`. */
function fib(cursor: NftCursor): JsonObject {
  cursor.next();
  const flags = [cursor.word()];
  while (cursor.take('.') !== null) flags.push(cursor.word());
  return { fib: { result: cursor.word(), flags } };
}

function route(cursor: NftCursor): JsonObject {
  cursor.next();
  const family = cursor.take('ip', 'ip6');
  const key = cursor.word();
  return { rt: family === null ? { key } : { key, family } };
}

function numgen(cursor: NftCursor): JsonObject {
  cursor.next();
  const mode = cursor.word();
  return { numgen: { mode, offset: 0, ...modulus(cursor) } };
}

/** `jhash EXPRESSION mod N seed X offset N`, `symhash mod N offset N`. */
function hash(cursor: NftCursor, readOperand: (cursor: NftCursor) => unknown): JsonObject {
  const kind = cursor.next().text;
  return { [kind]: kind === 'jhash' ? { expr: readOperand(cursor), ...modulus(cursor) } : modulus(cursor) };
}

function modulus(cursor: NftCursor): JsonObject {
  const parts: Record<string, unknown> = {};
  for (let word = cursor.take('mod', 'seed', 'offset'); word !== null; word = cursor.take('mod', 'seed', 'offset')) {
    parts[word] = nftWord(cursor.word());
  }
  return parts;
}

function exists(cursor: NftCursor): JsonObject {
  cursor.next();
  return { exthdr: { name: cursor.word() } };
}

function osf(cursor: NftCursor): JsonObject {
  cursor.next();
  if (cursor.take('ttl') !== null) cursor.word();
  return { osf: { key: cursor.word() } };
}

function ipsec(cursor: NftCursor): JsonObject {
  cursor.next();
  const dir = cursor.word();
  const spnum = cursor.take('spnum') === null ? 0 : cursor.number();
  const family = cursor.take('ip', 'ip6');
  return { ipsec: { key: cursor.word(), dir, spnum, ...(family === null ? {} : { family }) } };
}
