import yargs from 'yargs';
import { type Command, flagsOf } from './command.ts';
import { type Flags, rootFlags } from './flags.ts';

/**
 * What the words of a command line say, before it is judged. `given` has the values of each flag by its name, `typed`
 * how it was written (`-n`; an unknown flag stands for itself); `waiting` is the flag at the end that lacks its value.
 */
export function readWords(argv: readonly string[], commands: readonly Command[]) {
  const known: Flags = Object.assign({}, rootFlags, ...commands.map(flagsOf));
  const { spelled, typed, waiting } = spellOut(argv, known);
  // Each option and command costs yargs time at the start, and a visible one its share of a help text that is not shown.
  const used = Object.keys(known).filter(name => typed.has(name));
  let command: Command | undefined;
  const parser = yargs()
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail(false)
    .detectLocale(false)
    .parserConfiguration({ 'camel-case-expansion': false, 'parse-positional-numbers': false, 'populate--': true })
    .options(Object.fromEntries(used.map(name => [name, { type: 'string', nargs: 1, hidden: true }])));
  const [first = ''] = spelled;
  for (const each of commands.filter(({ name, aliases }) => name === first || aliases.includes(first)))
    parser.command([each.name, ...each.aliases], each.summary, {}, () => {
      command = each;
    });
  const { _: words, '--': operands = [], ...values } = parser.parseSync(spelled);
  const given = new Map(used.map(name => [name, [values[name] ?? []].flat() as string[]]));
  const args = [...words.slice(command ? 1 : 0), ...(operands as string[])].map(String);
  return { command, args, given, typed, waiting };
}

/**
 * Spells kubectl's grammar so that yargs cannot misread it: the command, `--name=value` of the known flags, `--`, the
 * operands. Left alone, yargs takes `-oyaml` for four flags, the word `true` after a boolean flag for its value, and
 * `--_` or `--get-yargs-completions` for its own.
 */
function spellOut(argv: readonly string[], known: Flags) {
  const nameOf = (flag: string) =>
    Object.keys(known).find(name => [`--${name}`, `-${known[name]?.short}`].includes(flag));
  const queue = [...argv];
  const [flags, operands]: [string[], string[]] = [[], []];
  const typed = new Map<string, string>();
  let waiting: string | undefined;
  for (let word = queue.shift(); word !== undefined && word !== '--'; word = queue.shift()) {
    const [, flag, attached = ''] = /^(--[^=]*|-[^-])(.*)$/s.exec(word) ?? [];
    const name = nameOf(flag ?? '');
    if (flag === undefined) operands.push(word);
    else typed.set(name ?? flag, flag);
    if (name === undefined) continue;
    if (attached.startsWith('=')) flags.push(`--${name}${attached}`);
    else if (known[name]?.value === undefined) {
      flags.push(`--${name}=true`);
      if (attached !== '') queue.unshift(`-${attached}`);
    } else if (attached !== '' || queue.length > 0) flags.push(`--${name}=${attached || queue.shift()}`);
    else waiting = name;
  }
  operands.push(...queue);
  if (/^[^-/]/.test(operands[0] ?? '')) {
    const [command = '', ...name] = (operands.shift() ?? '').split(/\/(.*)/s, 2);
    flags.unshift(command);
    operands.unshift(...name);
  }
  return { spelled: [...flags, '--', ...operands], typed, waiting };
}
