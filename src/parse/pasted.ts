import { recognise } from './recognise.ts';

/** What may stand before each line of a text that somebody mailed or copied. */
const fronts: readonly RegExp[] = [
  /^(?:> ?)+/,
  // CI logs.
  /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)[ \t]*/,
  // docker compose, stern.
  /^\S+ +\| ?/,
  // grep -n, cat -n.
  /^[ \t]*\d+(?:[:-]|\t)/,
];

/** So many lines are looked at for what they begin with, and so many of a hundred must. */
const looked = 200;
const most = 90;

/**
 * A text as the tool printed it, where it can only be recognised without what stands before each of its lines: the marks of a
 * quotation, numbers, times, names, blanks. Lines keep their numbers; every other text is given back as it came.
 */
export function asPrinted(text: string): string {
  if (recognise(text).format !== null) return text;
  const plain = text.replaceAll('\u00a0', ' ');
  for (const front of fronts) {
    const bare = without(plain, front);
    const found = bare === null ? null : [bare, outdented(bare)].find(isKnown);
    if (found) return found;
  }
  return [plain, outdented(plain)].find(isKnown) ?? text;
}

const isKnown = (text: string): boolean => recognise(text).format !== null;

function without(text: string, front: RegExp): string | null {
  const told = linesOf(text).slice(0, looked);
  const hits = told.filter(line => front.test(line)).length;
  if (told.length === 0 || hits * 100 < told.length * most) return null;
  return text
    .split('\n')
    .map(line => line.replace(front, ''))
    .join('\n');
}

/** Without the blanks that every line begins with. */
function outdented(text: string): string {
  const indents = linesOf(text).map(line => /^[ \t]*/.exec(line)?.[0] ?? '');
  const common = indents.reduce((first, second) => {
    let at = 0;
    while (at < first.length && first[at] === second[at]) at++;
    return first.slice(0, at);
  }, indents[0] ?? '');
  if (common === '') return text;
  return text
    .split('\n')
    .map(line => (line.startsWith(common) ? line.slice(common.length) : line))
    .join('\n');
}

const linesOf = (text: string): string[] => text.split('\n').filter(line => line.trim() !== '');
