import { exitCodes, UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { debugFlags, outputFlag } from '../flags.ts';
import { nodeName } from '../names.ts';
import { connectionOptions, debugOptions } from '../options.ts';
import { format } from '../output.ts';

export const access: Command = {
  name: 'access',
  aliases: [],
  operands: '[NODE]',
  maxArgs: 1,
  summary: 'Show which ways into nodes RBAC and admission leave open, and the least role for each; creates nothing.',
  examples: [
    ['The ways into node worker-1', 'access worker-1'],
    ['Roles to ask for', 'access --roles'],
    ['What somebody else may do', 'access worker-1 --as jane'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    roles: { help: 'Print the least ClusterRole for each way' },
    'debug-image': debugFlags['debug-image'],
    'debug-namespace': debugFlags['debug-namespace'],
  },
  connects: true,
  async run({ args, flags, terminal }) {
    if (flags.given('from'))
      throw new UsageError('flag-conflict', 'access asks the cluster, not a snapshot', 'leave out --from');
    const node = args[0] === undefined ? null : nodeName(args[0]);
    const [app, { accessText }] = await Promise.all([import('../../app/access.ts'), import('../../render/access.ts')]);
    const report = await app.access(connectionOptions(flags), debugOptions(flags), node);
    const output = flags.get('output') ?? 'text';
    await terminal.print(
      await format(report, output, layout => accessText(report, flags.on('roles'), layout), terminal),
    );
    return report.ways.some(({ way, open }) => way !== 'api' && open !== false) ? exitCodes.ok : exitCodes.badNews;
  },
};
