import { ipsets } from '../model/backends/ipset.ts';
import { iptablesTables, iptablesUnread } from '../model/backends/iptables.ts';
import { virtualServers } from '../model/backends/ipvs.ts';
import { isOfIptables, nftTables, nftUnread } from '../model/backends/nftables.ts';
import type { Section } from '../model/section.ts';
import { families } from '../model/stack.ts';
import { type AddrRecord, parseAddrs } from '../parse/addr.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import { parseIpset } from '../parse/ipset.ts';
import { parseIptables } from '../parse/iptables.ts';
import type { IptablesDump } from '../parse/iptables-records.ts';
import { unwrapped } from '../parse/iptables-wrapped.ts';
import { parseIpvsadm } from '../parse/ipvsadm.ts';
import { type LinkRecord, parseLinks } from '../parse/link.ts';
import { parseAddrText, parseLinkText } from '../parse/link-text.ts';
import { isNftCommands, parseNftCommands } from '../parse/nft-commands.ts';
import { parseNftJson } from '../parse/nft-json.ts';
import type { NftRecord } from '../parse/nft-records.ts';
import { parseNftText } from '../parse/nft-text.ts';
import type { DumpFormat } from '../parse/recognise.ts';
import type { Parsed, Parser, Unread } from '../parse/records.ts';
import { parseRoutes, type RouteRecord } from '../parse/route.ts';
import { parseRouteText } from '../parse/route-text.ts';
import { parseRules, type RuleRecord } from '../parse/rule.ts';
import { parseRuleText } from '../parse/rule-text.ts';
import { parseSysctls } from '../parse/sysctl.ts';
import type { HostParts } from './host-parts.ts';

export interface RuleFile {
  /** As messages and evidence name it. */
  name: string;
  text: string;
}

/** What reading a dump came to. */
export interface DumpResult {
  /** What is wrong with it as a whole, in words; null for a whole one. */
  problem: string | null;
  /** What is known at once not to be understood. */
  unread: readonly Unread[];
  /** All that is not understood, found by reading every rule. */
  allUnread(): Unread[];
}

type Reader = (file: RuleFile, parts: HostParts) => DumpResult;

/** Reads a dump of this format into the host's parts. */
export function readDump(format: DumpFormat, file: RuleFile, parts: HostParts): DumpResult {
  return readers[format](file, parts);
}

const readers: Readonly<Record<DumpFormat, Reader>> = {
  iptables: readIptables,
  nft: (file, parts) =>
    readNft(file, isNftCommands(file.text) ? parseNftCommands(file.text) : parseNftText(file.text), parts),
  'nft-json': (file, parts) => readNft(file, parseNftJson(file.text), parts),
  ipset: ({ name, text }, parts) => {
    const parsed = parseIpset(text);
    const { sets, unread } = ipsets(parsed.records, { file: name });
    parts.addSets(sets);
    return result(parsed, unread);
  },
  ipvs: ({ name, text }, parts) => {
    const parsed = parseIpvsadm(text);
    const { servers, unread } = virtualServers(parsed.records, { file: name });
    parts.addVirtualServers(servers);
    return result(parsed, unread);
  },
  addr: (file, parts) => readAddrs(file, parts, parseAddrText, parseLinkText),
  'addr-json': (file, parts) => readAddrs(file, parts, parseAddrs, parseLinks),
  link: (file, parts) => readLinks(file, parts, parseLinkText),
  'link-json': (file, parts) => readLinks(file, parts, parseLinks),
  route: (file, parts) => readRoutes(file, parts, parseRouteText),
  'route-json': (file, parts) => readRoutes(file, parts, parseRoutes(null)),
  rule: (file, parts) => readPolicies(file, parts, parseRuleText),
  'rule-json': (file, parts) => readPolicies(file, parts, parseRules),
  conntrack: ({ name, text }, parts) => {
    const parsed = parseConntrack(text);
    parts.addConntrack(sectionOf(name, parsed));
    return result(parsed);
  },
  sysctl: ({ text }, parts) => {
    const parsed = parseSysctls(text);
    for (const { key, value } of parsed.records) parts.sysctls.set(key, value);
    return result(parsed);
  },
};

