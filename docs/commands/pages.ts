import { type Command, flagsOf } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { connectionFlags, type Flag, rootFlags } from '../../src/cli/flags.ts';

const program = 'kubectl netinspect';
const note = '<!-- Made by `npm run docs` from what --help is made of: do not edit. -->';

/** The pages of docs/commands by file name: one for each command, and one with all of them. */
export function pages(): Map<string, string> {
  return new Map([['README.md', overview()], ...commands.map(each => [`${each.name}.md`, page(each)] as const)]);
}

function overview(): string {
  const rows = commands.map(
    ({ name, operands, summary }) => `| [${cell(`${name} ${operands}`.trim())}](${name}.md) | ${cell(summary)} |`,
  );
  return [
    note,
    '# Commands',
    `\`${program} COMMAND [flags]\`; \`${program} COMMAND --help\` shows the same in a terminal.`,
    ['| command | |', '|---|---|', ...rows].join('\n'),
    '## Flags of all commands',
    flagTable(rootFlags),
    "## kubectl's flags",
    'They mean what they mean in kubectl, and reach every request and every kubectl that is started. They come after `netinspect`: `kubectl --context x netinspect` is refused by kubectl itself.',
    flagTable(connectionFlags),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function page(command: Command): string {
  const { name, operands, aliases, summary, examples, connects } = command;
  const own = Object.fromEntries(Object.entries(flagsOf(command)).filter(([flag]) => !(flag in connectionFlags)));
  const shown = examples.map(([what, words]) => `# ${what}\n${program} ${words}`).join('\n\n');
  return [
    note,
    `# ${program} ${name}`,
    summary,
    `    ${`${program} ${name} ${operands}`.trim()} [flags]`,
    ...(aliases.length === 0 ? [] : [`Aliases: ${aliases.map(alias => `\`${alias}\``).join(', ')}`]),
    `## Examples\n\n\`\`\`sh\n${shown}\n\`\`\``,
    `## Flags\n\n${flagTable(own)}`,
    ...(connects ? ["It also takes [kubectl's flags](README.md#kubectls-flags)."] : []),
  ]
    .join('\n\n')
    .concat('\n');
}

function flagTable(flags: Readonly<Record<string, Flag>>): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const names = [
      ...(flag.short === undefined ? [] : [`-${flag.short}`]),
      ...(name.length === 1 ? [] : [`--${name}`]),
    ];
    const value = flag.value === undefined ? '' : ` ${flag.value}`;
    const from = [
      ...(flag.initial === undefined ? [] : [flag.initial]),
      ...(flag.env === undefined ? [] : [`$${flag.env}`]),
    ];
    const initial = from.map(each => `\`${each}\``).join(' or ');
    return `| \`${cell(names.join(', ') + value)}\` | ${cell(flag.help)} | ${initial} |`;
  });
  return ['| flag | | default |', '|---|---|---|', ...rows].join('\n');
}

/** Text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('|', '\\|');
