import { stripVTControlCharacters } from 'node:util';
import { type CellLike, columnsOf, type Layout, paint, textOf } from '../render/layout.ts';
import { fitted, line, widthsOf } from './columns.ts';
import type { Place } from './place.ts';

/** A line of a page; it is made when it is shown. */
export interface Row {
  text: string;
  /** Where enter leads. */
  to: Place | null;
  /** What the place itself has more of: a rule's own page. */
  detail?: Place;
  /** As the tool printed it. */
  raw: string | null;
  /** The file or section that the raw text stands in, with its line or handle. */
  source?: string;
}

/** The rows of a place for one width. */
export interface Page {
  title: string;
  /** The heads of its columns. */
  head: string | null;
  length: number;
  row(index: number): Row;
  /** The text that a filter looks at. */
  text(index: number): string;
  /** How well a row answers a filter's first word, 0 the best; rows that are not ranked keep their order. */
  rank?(index: number, word: string): number;
  /** The row that the cursor starts on. */
  start: number;
}

/** A page of cells under heads, the columns as wide as they need to be; a filter finds a row by its cells and `also`. */
export function listPage(
  title: string,
  heads: readonly string[],
  rows: readonly { cells: readonly CellLike[]; to: Place | null; also?: string }[],
  layout: Layout,
): Page {
  const widths = fitted(widthsOf([heads, ...rows.map(({ cells }) => cells)]), layout.width);
  return {
    title,
    head: headLine(heads, widths, layout),
    length: rows.length,
    start: 0,
    row(index) {
      const { cells, to } = rows[index] ?? { cells: [], to: null };
      return { text: line(cells, widths, layout), to, raw: null };
    },
    text(index) {
      const { cells, also = '' } = rows[index] ?? { cells: [] };
      return [also, ...cells.map(textOf)].join(' ');
    },
  };
}

/** The heads of columns, as a line. */
export function headLine(heads: readonly string[], widths: readonly number[], layout: Layout): string {
  return line(
    heads.map(text => ({ text, meaning: 'label' as const })),
    widths,
    layout,
  );
}

/** Lines that stand by themselves, some of which lead on. */
export function linesPage(title: string, rows: readonly Row[]): Page {
  const first = rows.findIndex(({ to }) => to !== null);
  return {
    title,
    head: null,
    length: rows.length,
    start: Math.max(0, first),
    row: index => rows[index] ?? plain(''),
    text: index => stripVTControlCharacters(rows[index]?.text ?? ''),
  };
}

/** A line that leads nowhere. */
export function plain(text: string): Row {
  return { text, to: null, raw: null };
}

/** A heading after an empty line. */
export function heading(text: string, layout: Layout): Row[] {
  return [plain(''), plain(paint(text, 'title', layout))];
}

/** The columns that the widest of some texts takes. */
export function widest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, columnsOf(text));
  return width;
}
