import { type Parsed, parseLines } from './records.ts';

/** A kernel parameter, as `sysctl` prints it: `key = value`. */
export interface SysctlRecord {
  raw: string;
  key: string;
  value: string;
}

/** Reads `key = value` lines; white space inside a value (two numbers with a tab) is made one blank. */
export function parseSysctls(text: string): Parsed<SysctlRecord> {
  return parseLines(text, line => {
    if (line.trim() === '') return null;
    const at = line.indexOf('=');
    if (at <= 0) return 'not "key = value"';
    return {
      raw: line,
      key: line.slice(0, at).trim(),
      value: line
        .slice(at + 1)
        .trim()
        .replace(/\s+/g, ' '),
    };
  });
}
