import { exitCodes, UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { outputFlag } from '../flags.ts';
import { connectionOptions } from '../options.ts';
import { format } from '../output.ts';

export const cleanup: Command = {
  name: 'cleanup',
  aliases: [],
  operands: '',
  maxArgs: 0,
  summary: 'List and delete debug pods that were left behind: your own, and those that have ended.',
  examples: [
    ['See what would be deleted', 'cleanup --dry-run'],
    ['Also what "kubectl debug node/…" left', 'cleanup --all'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    all: { help: 'Also the ended debug pods of "kubectl debug node/…"' },
    'dry-run': { help: 'Only say what would be deleted' },
  },
  connects: true,
  async run({ flags, terminal }) {
    if (flags.given('from'))
      throw new UsageError('flag-conflict', 'cleanup works on the cluster, not on a snapshot', 'leave out --from');
    const [app, render] = await Promise.all([import('../../app/cleanup.ts'), import('../../render/cleanup.ts')]);
    const report = await app.cleanup({
      connection: connectionOptions(flags),
      all: flags.on('all'),
      dryRun: flags.on('dry-run'),
    });
    const output = flags.get('output') ?? 'text';
    await terminal.print(await format(report, output, layout => render.cleanupText(report, layout), terminal));
    return report.pods.some(pod => pod.action === 'failed') ? exitCodes.cluster : exitCodes.ok;
  },
};
