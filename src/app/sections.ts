import type { Gap } from '../model/report.ts';
import type { Section } from '../model/section.ts';
import type { Parsed, Parser } from '../parse/records.ts';
import type { PodTarget, Snapshot } from '../parse/snapshot.ts';

/** Reads sections of a snapshot and keeps account of what could not be read. */
export interface SectionReader {
  /** The section's records. Every loss on the way becomes a gap, unless `optional` says that it may be absent. */
  read<T>(path: string, parse: Parser<T>, optional?: 'optional'): Section<T>;
  /** The paths below a folder, sorted by name. */
  list(folder: string): string[];
  /** False when the snapshot says what it was taken for, and this pod is not among it. */
  asked(pod: PodTarget): boolean;
  readonly gaps: readonly Gap[];
}

/** A reader for one report; it parses each section once by the same parser, and names each section in at most one gap a reason. */
export function sectionReader(snapshot: Snapshot): SectionReader {
  const { pods } = snapshot.index.targets;
  const gaps: Gap[] = [];
  const miss = (subject: string, why: string) => {
    if (!gaps.some(gap => gap.subject === subject && gap.why === why)) gaps.push({ subject, why });
  };
  const parsed = new Map<Parser<unknown>, Map<string, Parsed<unknown>>>();
  const once = <T>(path: string, text: string, parse: Parser<T>): Parsed<T> => {
    const own = parsed.get(parse) ?? new Map<string, Parsed<unknown>>();
    parsed.set(parse, own);
    const known = (own.get(path) as Parsed<T> | undefined) ?? parse(text);
    own.set(path, known);
    return known;
  };
  return {
    gaps,
    asked: ({ namespace, name }) =>
      pods.length === 0 || pods.some(pod => pod.namespace === namespace && pod.name === name),
    list: folder => [...snapshot.files.keys()].filter(path => path.startsWith(folder)).sort(),
    read(path, parse, optional) {
      const info = snapshot.index.sections[path] ?? {};
      const command = info.command ?? null;
      const text = snapshot.files.get(path);
      const lost = text === undefined ? absence(snapshot, path) : null;
      if (lost !== null && !(optional && lost.why === notCollected)) miss(lost.subject, lost.why);
      const why = lost === null ? failure(info.exitCode, info.stderr, text ?? '') : lost.why;
      if (lost === null && why !== null) miss(path, why);
      if (text === undefined || (why !== null && text === '')) return { path, command, records: [], state: 'absent' };
      const { records, unread, problem } = once(path, text, parse);
      if (info.truncated === true)
        miss(path, 'cut off or changed on the way (its length or checksum differs): only a part was read');
      if (problem !== null) miss(path, problem);
      const [first] = unread;
      if (first !== undefined) {
        const where = first.line === null ? '' : `line ${first.line}: `;
        const more = unread.length === 1 ? '' : `, and ${unread.length - 1} more`;
        miss(path, `not understood: ${where}${first.why}: ${shorten(first.raw)}${more}`);
      }
      const whole = why === null && problem === null && first === undefined && info.truncated !== true;
      return { path, command, records, state: whole ? 'whole' : records.length > 0 ? 'partial' : 'absent' };
    },
  };
}

const notCollected = 'not in the snapshot';

/** Why a section is not there. A node of which nothing is there is named once, not by each of its sections. */
function absence(snapshot: Snapshot, path: string): Gap {
  const { failures } = snapshot.index;
  const own = failures.find(({ subject }) => subject === path || path === `cluster/${subject}.json`);
  if (own !== undefined) return { subject: path, why: own.message };
  const node = /^nodes\/([^/]+)\//.exec(path)?.[1];
  if (node === undefined) return { subject: path, why: notCollected };
  const collected = [...snapshot.files.keys()].some(other => other.startsWith(`nodes/${node}/`));
  const failed = failures.find(({ subject }) => subject === node);
  // Another way in than a debug pod lacks many sections: once is enough.
  const whole = !collected || failed?.code === 'way-agent' || failed?.code === 'way-api';
  if (failed !== undefined) return { subject: whole ? node : path, why: failed.message };
  return {
    subject: collected ? path : node,
    why: collected ? notCollected : 'nothing of this node is in the snapshot',
  };
}

function failure(exitCode: number | undefined, stderr: string | undefined, text: string): string | null {
  if (exitCode === undefined || exitCode === 0) return null;
  const said = stderr?.trim();
  return `exit code ${exitCode}${said ? `: ${said}` : text === '' ? ', no output' : ''}`;
}

function shorten(raw: string): string {
  return raw.length > 120 ? `${raw.slice(0, 120)}…` : raw;
}
