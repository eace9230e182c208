import type { Opened } from '../../app/open.ts';
import type { CollectRequest } from '../../collect/source.ts';
import { UsageError } from '../../errors.ts';
import type { SnapshotIndex } from '../../parse/snapshot.ts';
import type { Command } from '../command.ts';
import { debugFlags, outputFlag } from '../flags.ts';
import { isPodTarget, nodeName, podName } from '../names.ts';
import { format } from '../output.ts';
import { completeness } from '../report.ts';
import { withSource } from '../source.ts';

export const snapshot: Command = {
  name: 'snapshot',
  aliases: [],
  operands: '[pod/NAME | node/NAME]... [FILE]',
  maxArgs: Number.POSITIVE_INFINITY,
  summary: 'Save what can be collected about pods and nodes in one file, for --from.',
  examples: [
    ['Pod web and its node', 'snapshot pod/web'],
    ['Two nodes, in a file of that name', 'snapshot node/worker-1 node/worker-2 nodes.tar.gz'],
    ['Every node', 'snapshot --all-nodes cluster.tar.gz'],
    ['A saved snapshot as a folder', 'snapshot --from cluster.tar.gz cluster/'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    'all-nodes': { help: 'Collect from every node: starts a debug pod on each' },
    ...debugFlags,
  },
  connects: true,
  async run(call) {
    const { flags, terminal } = call;
    const targets = call.args.filter(isTarget);
    const files = call.args.filter(arg => !isTarget(arg));
    if (files.length > 1)
      throw new UsageError(
        'too-many-arguments',
        `two files: ${files.join(', ')}`,
        'give pod/NAME or node/NAME for what to collect',
      );
    const allNodes = flags.on('all-nodes');
    if (targets.length === 0 && !allNodes && flags.get('from') === undefined)
      throw new UsageError(
        'missing-name',
        'nothing to collect was named',
        'name pod/NAME or node/NAME, or give --all-nodes',
      );
    const pods = targets
      .filter(isPodTarget)
      .map(text => podName(text, text.split('/').length > 2 ? undefined : flags.get('namespace')));
    const nodes = targets.filter(text => !isPodTarget(text)).map(nodeName);
    const request = (source: Opened): CollectRequest => ({ pods: pods.map(source.pod), nodes, allNodes });
    if (flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, request);

    const { saveSnapshot, snapshotForm } = await import('../../app/save.ts');
    if (files[0] !== undefined) snapshotForm(files[0]);
    return withSource(call, async (source, progress) => {
      const taken = await source.collect(request(source));
      progress.stop();
      const report = await saveSnapshot(files[0] ?? defaultFile(taken.index), taken);
      const { savedText } = await import('../../render/saved.ts');
      const text = await format(report, flags.get('output') ?? 'text', layout => savedText(report, layout), terminal);
      await terminal.print(text);
      return completeness(taken, terminal);
    });
  },
};

function isTarget(arg: string): boolean {
  return /^(pods?|po|nodes?|no)\//.test(arg);
}

/** netinspect-CONTEXT-TIME.tar.gz, with a context that is safe in a file name. */
function defaultFile({ context = 'cluster', time }: SnapshotIndex): string {
  const safe = context.replace(/[^A-Za-z0-9._-]+/g, '-');
  return `netinspect-${safe}-${time.replace(/\.\d+/, '').replace(/[-:]/g, '')}.tar.gz`;
}
