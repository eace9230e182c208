import type { FlagValues } from './flag-values.ts';
import { commonFlags, connectionFlags, type Flags } from './flags.ts';

/** What a command may touch of the process. */
export interface Terminal {
  /** Writes to stdout; resolves when the text is handed over (or the reader has gone). */
  print(text: string): Promise<void>;
  /** Writes a line to stderr. */
  warn(line: string): void;
  /** Registers what is said when the user leaves without waiting (a second Ctrl-C): commands that clean up. */
  onLeave(commands: () => string[]): void;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  /** Aborted by SIGINT, SIGTERM, SIGHUP and a closed stdout. */
  signal: AbortSignal;
}

/** One parsed invocation of a command. */
export interface Call {
  args: string[];
  flags: FlagValues;
  terminal: Terminal;
}

/** A command as data (name, words, flags) and what it does. */
export interface Command {
  name: string;
  aliases: readonly string[];
  /** What follows the name, e.g. `NAME`. */
  operands: string;
  maxArgs: number;
  summary: string;
  /** Pairs: what it does, the words after `kubectl netinspect`. */
  examples: readonly (readonly [string, string])[];
  flags: Flags;
  /** True: takes kubectl's connection flags. */
  connects: boolean;
  /** Gives the exit code; throws the errors of errors.ts. */
  run(call: Call): Promise<number>;
}

/** Every flag that a command takes. */
export function flagsOf(command: Command): Flags {
  return { ...command.flags, ...(command.connects ? connectionFlags : {}), ...commonFlags };
}
