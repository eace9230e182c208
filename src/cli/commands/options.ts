import { exitCodes } from '../../errors.ts';
import type { Command } from '../command.ts';
import { optionsHelp } from '../help.ts';

export const options: Command = {
  name: 'options',
  aliases: [],
  operands: '',
  maxArgs: 0,
  summary: "Show kubectl's flags that every command takes.",
  examples: [['Show them', 'options']],
  flags: {},
  connects: false,
  async run({ terminal }) {
    await terminal.print(optionsHelp());
    return exitCodes.ok;
  },
};
