/** A piece of a tool's output that could not be read, kept with the reason. `line` is null where output has no lines. */
export interface Unread {
  raw: string;
  line: number | null;
  why: string;
}

/** What a parser gives: the records that it could read, what it could not, and what is wrong with the text as a whole. */
export interface Parsed<T> {
  records: T[];
  unread: Unread[];
  /** E.g. "cut off after 12 entries"; null when the text is whole. */
  problem: string | null;
}

/** A parser of one tool's output. It never throws. */
export type Parser<T> = (text: string) => Parsed<T>;

/**
 * Reads line-based output: `read` gives a record, null for a line without one (blank, comment), or a string that says
 * why the line cannot be read. A last line without its newline is read like any other; `line` counts from 1.
 */
export function parseLines<T extends object>(
  text: string,
  read: (line: string, number: number) => T | null | string,
): Parsed<T> {
  const parsed: Parsed<T> = { records: [], unread: [], problem: null };
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    const line = text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    const result = read(line, number);
    if (typeof result === 'string') parsed.unread.push({ raw: line, line: number, why: result });
    else if (result !== null) parsed.records.push(result);
    start = end + 1;
  }
  return parsed;
}
