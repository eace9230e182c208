import { parseIptablesRule } from './iptables-rule.ts';
import { standsForOthers } from './left-out-marks.ts';

/** Texts longer than this no mail program has wrapped. */
const longest = 1_000_000;

const rule = /^\s*(?:\[\d+:\d+\] )?-A \S/;
const header = /^# (?:Generated|Completed) /;
/** Lines of iptables-save and `iptables -S` that begin something. */
const begins = /^\s*(?:\[\d+:\d+\] )?(?:-[AINP] \S|\*\w+\s*$|:\S+ (?:[A-Z]+|-)|COMMIT\s*$|#|$)/;

/**
 * Joins rules of iptables-save that were broken over several lines, where the joined line can be read: at a width, in the
 * middle of words, as terminals do, or at blanks, as mail programs do. The line of each rule stays the one that it begins on.
 */
export function unwrapped(text: string): string {
  if (text.length > longest || /^[ \t]*Chain \S+ \(/m.test(text)) return text;
  const lines = text.split('\n');
  const groups = broken(lines);
  if (groups.length === 0) return text;
  const widths = groups.flatMap(({ first, last }) => lines.slice(first, last).map(line => line.length));
  const width = Math.max(...widths);
  const isHard = widths.filter(length => length === width).length * 2 > widths.length;
  for (const { first, last } of groups) {
    const pieces = lines.slice(first, last + 1);
    const joined = pieces.reduce((all, piece, at) => {
      const inWord = isHard && pieces[at - 1]?.length === width;
      return `${inWord ? all : all.trimEnd()}${inWord ? '' : ' '}${inWord ? piece : piece.trimStart()}`;
    });
    if (rule.test(joined) && typeof parseIptablesRule(joined.trim()) === 'string') continue;
    lines[first] = joined;
    lines.fill('', first + 1, last + 1);
  }
  return lines.join('\n');
}

/** Rules and headers with the lines below them that begin nothing. */
function broken(lines: readonly string[]): { first: number; last: number }[] {
  const groups: { first: number; last: number }[] = [];
  for (let first = 0; first < lines.length; first++) {
    if (!rule.test(lines[first] ?? '') && !header.test(lines[first] ?? '')) continue;
    let last = first;
    for (let next = lines[last + 1]; next !== undefined && !begins.test(next) && !standsForOthers(next.trim()); ) {
      last++;
      next = lines[last + 1];
    }
    if (last > first) groups.push({ first, last });
    first = last;
  }
  return groups;
}
