import { UsageError } from '../errors.ts';
import { type Command, flagsOf } from './command.ts';
import { FlagValues } from './flag-values.ts';
import { connectionFlags, type Flag, type Flags, rootFlags } from './flags.ts';
import type { Settings } from './settings.ts';
import { nearest } from './suggest.ts';
import { readWords } from './words.ts';

/** A command line, understood. `command` is undefined when none was named. */
export interface CommandLine {
  command: Command | undefined;
  args: string[];
  flags: FlagValues;
  help: boolean;
  /** `--version` in place of a command. */
  version: boolean;
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
  settings?: Settings,
): CommandLine {
  const { command, args, given, typed, waiting } = readWords(argv, commands);
  if (command === undefined && args[0] !== undefined) throw unknownCommand(args[0], commands);
  const allowed: Flags = command === undefined ? { ...connectionFlags, ...rootFlags } : flagsOf(command);
  for (const [name, flag] of typed) {
    if (!Object.hasOwn(allowed, name)) throw unknownFlag(flag, Object.keys(allowed), command);
    const { value } = allowed[name] as Flag;
    if (name === waiting)
      throw new UsageError('missing-flag-value', `flag needs an argument: ${flag}`, `it takes ${value}`);
    const bad = given.get(name)?.find(text => value === undefined && text !== 'true' && text !== 'false');
    if (bad !== undefined)
      throw new UsageError('bad-flag-value', `${flag} is true or false, not ${JSON.stringify(bad)}`);
  }
  const on = (name: string) => given.get(name)?.at(-1) === 'true';
  const help = on('help');
  if (command !== undefined && !help && args.length > command.maxArgs)
    throw new UsageError(
      'too-many-arguments',
      `${command.name} does not take ${JSON.stringify(args[command.maxArgs])}`,
      helpHint(command),
    );
  return {
    command,
    args,
    flags: new FlagValues(given, help ? {} : allowed, env, settings),
    help,
    version: on('version'),
  };
}

function unknownCommand(word: string, commands: readonly Command[]): UsageError {
  const meant = nearest(
    word,
    commands.flatMap(({ name, aliases }) => [name, ...aliases]),
  );
  return new UsageError(
    'unknown-command',
    `unknown command ${JSON.stringify(word)}`,
    meant === undefined ? helpHint(undefined) : `did you mean ${JSON.stringify(meant)}?`,
  );
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
