import { type Parsed, parseLines } from './records.ts';

/** A line that is shown as it stands. */
export interface RawLine {
  raw: string;
}

/** Reads text whose lines are shown as they stand, such as a part of the kernel log. */
export function parseRawLines(text: string): Parsed<RawLine> {
  return parseLines(text, raw => (raw === '' ? null : { raw }));
}
