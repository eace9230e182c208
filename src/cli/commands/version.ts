import packageJson from '../../../package.json' with { type: 'json' };
import { exitCodes } from '../../errors.ts';
import type { VersionReport } from '../../model/version.ts';
import { visible } from '../../render/visible.ts';
import type { Command } from '../command.ts';
import { debugFlags, outputFlag } from '../flags.ts';
import { connectionOptions } from '../options.ts';
import { format } from '../output.ts';

export const version: Command = {
  name: 'version',
  aliases: [],
  operands: '',
  maxArgs: 0,
  summary: 'Show the versions of netinspect, kubectl and the server, and which network APIs the cluster has.',
  examples: [
    ['Everything, as JSON', 'version -o json'],
    ['Without asking the cluster', 'version --client'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    client: { help: 'Only our own version: ask neither kubectl nor the cluster' },
    'debug-image': debugFlags['debug-image'],
  },
  connects: true,
  async run({ flags, terminal }) {
    const alone = flags.on('client') || flags.on('version') || flags.given('from');
    const asked = alone ? undefined : await (await import('../../app/version.ts')).versions(connectionOptions(flags));
    const report: VersionReport = {
      apiVersion: 'netinspect/v1',
      kind: 'VersionReport',
      version: packageJson.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      debugImage: flags.get('debug-image') ?? debugFlags['debug-image'].initial,
      kubectl: asked !== undefined && 'value' in asked.kubectl ? asked.kubectl.value : null,
      server: asked !== undefined && 'value' in asked.server ? asked.server.value : null,
    };
    const { versionText } = await import('../../render/version.ts');
    await terminal.print(await format(report, flags.get('output') ?? 'text', () => versionText(report), terminal));
    const errors = Object.values(asked ?? {}).flatMap(answer => ('error' in answer ? [answer.error] : []));
    for (const { message, next } of errors) {
      terminal.warn(`error: ${visible(message)}`);
      if (next !== undefined) terminal.warn(`next: ${visible(next)}`);
    }
    return errors.length > 0 ? exitCodes.cluster : exitCodes.ok;
  },
};
