import type { Opened } from '../../app/open.ts';
import { UsageError } from '../../errors.ts';
import type { Call, Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag, screenFlags } from '../flags.ts';
import { nodeName } from '../names.ts';
import { openScreen, opensScreen } from '../screen.ts';

export const chains: Command = {
  name: 'chains',
  aliases: ['chain'],
  operands: '[NODE] [[[FAMILY/]TABLE/]CHAIN]',
  maxArgs: 2,
  summary: "Show a node's rule set: tables, hooks and chains, or one chain in words, with who leads to it.",
  examples: [
    ['The tables and chains of node worker-1', 'chains worker-1'],
    ['One chain, with the rules as they stand there', 'chains worker-1 ip/nat/KUBE-SERVICES --evidence'],
    ['From a saved snapshot', 'chains worker-1 KUBE-FORWARD --from cluster.tar.gz'],
    ['From a dump, without a cluster', 'chains KUBE-SVC-TCOU7JCQXEZGVUNU --rules iptables-save.txt'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml', 'mermaid', 'dot'),
    rules: {
      value: 'FILE',
      multiple: true,
      help: 'Read this dump, not a cluster: iptables-save, nft, ipset, ipvsadm (repeatable)',
    },
    ...evidenceFlag,
    ...saveFlag,
    ...debugFlags,
    ...screenFlags,
  },
  connects: true,
  async run(call) {
    if (call.flags.given('rules')) return (await import('../chains/files.ts')).chainsOfFiles(call);
    const named = nodeAndChain(call);
    if (opensScreen(call)) return openScreen(call, async source => firstPlace(named, source));
    return (await import('../chains/node.ts')).chainsOfNode(call, named);
  },
};

/** The node, or the chain on it. Throws where the command would. */
async function firstPlace(
  named: { node: string | null; chain: string | null },
  source: Opened,
): Promise<{ kind: 'node'; node: string } | { kind: 'chains'; node: string; named: string }> {
  if (named.node !== null) await source.check({ pods: [], nodes: [named.node] });
  const { nodeOrChain } = await import('../../app/chains.ts');
  const { node, chain } =
    named.node === null
      ? nodeOrChain(await source.collect({ pods: [], nodes: [] }), named.chain)
      : { node: named.node, chain: named.chain };
  return chain === null ? { kind: 'node', node } : { kind: 'chains', node, named: chain };
}

/** The node and the chain; the node may be left out where the snapshot has one only, which it then tells. */
function nodeAndChain({ args, flags }: Call): { node: string | null; chain: string | null } {
  const [first, second] = args;
  if (first !== undefined && second !== undefined) return { node: nodeName(first), chain: second };
  if (flags.get('from') !== undefined) return { node: null, chain: first ?? null };
  if (first === undefined)
    throw new UsageError('missing-name', 'a node name is needed', 'for instance: kubectl netinspect chains worker-1');
  return { node: nodeName(first), chain: null };
}
