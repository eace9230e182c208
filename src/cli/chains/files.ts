import { exitCodes, UsageError } from '../../errors.ts';
import type { Call } from '../command.ts';
import { drawn, format } from '../output.ts';

const ofClusters = ['from', 'save', 'keep', 'dry-run', 'context', 'namespace', 'kubeconfig'];

/** `chains --rules FILE… [CHAIN]`: no cluster. Gives 0, or 4 when a file is cut off or has lines that cannot be read. */
export async function chainsOfFiles({ args, flags, terminal }: Call): Promise<number> {
  const useless = ofClusters.find(name => flags.given(name));
  if (useless !== undefined)
    throw new UsageError('flag-conflict', `--${useless} has no meaning with --rules`, 'leave out one of them');
  if (args.length > 1)
    throw new UsageError(
      'too-many-arguments',
      `${args.join(' ')}: with --rules only a chain can be named`,
      'leave out the node',
    );
  const [{ fileChains }, { chainsText }] = await Promise.all([
    import('../../app/chains.ts'),
    import('../../render/chains.ts'),
  ]);
  const question = { chain: args[0] ?? null, evidence: flags.on('evidence') };
  const report = await fileChains(flags.all('rules'), question);
  const output = flags.get('output') ?? 'text';
  if (output === 'mermaid' || output === 'dot') {
    const { chainsGraph } = await import('../../render/chains-graph.ts');
    await terminal.print(await drawn(chainsGraph(report), output));
  } else await terminal.print(await format(report, output, layout => chainsText(report, layout), terminal));
  return report.gaps.length > 0 || (report.summary?.unread ?? 0) > 0 ? exitCodes.incomplete : exitCodes.ok;
}
