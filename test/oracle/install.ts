import { dumpNetwork, dumpRules, type RuleFile } from './dump.ts';
import type { Program } from './generate/rule-lines.ts';
import { load } from './load.ts';
import { observer, type Testbed } from './testbed.ts';

const hooks: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Empty legacy tables: they cannot be deleted, but hold nothing. */
const empty = Object.entries(hooks)
  .map(([table, chains]) => [`*${table}`, ...chains.map(chain => `:${chain} ACCEPT`), 'COMMIT', ''].join('\n'))
  .join('');

async function clear({ agent }: Testbed): Promise<void> {
  await agent.exec(['nft', '-f', '-'], `flush ruleset\n${observer}`);
  await agent.exec(['iptables-legacy-restore'], empty);
  await agent.exec(['ip6tables-legacy-restore'], empty);
  await agent.exec(['sh', '-c', 'ipset flush; ipset destroy; conntrack -F 2>/dev/null || true']);
}

const networks = new WeakMap<Testbed, Promise<RuleFile[]>>();

function networkOf(testbed: Testbed): Promise<RuleFile[]> {
  const known = networks.get(testbed) ?? dumpNetwork(testbed);
  networks.set(testbed, known);
  return known;
}

/** Loads programs in place of what was loaded; gives the dumps of what the kernel then holds, and the lines that it refused. */
export async function install(
  testbed: Testbed,
  programs: readonly Program[],
): Promise<{ files: RuleFile[]; refused: string[] }> {
  await clear(testbed);
  const refused: string[] = [];
  for (const program of programs) refused.push(...(await load(testbed.agent, program)).refused);
  return { files: [...(await networkOf(testbed)), ...(await dumpRules(testbed, programs))], refused };
}
