import type { JsonObject } from './json.ts';
import type { Parsed } from './records.ts';

/** One object of an `ip` command's text: its first line and those that belong to it. */
export interface IpLines {
  raw: string;
  line: number;
  words: string[];
}

/**
 * The objects in the text of `ip`: a line that begins with white space belongs to the one before, `\` (of -oneline) stands
 * for its line break; colours are taken off.
 */
export function ipObjects(text: string): IpLines[] {
  const objects: IpLines[] = [];
  const lines = withoutColour(text).split(/\r?\n/);
  for (const [at, raw] of lines.entries()) {
    const words = raw.split(/[\s\\]+/).filter(word => word !== '');
    const last = objects.at(-1);
    if (words.length === 0 || words[0]?.startsWith('#')) continue;
    if (/^\s/.test(raw) && last !== undefined) {
      last.raw += `\n${raw}`;
      last.words.push(...words);
    } else objects.push({ raw, line: at + 1, words });
  }
  return objects;
}

/**
 * Reads the text form by way of the JSON form: `toEntry` gives the object that `ip -j` prints for the same thing, or says
 * why it cannot; `read` is the reader of that.
 */
export function parseIpText<T extends { raw: string }>(
  text: string,
  toEntry: (words: readonly string[], object: IpLines) => JsonObject | string,
  read: (entry: JsonObject) => T | string,
): Parsed<T> {
  const parsed: Parsed<T> = { records: [], unread: [], problem: null };
  for (const object of ipObjects(text)) {
    const { raw, line, words } = object;
    const entry = toEntry(words, object);
    const record = typeof entry === 'string' ? entry : read(entry);
    if (typeof record === 'string') parsed.unread.push({ raw, line, why: record });
    else parsed.records.push({ ...record, raw });
  }
  return parsed;
}

/** The text without the escape sequences of `ip -color`. */
export function withoutColour(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  return text.replace(/\u001b\[[\d;]*m/g, '');
}

/** A word as JSON has it: digits are a number. */
export function wordValue(word: string | undefined): string | number | undefined {
  return word !== undefined && /^-?\d{1,15}$/.test(word) ? Number(word) : word;
}
