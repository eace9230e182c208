import type { Program } from './generate/rule-lines.ts';
import { observerTable, type Testbed } from './testbed.ts';

export interface RuleFile {
  name: string;
  text: string;
}

/** Tables that iptables-nft makes; the nft programs of the oracle have other names. */
const iptablesTables = new Set(['raw', 'mangle', 'nat', 'filter', 'security']);

const saves = ['iptables-legacy', 'iptables-nft', 'ip6tables-legacy', 'ip6tables-nft'] as const;

const network: Readonly<Record<string, string>> = {
  'addr.json': 'ip -j addr',
  'link.json': 'ip -j -d link',
  'route4.json': 'ip -j -4 route show table all',
  'route6.json': 'ip -j -6 route show table all',
  'rule4.json': 'ip -j -4 rule',
  'rule6.json': 'ip -j -6 rule',
  'sysctl.txt':
    "sysctl -a -r '^net[.](ipv4[.](ip_forward|conf[.].*[.](route_localnet|rp_filter|forwarding)$)|ipv6[.]conf[.]all[.]forwarding|bridge[.])'",
};

const mark = '--- oracle: next file';

/** Runs commands in the host's namespace, all by one shell; gives what they print, by name. */
async function outputs({ agent }: Testbed, commands: readonly [string, string][]): Promise<RuleFile[]> {
  const script = commands.map(([, command]) => `${command} 2>/dev/null; echo; echo '${mark}'`).join('\n');
  const texts = (await agent.exec(['sh', '-c', script])).split(`\n${mark}\n`);
  return commands.map(([name], index) => ({ name, text: texts[index] ?? '' })).filter(({ text }) => text.trim() !== '');
}

/** Addresses, links, routes, routing rules and sysctls of the host, which rules do not change. */
export function dumpNetwork(testbed: Testbed): Promise<RuleFile[]> {
  return outputs(testbed, Object.entries(network));
}

/** What the kernel holds of the programs, as the tools of a node print it, with counters. */
export async function dumpRules(testbed: Testbed, programs: readonly Program[]): Promise<RuleFile[]> {
  const loaders = new Set<string>(programs.map(({ loader }) => loader));
  const files = await outputs(testbed, [
    ...saves
      .filter(save => loaders.has(save))
      .map((save): [string, string] => [`${save.replace('-', '-save.')}`, `${save}-save -c`]),
    ...(loaders.has('nft') || loaders.has('nft-json') ? [['nft.json', 'nft -j list ruleset'] as [string, string]] : []),
    ...(loaders.has('ipset') ? [['ipset.save', 'ipset save'] as [string, string]] : []),
  ]);
  return files.map(file => (file.name === 'nft.json' ? { ...file, text: nativeTables(file.text) } : file));
}

/** The connections that the kernel tracks. */
export function dumpConnections(testbed: Testbed): Promise<RuleFile[]> {
  return outputs(testbed, [
    ['conntrack4.txt', 'conntrack -L -f ipv4'],
    ['conntrack6.txt', 'conntrack -L -f ipv6'],
  ]);
}

/** The ruleset without the tables of iptables-nft, whose save says the same, and without the observer. */
function nativeTables(text: string): string {
  const { nftables } = JSON.parse(text) as { nftables: Record<string, Record<string, unknown>>[] };
  const kept = nftables.filter(entry =>
    Object.entries(entry).every(([kind, { table, name }]) => {
      const of = kind === 'table' ? name : table;
      return of !== observerTable && !iptablesTables.has(String(of));
    }),
  );
  return JSON.stringify({ nftables: kept });
}
