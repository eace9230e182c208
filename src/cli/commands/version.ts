import packageJson from '../../../package.json' with { type: 'json' };
import { exitCodes } from '../../errors.ts';
import type { VersionReport } from '../../model/version.ts';
import type { Command } from '../command.ts';
import { outputFlag } from '../flags.ts';
import { format } from '../output.ts';

export const version: Command = {
  name: 'version',
  aliases: [],
  operands: '',
  maxArgs: 0,
  summary: 'Show the version of netinspect and of the Node that runs it.',
  examples: [['Show it as JSON', 'version -o json']],
  flags: outputFlag('text', 'json', 'yaml'),
  connects: false,
  async run({ flags, terminal }) {
    const report: VersionReport = {
      apiVersion: 'netinspect/v1',
      kind: 'VersionReport',
      version: packageJson.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    };
    const text = () => `netinspect ${report.version}\nNode ${report.node}, ${report.platform}\n`;
    await terminal.print(await format(report, flags.get('output') ?? 'text', text, terminal));
    return exitCodes.ok;
  },
};
