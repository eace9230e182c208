import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { containerFlag, durationFlag, sessionFlags } from '../flags.ts';
import { runSessionCommand } from '../session.ts';

export const debug: Command = {
  name: 'debug',
  aliases: [],
  operands: 'POD|node/NODE',
  maxArgs: 1,
  summary: "Open a shell with the tools of the debug image in a pod's or node's network; it is gone when you leave.",
  examples: [
    ["A shell in pod web's network namespace", 'debug web'],
    ['For at most ten minutes, in the network of a node', 'debug node/worker-1 --duration 10m'],
    ['With other tools', 'debug -n shop web --image docker.io/library/alpine:3'],
  ],
  flags: {
    ...containerFlag,
    image: { value: 'IMAGE', help: 'Image with the tools, in place of --debug-image' },
    ...durationFlag('1h', 'How long the session may last'),
    ...sessionFlags,
  },
  connects: true,
  async run(call) {
    const [target] = call.args;
    if (target === undefined)
      throw new UsageError(
        'missing-name',
        'a pod or a node is needed',
        'for instance: kubectl netinspect debug web, or debug node/worker-1',
      );
    const { stdin, stdout } = call.terminal;
    return runSessionCommand(call, target, {
      argv: [],
      input: stdin.isTTY === true && stdout.isTTY === true ? 'terminal' : 'pipe',
    });
  },
};
