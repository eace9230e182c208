import { createHash } from 'node:crypto';
import { constants, gunzipSync } from 'node:zlib';
import type { SectionInfo } from '../parse/snapshot.ts';

/** One section of a node: its path below `nodes/NODE/`, its text (UTF-8, other bytes become U+FFFD) and how it came to be. */
export interface Section {
  path: string;
  text: string;
  info: SectionInfo;
}

export interface DecodedStream {
  /** Everything that arrived, in the collector's order; the last may be cut off (`info.truncated`). */
  sections: Section[];
  /** True when the end line arrived, counts right, and no section is damaged. */
  complete: boolean;
  /** In words, what is wrong; undefined when complete. */
  problem: string | undefined;
}

const firstLine = Buffer.from('netinspect-collector 1\n');
const headerPattern = /^section (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) ([0-9a-f]{64})$/;
const endPattern = /^end (\d+)$/;
/** Longer than any header or end line. */
const longestLine = 200;

/**
 * Reads what collector.sh wrote, as far as it arrived. `received` is the raw standard output of the exec: gzip, maybe
 * with text before it, cut off or damaged anywhere. Never throws.
 *
 * Inside the gzip stream: the line `netinspect-collector 1`, then for each section the line
 * `section EXIT-CODE MILLISECONDS PATH-BYTES COMMAND-BYTES STDERR-BYTES STDOUT-BYTES SHA256-OF-STDOUT`, those four
 * parts one after the other, and a newline; at last the line `end NUMBER-OF-SECTIONS`.
 */
export function decodeFrames(received: Uint8Array): DecodedStream {
  const stream = inflate(Buffer.from(received.buffer, received.byteOffset, received.byteLength));
  if (stream === undefined) return { sections: [], complete: false, problem: nothing(received) };
  const { sections, problem } = readFrames(stream.bytes);
  const damaged = sections.filter(section => section.info.truncated).map(section => section.path);
  const found =
    problem ??
    (damaged.length > 0 ? `the checksum differs in ${damaged.join(', ')}` : undefined) ??
    (stream.intact ? undefined : 'the checksum of the compressed stream differs');
  return { sections, complete: found === undefined, problem: found };
}

function readFrames(bytes: Buffer): { sections: Section[]; problem: string | undefined } {
  const sections: Section[] = [];
  let at = firstLine.length;
  for (;;) {
    const line = lineAt(bytes, at);
    const end = line?.match(endPattern);
    if (end) {
      const announced = Number(end[1]);
      if (announced === sections.length) return { sections, problem: undefined };
      return { sections, problem: `the stream ends after ${sections.length} of ${announced} sections` };
    }
    const header = line?.match(headerPattern);
    if (line === undefined || !header) {
      if (bytes.length - at < longestLine && line === undefined) return { sections, problem: cutOff(sections) };
      return { sections, problem: `the stream is damaged after ${sections.length} sections` };
    }
    const [exitCode = 0, durationMs = 0, ...lengths] = header.slice(1, 7).map(Number);
    at += line.length + 1;
    const parts = lengths.map(length => {
      const part = bytes.subarray(at, at + length);
      at += length;
      return part;
    });
    const [path = bytes, command = bytes, stderr = bytes, stdout = bytes] = parts;
    if (path.length < (lengths[0] ?? 0)) return { sections, problem: cutOff(sections) };
    const info: SectionInfo = { command: command.toString(), exitCode, durationMs, sha256: header[7] ?? '' };
    if (stderr.length > 0) info.stderr = stderr.toString();
    if (createHash('sha256').update(stdout).digest('hex') !== info.sha256) info.truncated = true;
    sections.push({ path: path.toString(), text: stdout.toString(), info });
    if (at > bytes.length) {
      info.truncated = true;
      return { sections, problem: cutOff(sections) };
    }
    at += 1;
  }
}

/** The line that starts at `at`, without its newline; undefined when it does not end within a line's greatest length. */
function lineAt(bytes: Buffer, at: number): string | undefined {
  const end = bytes.subarray(at, at + longestLine).indexOf('\n');
  return end === -1 ? undefined : bytes.toString('latin1', at, at + end);
}

function cutOff(sections: Section[]): string {
  const last = sections.at(-1);
  if (last === undefined) return 'the stream is cut off before its first section';
  return `the stream is cut off ${last.info.truncated ? 'in' : 'after'} ${last.path}`;
}

function nothing(received: Uint8Array): string {
  if (received.length === 0) return 'the collector sent nothing';
  const start = Buffer.from(received.subarray(0, 200))
    .toString()
    .replace(/[^ -~]+/g, ' ')
    .trim();
  return `what came is not a collector's stream; it begins with "${start}"`;
}

/** The first gzip member that begins as ours does; what stands before it is not ours (a warning of a proxy or a shell). */
function inflate(received: Buffer): { bytes: Buffer; intact: boolean } | undefined {
  for (
    let at = received.indexOf('\x1f\x8b\x08', 0, 'latin1');
    at !== -1;
    at = received.indexOf('\x1f\x8b\x08', at + 1, 'latin1')
  ) {
    const member = received.subarray(at);
    const whole = inflatePart(member);
    const bytes = whole ?? longestPart(member);
    if (bytes.subarray(0, firstLine.length).equals(firstLine)) return { bytes, intact: whole !== undefined };
  }
  return undefined;
}

/** What the bytes hold, also when they are cut off; undefined when they are damaged. */
function inflatePart(member: Buffer): Buffer | undefined {
  try {
    return gunzipSync(member, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

/** What stands before the damage: the longest start of the member that can be inflated, found by bisection. */
function longestPart(member: Buffer): Buffer {
  let best: Buffer = Buffer.alloc(0);
  let good = 0;
  let bad = member.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const part = inflatePart(member.subarray(0, middle));
    if (part === undefined) bad = middle;
    else {
      good = middle;
      best = part;
    }
  }
  return best;
}
