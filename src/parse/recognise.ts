import { withoutColour } from './ip-text.ts';

/** The kinds of dumps that can be read as a file of their own. */
export type DumpFormat =
  | 'iptables'
  | 'nft'
  | 'nft-json'
  | 'ipset'
  | 'ipvs'
  | 'addr'
  | 'addr-json'
  | 'link'
  | 'link-json'
  | 'route'
  | 'route-json'
  | 'rule'
  | 'rule-json'
  | 'conntrack'
  | 'sysctl';

/** What a text is: a format, nothing at all, or why it is none of those that are known. */
export type Recognised =
  | { format: DumpFormat }
  | { format: null; empty: true; what: string }
  | { format: null; empty: false; what: string };

/** How a line of each text format looks. Formats whose lines could pass for another's stand after it. */
export const lineForms: Readonly<Partial<Record<DumpFormat, RegExp>>> = {
  ipvs: /^(IP Virtual Server version|(TCP|UDP|SCTP|FWM) +\[?[\da-fA-F]+|\s+-> \[?[\da-fA-F.:]+\]?:\w+|-[Aa] (-[tuf]|--sctp-service) )/,
  ipset:
    /^(create \S+ (hash|bitmap|list):|add (?!(table|chain|rule|set|map|element) )\S+ \S+|Name: \S|Type: (hash|bitmap|list):)/,
  iptables:
    /^(\*(nat|filter|mangle|raw|security)\s*$|:\S+ (ACCEPT|DROP|QUEUE|-)(\s|$)|(\[\d+:\d+\] )?-[AINP] [^-\s]\S*|COMMIT\s*$|Chain \S+ \()/,
  nft: /^\s*((add|create|insert) (table|chain|rule|set|map|element) |table (ip6?|inet|arp|bridge|netdev) \S+ \{|(chain|set|map|flowtable) \S+ \{|type (filter|nat|route) hook )/,
  conntrack: /^(ipv[46]\s+\d+\s+)?[a-z0-9]+\s+\d+\s+.*\bsrc=\S+ dst=\S+ .*\bsrc=\S+ dst=/,
  rule: /^\d+:\s+(not )?from \S+/,
  addr: /^(\d+: \S+\s+inet6? \S+ |\s+inet6? [\da-f.:]+)/,
  link: /^(\d+: [^:]+: <[A-Z\d_,-]*> mtu \d+|\s+link\/\S+)/,
  route:
    /^((unicast|local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw) )?(default|[\da-f]*[.:][\da-f.:]*)(\/\d+)?\s.*\b(dev|via|metric|nexthop|proto|scope|table|error)\b/,
  sysctl: /^(net|kernel)\.\S+ ?= ?/,
};

/** Headings of nft list, iptables -L and ipset list: the lines below them have no look of their own. */
const heading = /^(table (ip6?|inet|arp|bridge|netdev) \S+ \{|Chain \S+ \((policy |\d+ references)|Name: \S+\s*$)/;

/** What a JSON document of each format has near its head. */
const documents: Readonly<Partial<Record<DumpFormat, RegExp>>> = {
  'nft-json': /^\{\s*"nftables"\s*:/,
  'addr-json': /^\[\s*\{[\s\S]*?"addr_info"\s*:/,
  'link-json': /^\[\s*\{[\s\S]*?"link_type"\s*:/,
  'rule-json': /^\[\s*\{\s*"priority"\s*:/,
  // Neighbours begin with "dst", too.
  'route-json': /^\[\s*\{\s*"(type|dst)"\s*:(?![\s\S]*"(lladdr|state)"\s*:)/,
};

const openings: readonly [RegExp, string][] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: gzip begins with it
  [/^\u001f/, 'compressed: unpack it first (a snapshot is read with --from)'],
  [/\0(?:[^\0]{1,3}\0){3}/, 'not text in UTF-8: it holds zero bytes (UTF-16 from PowerShell? save it as UTF-8)'],
  [/^IPVS connection entries/, 'a list of IPVS connections: give ipvsadm --list --numeric without --connection'],
  [/^<ipsets>/, 'ipset in XML: give the plain form (ipset save)'],
];

/** Lines that are looked at; a dump that begins with more text of another kind is not recognised. */
const looked = 400;

/** Says from its content alone what a dump is. Never throws. */
export function recognise(text: string): Recognised {
  const head = text.slice(0, 200_000).replace(/^\uFEFF/, '');
  const odd = openings.find(([pattern]) => pattern.test(head.slice(0, 2000)));
  if (odd !== undefined) return { format: null, empty: false, what: odd[1] };
  const start = head.trimStart();
  if (start === '') return { format: null, empty: true, what: 'empty' };
  if (/^(\{|\[\s*[[{\]])/.test(start)) return recogniseJson(start);
  const told = withoutColour(head)
    .split('\n', 2 * looked)
    .filter(line => line.trim() !== '' && !/^\s*#/.test(line));
  if (told.length === 0) return { format: null, empty: true, what: 'nothing but comments' };
  const [best] = Object.entries(lineForms)
    .map(([format, pattern]) => ({ format, hits: told.slice(0, looked).filter(line => pattern.test(line)).length }))
    .sort((a, b) => b.hits - a.hits);
  // A grep or a screen may hold other lines, but not so many.
  const few = told.some(line => heading.test(line)) ? 1 : Math.min(told.length, looked) / 10;
  if (best === undefined || best.hits === 0 || best.hits < few)
    return { format: null, empty: false, what: `not a dump that is known; it begins with: ${shorten(told[0] ?? '')}` };
  // `ip addr` says all that `ip link` says.
  const format = best.format === 'link' && told.some(line => lineForms.addr?.test(line)) ? 'addr' : best.format;
  return { format: format as DumpFormat };
}

function recogniseJson(text: string): Recognised {
  if (/^\[[\s[\],{}]*\]\s*$/.test(text)) return { format: null, empty: true, what: 'an empty list' };
  const head = text.slice(0, 5000);
  const found = Object.entries(documents).find(([, pattern]) => pattern.test(head));
  if (found !== undefined) return { format: found[0] as DumpFormat };
  return { format: null, empty: false, what: `JSON of a kind that is not known; it begins with: ${shorten(text)}` };
}

function shorten(line: string): string {
  const plain = line.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').trim();
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}
