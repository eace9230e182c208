import { styleText } from 'node:util';
import stringWidth from 'string-width';

/** How text is laid out: columns to fill at most (infinite when nothing limits them), and whether colour is allowed. */
export interface Layout {
  width: number;
  colour: boolean;
  /** False: evidence that a report has is not shown. */
  evidence?: boolean;
}

/** What a piece of text means; colour only repeats what its words or its sign say. */
export type Meaning = 'plain' | 'title' | 'label' | 'good' | 'bad' | 'doubt' | 'name';

export interface Cell {
  text: string;
  meaning: Meaning;
}

export type CellLike = string | Cell;

const formats = {
  plain: undefined,
  title: 'bold',
  label: 'dim',
  good: 'green',
  bad: 'red',
  doubt: 'yellow',
  name: 'cyan',
} as const satisfies Record<Meaning, unknown>;

export function cell(text: string, meaning: Meaning): Cell {
  return { text, meaning };
}

export function textOf(value: CellLike): string {
  return typeof value === 'string' ? value : value.text;
}

/** Colours a text by its meaning. */
export function paint(text: string, meaning: Meaning, { colour }: Layout): string {
  const format = formats[meaning];
  return colour && format !== undefined && text !== '' ? styleText(format, text, { validateStream: false }) : text;
}

/** Characters of known single width: ASCII and our own drawing. Measuring others loads Unicode tables. */
const narrow = /^[\x20-\x7e·→⇄─═│├┤└┘┌┐┬✓✗⚠?…╎↓↑←⌫▸›▏]*$/;

/** The columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columnsOf(text)));
}

/** Breaks a text at spaces into lines of at most `width` columns; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  if (columnsOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (columnsOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = cut(word, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return [...lines, line];
}

function cut(word: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece !== '' && columnsOf(piece + character) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

/** What stands before a text: an indent, and a label with the space after it. */
export type Prefix = string | readonly [indent: string, label: Cell, space: string];

/** The least columns that a text gets beside its label; where there are fewer, or too few for a word that fits under it, it goes there. */
const leastBeside = 20;

/** Lines of a text after a prefix; the following lines stand under the text. */
export function hanging(prefix: Prefix, value: CellLike, layout: Layout): string[] {
  const meaning = typeof value === 'string' ? 'plain' : value.meaning;
  const [indent, label, space] = typeof prefix === 'string' ? [prefix, cell('', 'plain'), ''] : prefix;
  const under = indent.length + columnsOf(label.text) + space.length;
  const painted = (width: number) => wrap(textOf(value), Math.max(1, width)).map(line => paint(line, meaning, layout));
  const words = textOf(value).split(' ').map(columnsOf);
  const least = Math.max(leastBeside, ...words.filter(word => word <= layout.width - indent.length - 2));
  if (label.text !== '' && layout.width - under < least && under + columnsOf(textOf(value)) > layout.width) {
    const head = wrap(label.text.trimEnd(), layout.width - indent.length).map(
      line => indent + paint(line, label.meaning, layout),
    );
    return [...head, ...painted(layout.width - indent.length - 2).map(line => `${indent}  ${line}`)];
  }
  const first = indent + paint(label.text, label.meaning, layout) + space;
  return painted(layout.width - under).map((line, index) => (index === 0 ? first : ' '.repeat(under)) + line);
}
