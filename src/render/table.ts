import type { Evidence } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, columnsOf, hanging, type Layout, pad, paint, textOf, wrap } from './layout.ts';

/** A row, with what proves it. */
export interface Row {
  cells: CellLike[];
  evidence?: Evidence[] | undefined;
}

const gap = 2;

/**
 * A table, indented by two: aligned columns, the widest ones wrapped between words where the terminal is too narrow; where
 * even that does not fit, the cells of a row under its first one. Columns without any content are left out.
 */
export function table(headers: string[], rows: Row[], layout: Layout): string[] {
  if (rows.length === 0) return [];
  const used = headers.map((_, column) => rows.some(row => textOf(row.cells[column] ?? '') !== ''));
  const shown = headers.filter((_, column) => used[column]);
  const body = rows.map(row => ({ ...row, cells: row.cells.filter((_, column) => used[column]) }));
  const widths = columnWidths(shown, body, layout.width - 2);
  return widths === undefined ? stacked(shown, body, layout) : aligned(shown, body, widths, layout);
}

/** The columns' widths, the widest reduced first, none below its header or longest word; undefined when that does not fit. */
function columnWidths(headers: string[], rows: Row[], width: number): number[] | undefined {
  const texts = headers.map((_, column) => rows.map(row => textOf(row.cells[column] ?? '')));
  const least = headers.map((header, column) =>
    widest(
      (texts[column] ?? []).flatMap(text => text.split(' ')),
      columnsOf(header),
    ),
  );
  const widths = least.map((each, column) => widest(texts[column] ?? [], each));
  let excess = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  for (; excess > 0; excess--) {
    const shrinkable = widths.map((each, column) => (each > (least[column] ?? 0) ? each : 0));
    const most = Math.max(...shrinkable);
    if (most === 0) return undefined;
    widths[shrinkable.indexOf(most)] = most - 1;
  }
  return widths;
}

/** The columns of the widest text, at least so many; there may be more texts than a call takes arguments. */
function widest(texts: readonly string[], least: number): number {
  return texts.reduce((most, text) => Math.max(most, columnsOf(text)), least);
}

function aligned(headers: string[], rows: Row[], widths: number[], layout: Layout): string[] {
  const line = (parts: string[]) => `  ${parts.join(' '.repeat(gap))}`.trimEnd();
  const head = line(
    headers.map(
      (header, column) => paint(header, 'label', layout) + pad('', (widths[column] ?? 0) - columnsOf(header)),
    ),
  );
  return [
    head,
    ...rows.flatMap(row => {
      const wrapped = row.cells.map((value, column) => wrap(textOf(value), widths[column] ?? 0));
      const height = Math.max(...wrapped.map(lines => lines.length));
      const lines = Array.from({ length: height }, (_, index) =>
        line(
          row.cells.map((value, column) => {
            const text = wrapped[column]?.[index] ?? '';
            const space = pad('', (widths[column] ?? 0) - columnsOf(text));
            return paint(text, typeof value === 'string' ? 'plain' : value.meaning, layout) + space;
          }),
        ),
      );
      return [...lines, ...evidenceLines(row.evidence, layout)];
    }),
  ];
}

/** A row's first cell, and under it the others with their labels, as many on a line as there is room for. */
function stacked(headers: string[], rows: Row[], layout: Layout): string[] {
  const indent = '    ';
  return rows.flatMap(({ cells: [first = '', ...others], evidence }) => {
    const lines: string[] = [];
    let free = 0;
    others.forEach((value, column) => {
      const text = textOf(value);
      if (text === '') return;
      const label = cell((headers[column + 1] ?? '').toLowerCase(), 'label');
      const width = columnsOf(label.text) + 1 + columnsOf(text);
      if (width + separator.length <= free) {
        const painted = paint(text, typeof value === 'string' ? 'plain' : value.meaning, layout);
        lines.push(`${lines.pop()}${separator}${paint(label.text, 'label', layout)} ${painted}`);
        free -= width + separator.length;
        return;
      }
      lines.push(...hanging([indent, label, ' '], value, layout));
      free = layout.width - indent.length - width;
    });
    return [...hanging('  ', first, layout), ...lines, ...evidenceLines(evidence, layout)];
  });
}

const separator = ' · ';
