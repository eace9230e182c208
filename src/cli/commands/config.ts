import { exitCodes } from '../../errors.ts';
import type { ConfigReport } from '../../model/config.ts';
import type { Command } from '../command.ts';
import { outputFlag } from '../flags.ts';
import { format } from '../output.ts';
import { readSettings, settable } from '../settings.ts';

export const config: Command = {
  name: 'config',
  aliases: [],
  operands: '',
  maxArgs: 0,
  summary: 'Show the settings in force, and where each comes from: flag, environment, configuration file or default.',
  examples: [
    ['What a run would use now', 'config'],
    ['What a flag would change', 'config --timeout 5m'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml'), ...settable },
  connects: false,
  async run({ flags, terminal }) {
    const { file, exists, aliases } = flags.settings ?? (await readSettings(terminal.env, []));
    const report: ConfigReport = {
      apiVersion: 'netinspect/v1',
      kind: 'ConfigReport',
      file,
      exists,
      settings: Object.entries(settable).map(([key, flag]) => ({
        key,
        value: flags.get(key) ?? null,
        from: flags.source(key),
        variable: flag.env ?? '',
      })),
      aliases: [...aliases].map(([name, words]) => ({ name, words: [...words] })),
    };
    const { configText } = await import('../../render/config.ts');
    await terminal.print(
      await format(report, flags.get('output') ?? 'text', layout => configText(report, layout), terminal),
    );
    return exitCodes.ok;
  },
};
