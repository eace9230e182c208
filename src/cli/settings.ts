import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { changeFlags, debugFlags, type Flags, screenFlags } from './flags.ts';
import { nearest } from './suggest.ts';

/** What the user's configuration file says. */
export interface Settings {
  /** Where it is, or would be. */
  file: string;
  exists: boolean;
  /** Defaults of flags, by the flag's name. */
  values: ReadonlyMap<string, string>;
  /** The words that an alias stands for. */
  aliases: ReadonlyMap<string, readonly string[]>;
}

/** The flags that the file can set: those that have a variable of the environment as well. */
export const settable: Flags = Object.fromEntries(
  Object.entries<Flags[string]>({ ...debugFlags, ...changeFlags, ...screenFlags }).filter(
    ([, flag]) => flag.env !== undefined,
  ),
);

/** `netinspect/config.yaml` in the user's configuration folder (XDG Base Directory; %APPDATA% on Windows). */
function settingsFile(env: NodeJS.ProcessEnv): string {
  const ofSystem = process.platform === 'win32' ? env['APPDATA'] : undefined;
  const folder = env['XDG_CONFIG_HOME'] || ofSystem || join(env['HOME'] || homedir(), '.config');
  return join(folder, 'netinspect', 'config.yaml');
}

/**
 * Reads the configuration file; one that is not there is empty. `commands` are words that no alias may take. Throws UsageError, with the
 * line, for what is not YAML, unknown keys (with the nearest one), values of another kind, and values that are not allowed.
 */
export async function readSettings(env: NodeJS.ProcessEnv, commands: readonly string[]): Promise<Settings> {
  const file = settingsFile(env);
  const [values, aliases] = [new Map<string, string>(), new Map<string, string[]>()];
  if (!existsSync(file)) return { file, exists: false, values, aliases };
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const refuse = (offset: number | undefined, why: string, next?: string) =>
    new UsageError(
      'bad-config',
      `${file}:${lines.linePos(offset ?? 0).line}: ${why}`,
      next ?? 'see: kubectl netinspect config --help',
    );
  const textOf = (node: unknown): string | undefined =>
    isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
  const booleanOf = (node: unknown): string | undefined =>
    isScalar(node) && typeof node.value === 'boolean' ? String(node.value) : undefined;
  const wordOf = (node: unknown) =>
    isScalar(node) ? { text: String(node.value), at: node.range?.[0] } : { text: '', at: 0 };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError('config-unreadable', `${file} cannot be read: ${(error as Error).message}`);
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) throw refuse(error.pos[0], `it is not YAML: ${error.message}`);
  if (document.contents === null) return { file, exists: true, values, aliases };
  if (!isMap(document.contents)) throw refuse(0, 'it is not a mapping of keys to values');

  const known = [...Object.keys(settable), 'aliases'];
  for (const { key, value } of document.contents.items) {
    const { text: name, at } = wordOf(key);
    const flag = settable[name];
    if (name === 'aliases') {
      if (!isMap(value)) throw refuse(at, 'aliases is not a mapping of names to words');
      for (const item of value.items) {
        const alias = wordOf(item.key);
        if (!/^[a-z][a-z0-9-]*$/.test(alias.text))
          throw refuse(
            alias.at,
            `${JSON.stringify(alias.text)} cannot be an alias`,
            'use lower-case letters, digits and "-"',
          );
        if (commands.includes(alias.text))
          throw refuse(alias.at, `alias ${alias.text} would hide the command ${alias.text}`, 'give it another name');
        const words = isSeq(item.value) ? item.value.items.map(textOf) : textOf(item.value)?.trim().split(/\s+/);
        if (words === undefined || words.length === 0 || words.some(word => !word))
          throw refuse(
            alias.at,
            `alias ${alias.text} is neither text nor a list of words`,
            `for instance: ${alias.text}: pod -n shop web`,
          );
        aliases.set(alias.text, words as string[]);
      }
    } else if (flag === undefined) {
      const meant = nearest(name, known);
      const next = meant === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${meant}?`;
      throw refuse(at, `unknown key ${JSON.stringify(name)}`, next);
    } else {
      const isBoolean = flag.value === undefined;
      const given = isBoolean ? booleanOf(value) : textOf(value);
      if (!given)
        throw isBoolean
          ? refuse(at, `${name} is neither true nor false`, `write it like ${name}: true`)
          : refuse(at, `${name} is not text`, `write it like ${name}: "…"`);
      if (flag.choices !== undefined && !flag.choices.includes(given))
        throw refuse(at, `${name} is ${JSON.stringify(given)}`, `allowed: ${flag.choices.join(', ')}`);
      values.set(name, given);
    }
  }
  return { file, exists: true, values, aliases };
}

/** The words of a command line, its first one replaced when it is an alias. */
export function withoutAlias(argv: readonly string[], settings: Settings | undefined): readonly string[] {
  const meant = settings?.aliases.get(argv[0] ?? '');
  return meant === undefined ? argv : [...meant, ...argv.slice(1)];
}
