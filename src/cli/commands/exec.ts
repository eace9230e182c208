import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { containerFlag, durationFlag, sessionFlags } from '../flags.ts';
import { runSessionCommand } from '../session.ts';

export const exec: Command = {
  name: 'exec',
  aliases: [],
  operands: 'POD|node/NODE -- COMMAND [ARGUMENT…]',
  maxArgs: Number.POSITIVE_INFINITY,
  summary: "Run a tool of the debug image in a pod's network namespace; its exit code is passed on.",
  examples: [
    ['The sockets of pod web, whose image has no shell', 'exec web -- ss -tnp'],
    ['From the pod, ask a service', 'exec -n shop web -- curl -sv http://api:80/'],
    ['With stdin and a terminal, as kubectl exec has them', 'exec -it web -- nc api 6379'],
    ['With the environment of one of its containers', "exec web -c app -- sh -c 'ls $CONTAINER_ROOT/etc'"],
    ["In a node's own network", 'exec node/worker-1 -- ip route'],
  ],
  flags: {
    ...containerFlag,
    stdin: { short: 'i', help: 'Pass stdin to the command' },
    tty: { short: 't', help: 'Stdin is a terminal' },
    ...durationFlag('1h', 'How long the command may take'),
    ...sessionFlags,
  },
  connects: true,
  async run(call) {
    const [target, ...argv] = call.args;
    if (target === undefined || argv.length === 0)
      throw new UsageError(
        'missing-command',
        'a pod (or node/NAME) and a command are needed',
        'for instance: kubectl netinspect exec web -- ss -tn',
      );
    const { flags, terminal } = call;
    const isTerminal = flags.on('tty') && terminal.stdin.isTTY === true;
    if (flags.on('tty') && !isTerminal) terminal.warn('warning: stdin is not a terminal: -t is left out');
    return runSessionCommand(call, target, {
      argv,
      input: isTerminal && flags.on('stdin') ? 'terminal' : flags.on('stdin') ? 'pipe' : 'none',
    });
  },
};
