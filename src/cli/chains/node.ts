import type { Call } from '../command.ts';
import { answer } from '../report.ts';

/** `chains [NODE] [CHAIN]` of a node; without a node, the first word may be either where a snapshot decides. */
export async function chainsOfNode(call: Call, named: { node: string | null; chain: string | null }): Promise<number> {
  const request = { pods: [], nodes: named.node === null ? [] : [named.node] };
  if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, () => request);
  const [{ nodeChains, nodeOrChain }, { chainsText }, { chainsGraph }] = await Promise.all([
    import('../../app/chains.ts'),
    import('../../render/chains.ts'),
    import('../../render/chains-graph.ts'),
  ]);
  return answer(call, {
    request: () => request,
    report: snapshot => {
      const { node, chain } = named.node === null ? nodeOrChain(snapshot, named.chain) : { ...named, node: named.node };
      return nodeChains(snapshot, node, { chain, evidence: call.flags.on('evidence') });
    },
    text: chainsText,
    graph: chainsGraph,
    name: report => `node/${report.node}`,
  });
}
