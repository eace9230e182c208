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
const checkPattern = /^check ([0-9a-f]{64})$/;
const endPattern = /^end (\d+)$/;
/** Against a stream that would fill the memory. */
const mostInflated = 1 << 28;
/** Longer than any header or end line. */
const longestLine = 200;

/**
 * Reads what collector.sh wrote, as far as it arrived. `received` is the raw standard output of the exec: gzip, maybe
 * with text before it, cut off or damaged anywhere. At most `most` bytes of what it inflates to are read. Never throws.
 *
 * Inside the gzip stream: the line `netinspect-collector 1`, then for each section the line
 * `section EXIT-CODE MILLISECONDS PATH-BYTES COMMAND-BYTES STDERR-BYTES STDOUT-BYTES SHA256-OF-STDOUT`, those four
 * parts one after the other, and a newline. Now and then the line `check SHA256` of all since the last one but the
 * stdouts, newlines before the header lines included; at last the line `end NUMBER-OF-SECTIONS`.
 */
export function decodeFrames(received: Uint8Array, most = mostInflated): DecodedStream {
  const stream = inflate(Buffer.from(received.buffer, received.byteOffset, received.byteLength), most);
  if (stream === undefined) return { sections: [], complete: false, problem: nothing(received) };
  const { sections, unchecked, problem } = readFrames(stream.bytes);
  // Cut off is not damaged: what stands before the cut is right.
  if (!stream.intact) for (const { info } of unchecked) info.truncated = true;
  const damaged = sections.filter(section => section.info.truncated).map(section => section.path);
  const found =
    problem ??
    (damaged.length > 0 ? `the checksum differs in ${damaged.join(', ')}` : undefined) ??
    (stream.intact ? undefined : 'the checksum of the compressed stream differs');
  return { sections, complete: found === undefined, problem: found };
}

interface Frames {
  sections: Section[];
  /** The last of them, whose paths, commands and errors no check line has proven. */
  unchecked: Section[];
  problem: string | undefined;
}

function readFrames(bytes: Buffer): Frames {
  const sections: Section[] = [];
  let unchecked: Section[] = [];
  let hash = createHash('sha256');
  let at = firstLine.length;
  for (;;) {
    const line = lineAt(bytes, at);
    if (line === undefined && bytes.length - at < longestLine)
      return { sections, unchecked, problem: cutOff(sections) };
    const [, end] = line?.match(endPattern) ?? [];
    if (end !== undefined) {
      const problem =
        Number(end) === sections.length ? undefined : `the stream ends after ${sections.length} of ${end} sections`;
      return { sections, unchecked, problem };
    }
    const [, check] = line?.match(checkPattern) ?? [];
    if (line !== undefined && check !== undefined) {
      if (hash.digest('hex') !== check) for (const { info } of unchecked) info.truncated = true;
      hash = createHash('sha256');
      unchecked = [];
      at += line.length + 1;
      continue;
    }
    const frame = line === undefined ? undefined : readFrame(bytes, at, line);
    if (frame === undefined)
      return { sections, unchecked, problem: `the stream is damaged after ${sections.length} sections` };
    if (frame.section === undefined) return { sections, unchecked, problem: cutOff(sections) };
    hash.update(bytes.subarray(at - 1, frame.textStart));
    sections.push(frame.section);
    unchecked.push(frame.section);
    at = frame.end + 1;
    if (at > bytes.length + 1) return { sections, unchecked, problem: cutOff(sections) };
  }
}

/** The frame whose header line is at `at`: no section when not even its path is whole; undefined when that is no header. */
function readFrame(bytes: Buffer, at: number, line: string) {
  const header = line.match(headerPattern);
  if (!header) return undefined;
  const [exitCode = 0, durationMs = 0, pathBytes = 0, commandBytes = 0, stderrBytes = 0, stdoutBytes = 0] = header
    .slice(1, 7)
    .map(Number);
  const pathStart = at + line.length + 1;
  const commandStart = pathStart + pathBytes;
  const stderrStart = commandStart + commandBytes;
  const textStart = stderrStart + stderrBytes;
  const end = textStart + stdoutBytes;
  if (commandStart > bytes.length) return { section: undefined, textStart, end };
  const text = bytes.subarray(textStart, end);
  const info: SectionInfo = {
    command: bytes.toString('utf8', commandStart, stderrStart),
    exitCode,
    durationMs,
    sha256: header[7] ?? '',
  };
  if (stderrBytes > 0) info.stderr = bytes.toString('utf8', stderrStart, textStart);
  if (end > bytes.length || createHash('sha256').update(text).digest('hex') !== info.sha256) info.truncated = true;
  return {
    section: { path: bytes.toString('utf8', pathStart, commandStart), text: text.toString(), info },
    textStart,
    end,
  };
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
function inflate(received: Buffer, most: number): { bytes: Buffer; intact: boolean } | undefined {
  for (
    let at = received.indexOf('\x1f\x8b\x08', 0, 'latin1');
    at !== -1;
    at = received.indexOf('\x1f\x8b\x08', at + 1, 'latin1')
  ) {
    const member = received.subarray(at);
    const whole = inflatePart(member, most);
    const bytes = whole ?? longestPart(member, most);
    if (bytes.subarray(0, firstLine.length).equals(firstLine)) return { bytes, intact: whole !== undefined };
  }
  return undefined;
}

/** What the bytes hold, also when they are cut off; undefined when they are damaged or hold more than `most` bytes. */
function inflatePart(member: Buffer, most: number): Buffer | undefined {
  try {
    return gunzipSync(member, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: most });
  } catch {
    return undefined;
  }
}

/** What stands before the damage: the longest start of the member that can be inflated, found by bisection. */
function longestPart(member: Buffer, most: number): Buffer {
  let best: Buffer = Buffer.alloc(0);
  let good = 0;
  let bad = member.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const part = inflatePart(member.subarray(0, middle), most);
    if (part === undefined) bad = middle;
    else {
      good = middle;
      best = part;
    }
  }
  return best;
}
