import { columnsOf } from '../../render/layout.ts';

/** What each sign of the screen is drawn as where a terminal has ASCII alone; all of them take one column, as it does. */
const drawn: Readonly<Record<string, string>> = {
  '─': '-',
  '═': '=',
  '│': '|',
  '╎': ':',
  '▏': '_',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '⌫': '<',
  '⇄': '=',
  '▸': '>',
  '›': '>',
  '…': '~',
  '·': '-',
  '✓': '+',
  '✗': 'x',
  '⚠': '!',
};

/** A line in ASCII; what else it has (names of other alphabets) becomes `?` in as many columns. */
export function asciiLine(line: string): string {
  return line.replace(/[\u0080-\u{10ffff}]+/gu, text =>
    [...segmentsOf(text)]
      .map(
        ({ segment }) => drawn[segment] ?? (/^[\u2500-\u257f]$/.test(segment) ? '+' : '?'.repeat(columnsOf(segment))),
      )
      .join(''),
  );
}

let segmenter: Intl.Segmenter | undefined;

function segmentsOf(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}
