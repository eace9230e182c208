import { type Command, flagsOf } from './command.ts';
import { connectionFlags, type Flags, rootFlags } from './flags.ts';

const program = 'kubectl netinspect';

/** The help of the program: its commands. */
export function rootHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, operands, summary }) => [`${name} ${operands}`.trim(), summary] as const);
  return `Shows the network of pods and nodes as it really is: interfaces, routes, rules, services, with evidence.

Usage:
  ${program} COMMAND [flags]
  ${program} [flags]             the screen, on a terminal

Commands:
${columns(rows)}

Examples:
  # The network of pod web, end to end
  ${program} pod web

  # The same on the built-in snapshot, without a cluster
  ${program} pod shop/web-0 --from demo

  # Browse the cluster: nodes, pods, services, chains and rules (on a terminal); --from demo: the built-in snapshot
  ${program}

Flags:
${columns(flagRows(rootFlags))}

Use "${program} COMMAND --help" for a command, "${program} options" for kubectl's flags that every command takes.
`;
}

/** The help of one command; kubectl's own flags are on the page of `options`. */
export function commandHelp(command: Command): string {
  const examples = command.examples.map(([what, words]) => `  # ${what}\n  ${program} ${words}`).join('\n\n');
  const own = Object.fromEntries(Object.entries(flagsOf(command)).filter(([name]) => !(name in connectionFlags)));
  const usage = `${program} ${command.name} ${command.operands}`.trim();
  const aliases =
    command.aliases.length === 0 ? '' : `\nAliases:\n  ${[command.name, ...command.aliases].join(', ')}\n`;
  const global = command.connects
    ? `\nUse "${program} options" for kubectl's flags (-n, --context, --as, -v …).\n`
    : '';
  return `${command.summary}\n\nUsage:\n  ${usage} [flags]\n${aliases}\nExamples:\n${examples}\n\nFlags:\n${columns(flagRows(own))}\n${global}`;
}

/** The page of kubectl's global flags. */
export function optionsHelp(): string {
  return `These flags of kubectl mean the same here and reach every request and every kubectl that is started:\n\n${columns(flagRows(connectionFlags))}\n`;
}

function flagRows(flags: Flags): (readonly [string, string])[] {
  return Object.entries(flags).map(([name, flag]) => {
    const long = name.length === 1 ? '' : `--${name}`;
    const names = [flag.short === undefined ? '   ' : `-${flag.short}${long === '' ? '' : ','}`, long]
      .join(' ')
      .trimEnd();
    const defaults = [flag.initial, flag.env && `$${flag.env}`].filter(Boolean).join(' or ');
    return [
      flag.value === undefined ? names : `${names} ${flag.value}`,
      defaults === '' ? flag.help : `${flag.help} [${defaults}]`,
    ] as const;
  });
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`).join('\n');
}
