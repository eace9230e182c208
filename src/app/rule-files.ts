import type { Host } from '../analyse/trace/host.ts';
import { UsageError } from '../errors.ts';
import { parsePrefix } from '../model/address.ts';
import { countRules } from '../model/rule-count.ts';
import { asPrinted } from '../parse/pasted.ts';
import { recognise } from '../parse/recognise.ts';
import type { Unread } from '../parse/records.ts';
import { segmentsOf } from '../parse/segments.ts';
import { HostParts } from './host-parts.ts';
import { type RuleFile, readDump } from './rule-dumps.ts';

export interface RuleSummary {
  lines: number;
  rules: number;
  /** Rules with a match, a target or a value that is not modelled. */
  opaque: number;
  /** Lines and entries that could not be read. */
  unread: number;
}

/** A line or entry of a dump that could not be read. */
export interface UnreadLine extends Unread {
  file: string;
}

export interface LoadedRules {
  host: Host;
  /** Counted when it is asked for: that reads every rule. */
  readonly summary: RuleSummary;
  /** Found when it is asked for. */
  readonly unread: readonly UnreadLine[];
  /** Files with nothing in them, which may be right, in words. */
  notes: string[];
  /** What makes the answer incomplete, in words that name the file: cut off, lines not understood. */
  problems: string[];
}

/**
 * Makes one host of dumps of any kind that is known, all live at once; a text may hold several, one below the other. `local` are addresses of the host beside those of
 * `ip addr` dumps. Throws UsageError for a text that is no dump, and when there is nothing in any of them.
 */
export function loadRuleFiles(files: readonly RuleFile[], { local }: { local: readonly string[] }): LoadedRules {
  const parts = new HostParts();
  const notes: string[] = [];
  const problems: string[] = [];
  const counts: (() => UnreadLine[])[] = [];
  let read = 0;
  for (const { name, text: given } of files) {
    const text = asPrinted(given);
    const what = recognise(text);
    if (what.format === null && !what.empty)
      throw new UsageError('unknown-rule-file', `${name} is ${what.what}`, known);
    if (what.format === null) {
      notes.push(`${name}: ${what.what}: nothing was read from it`);
      continue;
    }
    read++;
    for (const part of segmentsOf(plain(text), what.format)) {
      const dump = readDump(part.format, { name, text: part.text }, parts);
      if (dump.problem !== null) problems.push(`${name}: ${dump.problem}`);
      problems.push(...unreadProblem(name, dump.unread));
      counts.push(() => dump.allUnread().map(line => ({ ...line, file: name })));
    }
  }
  if (files.length > 0 && read === 0)
    throw new UsageError('empty-rule-file', `nothing to read: ${notes.join('; ')}`, known);
  for (const text of local) parts.addLocal(readLocal(text));
  const { host, problems: doubled } = parts.build(null);
  let unread: UnreadLine[] | null = null;
  return {
    host,
    get unread() {
      unread ??= counts.flatMap(count => count());
      return unread;
    },
    get summary() {
      const lines = files.reduce((sum, { text }) => sum + countLines(text), 0);
      return { lines, ...countRules(host.rules.tables), unread: this.unread.length };
    },
    notes,
    problems: [...problems, ...doubled],
  };
}

const known =
  'give the output of iptables-save, nft list ruleset, ipset save, ipvsadm --save --numeric, ip addr, ip route show table all, ip rule or conntrack -L, one a file';

/** Without what a Windows editor adds. */
function plain(text: string): string {
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text;
  return whole.includes('\r\n') ? whole.replaceAll('\r\n', '\n') : whole;
}

function unreadProblem(name: string, unread: readonly Unread[]): string[] {
  const [first] = unread;
  if (first === undefined) return [];
  const where = first.line === null ? '' : `line ${first.line}: `;
  const more = unread.length === 1 ? '' : `, and ${unread.length - 1} more`;
  const raw = first.raw.length > 120 ? `${first.raw.slice(0, 120)}…` : first.raw;
  return [`${name}: not understood: ${where}${first.why}: ${raw}${more}`];
}

function readLocal(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === null)
    throw new UsageError(
      'bad-address',
      `${JSON.stringify(text)} is no IP address`,
      'for instance: --local 10.0.0.1,fd00::1',
    );
  const { family, value, length } = prefix;
  return { family, address: value, prefixLength: length, interface: null };
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}