function result(parsed: Parsed<unknown>, more: readonly Unread[] = []): DumpResult {
  const unread = [...parsed.unread, ...more];
  return { problem: parsed.problem, unread, allUnread: () => unread };
}

function sectionOf<T>(path: string, { records, unread, problem }: Parsed<T>): Section<T> {
  return { path, command: null, records, state: problem === null && unread.length === 0 ? 'whole' : 'partial' };
}

function readIptables({ name, text }: RuleFile, parts: HostParts): DumpResult {
  const dump = parseIptables(unwrapped(text));
  const source = { file: name, hidden: dump.hidden, ...hints(name, dump) };
  parts.iptables.push(...iptablesTables(dump, source));
  const problems = [dump.problem, dump.lossy].filter(problem => problem !== null);
  return {
    problem: problems.length === 0 ? null : problems.join('; '),
    unread: dump.unread,
    allUnread: () => iptablesUnread(dump, source),
  };
}

/** What a file's name may tell where its text does not. */
function hints(path: string, dump: IptablesDump): { family?: 'ip6'; backend?: 'iptables-legacy' } {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const silent = dump.records.every(({ backend }) => backend === null);
  return {
    ...(/ip6|v6/i.test(name) ? { family: 'ip6' } : {}),
    ...(silent && /legacy/i.test(name) ? { backend: 'iptables-legacy' } : {}),
  };
}

function readNft({ name, text }: RuleFile, parsed: Parsed<NftRecord>, parts: HostParts): DumpResult {
  const { records } = parsed;
  const tables = nftTables(records, { file: name });
  parts.nftables.push(...tables);
  if (/\bxt (match|target) |"xt": ?/.test(text)) {
    const own = records.flatMap(record =>
      record.kind === 'table' && isOfIptables(record, records) ? [`${record.family} ${record.name}`] : [],
    );
    for (const table of tables) if (own.includes(`${table.family} ${table.name}`)) parts.keptByIptables.add(table);
  }
  return { problem: parsed.problem, unread: parsed.unread, allUnread: () => [...parsed.unread, ...nftUnread(records)] };
}

function readAddrs(
  { name, text }: RuleFile,
  parts: HostParts,
  parse: Parser<AddrRecord>,
  parseInterfaces: Parser<LinkRecord>,
): DumpResult {
  const parsed = parse(text);
  parts.addAddresses(parsed.records);
  const links = parseInterfaces(text);
  if (links.records.length > 0) parts.addLinksOfAddrs(sectionOf(name, links));
  return result(parsed);
}

function readLinks({ name, text }: RuleFile, parts: HostParts, parse: Parser<LinkRecord>): DumpResult {
  const parsed = parse(text);
  parts.addLinks(sectionOf(name, parsed));
  return result(parsed);
}

function readRoutes({ name, text }: RuleFile, parts: HostParts, parse: Parser<RouteRecord>): DumpResult {
  const parsed = parse(text);
  for (const family of families) {
    const records = parsed.records.filter(record => record.family === family);
    if (records.length > 0) parts.addRoutes(family, { ...sectionOf(name, parsed), records });
  }
  return result(parsed);
}

function readPolicies(
  { name, text }: RuleFile,
  parts: HostParts,
  parse: (family: 'IPv4' | 'IPv6') => Parser<RuleRecord>,
): DumpResult {
  const family = ruleFamily(text);
  const parsed = parse(family)(text);
  parts.addPolicies(family, sectionOf(name, parsed));
  return result(parsed);
}

/** A list of rules does not say its family: an address does, or the rule for table default, which only IPv4 has from the start. */
function ruleFamily(text: string): 'IPv4' | 'IPv6' {
  if (/(\b(from|to) |"(src|dst)": ?")[\da-f]*:[\da-f:]/i.test(text)) return 'IPv6';
  if (/(\b(from|to) |"(src|dst)": ?")\d+\./.test(text) || /lookup default\b|"table": ?"default"/.test(text))
    return 'IPv4';
  return /lookup main\b|"table": ?"main"/.test(text) ? 'IPv6' : 'IPv4';
}
