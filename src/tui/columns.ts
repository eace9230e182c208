import { type CellLike, columnsOf, type Layout, pad, paint, textOf } from '../render/layout.ts';
import { visible } from '../render/visible.ts';

const gap = 2;

/** Cuts a text to so many columns, with a sign; characters of two columns are never halved. */
export function shorten(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(text)) {
    used += columnsOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

let segmenter: Intl.Segmenter | undefined;

/** Column widths made to fit: the widest give way first. */
export function fitted(wanted: readonly number[], width: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  while (excess > 0) {
    const sorted = [...widths].sort((a, b) => b - a);
    const [widest = 0] = sorted;
    if (widest <= 1) break;
    const next = sorted.find(each => each < widest) ?? 1;
    const count = widths.filter(each => each === widest).length;
    const each = Math.max(1, Math.min(widest - next, Math.ceil(excess / count)));
    for (let at = 0; at < widths.length && excess > 0; at++) {
      if (widths[at] !== widest) continue;
      const less = Math.min(each, excess);
      widths[at] = widest - less;
      excess -= less;
    }
  }
  return widths;
}

/** The widths that the cells of all rows take. */
export function widthsOf(rows: readonly (readonly CellLike[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((value, at) => {
      widths[at] = Math.max(widths[at] ?? 0, columnsOf(visible(textOf(value))));
    });
  return widths;
}

/** Cells as one line, each cut or padded to its column. */
export function line(cells: readonly CellLike[], widths: readonly number[], layout: Layout): string {
  const parts = cells.map((value, at) => {
    const width = widths[at] ?? 0;
    const text = shorten(visible(textOf(value)), width);
    const painted = paint(text, typeof value === 'string' ? 'plain' : value.meaning, layout);
    return painted + pad('', width - columnsOf(text));
  });
  return parts.join(' '.repeat(gap));
}
