import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';
import type { Command } from './command.ts';
import { FlagValues } from './flag-values.ts';
import { commonFlags, connectionFlags, type Flag, type Flags } from './flags.ts';
import { nearest } from './suggest.ts';

/** A command line, understood. `command` is undefined when none was named. */
export interface CommandLine {
  command: Command | undefined;
  args: string[];
  flags: FlagValues;
  help: boolean;
  /** `--version` in place of a command. */
  version: boolean;
}

const rootFlags: Flags = { ...commonFlags, version: { help: 'Show the version' } };

/** Every flag that a command takes. */
export function flagsOf(command: Command): Flags {
  return { ...command.flags, ...(command.connects ? connectionFlags : {}), ...commonFlags };
}

/**
 * Reads arguments with kubectl's grammar: `-n NS`, `-nNS`, `-n=NS`, `--namespace NS`, `--namespace=NS`, flags before
 * and after the command, `--` ends them, the last of a repeated flag counts; `KIND/NAME` names its command.
 * Nothing is turned into a number. Throws UsageError for what is not known, with the nearest word.
 */
export function readCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
  env: NodeJS.ProcessEnv,
): CommandLine {
  const known: Flags = Object.assign({}, rootFlags, ...commands.map(flagsOf));
  const { tokens } = parseArgs({ args: [...argv], options: parserOptions(known), strict: false, tokens: true });
  const words = tokens.flatMap(token => (token.kind === 'positional' ? [token.value] : []));
  const { command, args } = findCommand(words, commands);
  const allowed: Flags = command === undefined ? { ...connectionFlags, ...rootFlags } : flagsOf(command);

  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = allowed[token.name];
    if (flag === undefined) throw unknownFlag(token.rawName, Object.keys(allowed), command);
    const value = optionValue(token.rawName, flag, token.value, token.inlineValue);
    given.set(token.name, [...(given.get(token.name) ?? []), value]);
  }
  const on = (name: string) => given.get(name)?.at(-1) === 'true';
  const help = on('help');
  if (command !== undefined && !help && args.length > command.maxArgs)
    throw new UsageError(
      'too-many-arguments',
      `${command.name} does not take ${JSON.stringify(args[command.maxArgs])}`,
      helpHint(command),
    );
  return { command, args, flags: new FlagValues(given, help ? {} : allowed, env), help, version: on('version') };
}

function parserOptions(flags: Flags) {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      {
        type: flag.value === undefined ? 'boolean' : 'string',
        ...(flag.short === undefined ? {} : { short: flag.short }),
      } as const,
    ]),
  );
}

function findCommand(words: string[], commands: readonly Command[]): { command: Command | undefined; args: string[] } {
  const [first, ...rest] = words;
  if (first === undefined) return { command: undefined, args: [] };
  const slash = first.indexOf('/');
  const word = slash < 0 ? first : first.slice(0, slash);
  const command = commands.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (command !== undefined) return { command, args: slash < 0 ? rest : [first.slice(slash + 1), ...rest] };
  const meant = nearest(
    word,
    commands.flatMap(({ name, aliases }) => [name, ...aliases]),
  );
  throw new UsageError(
    'unknown-command',
    `unknown command ${JSON.stringify(word)}`,
    meant === undefined ? 'see: kubectl netinspect --help' : `did you mean ${JSON.stringify(meant)}?`,
  );
}

function optionValue(rawName: string, flag: Flag, value: string | undefined, inline: boolean | undefined): string {
  if (flag.value === undefined) {
    if (value === undefined || value === 'true') return 'true';
    if (value === 'false') return 'false';
    throw new UsageError('bad-flag-value', `${rawName} is true or false, not ${JSON.stringify(value)}`);
  }
  if (value === undefined)
    throw new UsageError('missing-flag-value', `flag needs an argument: ${rawName}`, `it takes ${flag.value}`);
  const attachedToShort = inline === true && !rawName.startsWith('--');
  return attachedToShort && value.startsWith('=') ? value.slice(1) : value;
}

function unknownFlag(rawName: string, known: string[], command: Command | undefined): UsageError {
  const meant = rawName.startsWith('--') ? nearest(rawName.slice(2), known) : undefined;
  return new UsageError(
    'unknown-flag',
    `unknown flag: ${rawName}`,
    meant === undefined ? helpHint(command) : `did you mean --${meant}?`,
  );
}

function helpHint(command: Command | undefined): string {
  return `see: kubectl netinspect ${command === undefined ? '' : `${command.name} `}--help`;
}
