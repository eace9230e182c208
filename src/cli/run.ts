import { exitCodes, isNetinspectError } from '../errors.ts';
import { visible } from '../render/visible.ts';
import type { Terminal } from './command.ts';
import { readCommandLine } from './command-line.ts';
import { commands } from './commands.ts';
import { commandHelp, rootHelp } from './help.ts';
import { readSettings, type Settings, withoutAlias } from './settings.ts';

/** Runs one command line and gives its exit code; every error ends here, as words on stderr. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    if (argv[0] === '__complete') return await answerCompletion(argv.slice(1), terminal);
    const settings = await settingsFor(terminal.env, argv.includes('--help') || argv.includes('-h'));
    const words = withoutAlias(argv, settings);
    const { command, args, flags, help, version } = readCommandLine(words, commands, terminal.env, settings);
    if (command !== undefined && !help) return await command.run({ args, flags, terminal });
    const versionCommand = version && !help && commands.find(({ name }) => name === 'version');
    if (versionCommand) return await versionCommand.run({ args, flags, terminal });
    if (command === undefined && !help) {
      const { opensScreen, openScreen } = await import('./screen.ts');
      if (opensScreen({ args, flags, terminal })) return await openScreen({ args, flags, terminal });
    }
    await terminal.print(command === undefined ? rootHelp(commands) : commandHelp(command));
    return exitCodes.ok;
  } catch (error) {
    return failure(error, argv, terminal);
  }
}

/** The user's settings; undefined for a file that cannot be understood where that is `harmless`: it keeps nobody from the help. */
async function settingsFor(env: NodeJS.ProcessEnv, harmless: boolean): Promise<Settings | undefined> {
  try {
    return await readSettings(
      env,
      commands.flatMap(({ name, aliases }) => [name, ...aliases]),
    );
  } catch (error) {
    if (harmless) return undefined;
    throw error;
  }
}

/** Prints what completes the words, then cobra's directive: 4 no files, 0 files too. Settings that are wrong do not disturb the line. */
async function answerCompletion(words: readonly string[], terminal: Terminal): Promise<number> {
  const { complete, lookUpNames } = await import('./complete.ts');
  const settings = await settingsFor(terminal.env, true);
  const [first = ''] = words;
  const aliases = words.length > 1 ? [] : [...(settings?.aliases.keys() ?? [])].filter(name => name.startsWith(first));
  const meant = words.length > 1 ? withoutAlias(words, settings) : words;
  const found = await complete(meant, commands, lookUpNames, terminal.env);
  const lines = [...found.words, ...aliases].map(word => visible(word));
  await terminal.print([...lines, found.files ? ':0' : ':4', ''].join('\n'));
  return exitCodes.ok;
}

/** Says what went wrong and gives the exit code. An unexpected error after an abort is that abort's doing. */
function failure(error: unknown, argv: readonly string[], terminal: Terminal): number {
  const { signal, warn } = terminal;
  if (signal.aborted && !isNetinspectError(error)) return exitCodes.interrupted;
  if (isNetinspectError(error) && error.exitCode !== exitCodes.bug) {
    warn(`error: ${visible(error.message)}`);
    if (error.next !== undefined) warn(`next: ${visible(error.next)}`);
    return error.exitCode;
  }
  return reportDefect(error, argv, warn);
}

/** Says that the fault is ours, and how to report it; the stack only from -v=6 on. */
export function reportDefect(error: unknown, argv: readonly string[], warn: Terminal['warn']): number {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  warn(`error: ${visible(message)}`);
  warn('This is a defect of netinspect, not of your cluster: please report it, with the command line and -v=6 output.');
  if (error instanceof Error && /^(-v|--v)[=\n]?([6-9]|\d{2,})$/m.test(argv.join('\n')))
    warn(visible(error.stack ?? '', 'lines'));
  return exitCodes.bug;
}
