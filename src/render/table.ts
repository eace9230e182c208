import type { Evidence } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, columnsOf, hanging, type Layout, pad, paint, textOf, wrap } from './layout.ts';

/** A row, with what proves it. */
export interface Row {
  cells: CellLike[];
  evidence?: Evidence[] | undefined;
}

const gap = 2;
const narrowest = 12;

/**
 * A table, indented by two: aligned columns, the widest ones wrapped where the terminal is too narrow; where even that does
 * not fit, one line a cell. Columns without any content are left out.
 */
export function table(headers: string[], rows: Row[], layout: Layout): string[] {
  if (rows.length === 0) return [];
  const used = headers.map((_, column) => rows.some(row => textOf(row.cells[column] ?? '') !== ''));
  const shown = headers.filter((_, column) => used[column]);
  const body = rows.map(row => ({ ...row, cells: row.cells.filter((_, column) => used[column]) }));
  const widths = columnWidths(shown, body, layout.width - 2);
  return widths === undefined ? stacked(shown, body, layout) : aligned(shown, body, widths, layout);
}

function columnWidths(headers: string[], rows: Row[], width: number): number[] | undefined {
  const widths = headers.map((header, column) =>
    Math.max(columnsOf(header), ...rows.map(row => columnsOf(textOf(row.cells[column] ?? '')))),
  );
  const total = () => widths.reduce((sum, each) => sum + each + gap, -gap);
  while (total() > width) {
    const widest = Math.max(...widths);
    const next = Math.max(narrowest, ...widths.filter(each => each < widest));
    if (widest <= narrowest) return undefined;
    const column = widths.indexOf(widest);
    widths[column] = Math.max(
      widest - (total() - width),
      next === widest ? narrowest : Math.min(next, widest - 1),
      narrowest,
    );
  }
  return widths;
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

function stacked(headers: string[], rows: Row[], layout: Layout): string[] {
  return rows.flatMap(row => [
    ...row.cells.flatMap((value, column) => {
      const label = (headers[column] ?? '').toLowerCase();
      if (textOf(value) === '') return [];
      return column === 0 ? hanging('  ', value, layout) : hanging(['    ', cell(label, 'label'), ' '], value, layout);
    }),
    ...evidenceLines(row.evidence, layout),
  ]);
}
