import { type Parsed, parseLines } from './records.ts';

/** A variable of a process, as it was when the process began. */
export interface EnvironRecord {
  raw: string;
  pid: number;
  name: string;
  value: string;
}

/** Reads `PID NAME=VALUE` lines (collect/questions.sh, from /proc/PID/environ). */
export function parseEnviron(text: string): Parsed<EnvironRecord> {
  return parseLines(text, raw => {
    if (raw === '') return null;
    const [, pid, name, value] = /^(\d+) ([^=]+)=(.*)$/.exec(raw) ?? [];
    return name === undefined || value === undefined ? 'not "PID NAME=VALUE"' : { raw, pid: Number(pid), name, value };
  });
}
