import type { State } from './state.ts';

/** How the screen is divided; all in columns and lines. */
export interface Geometry {
  /** Text columns of the left pane, which shows where the user came from; 0: there is none. */
  left: number;
  /** Text columns of the main pane. */
  main: number;
  /** Lines of a pane, without its borders. */
  lines: number;
  /** Lines of the panel with the raw text; 0: it is not shown. */
  raw: number;
}

/** The least that a screen is drawn on. */
export const least = { columns: 30, rows: 8 };

/** From this width on there is room for the pane beside. */
const wide = 120;

/** Divides the screen: a head line, the panes in their borders, the raw panel, a foot line. */
export function geometryOf({ columns, rows, way, raw }: State): Geometry {
  const beside = columns >= wide && way.length > 1;
  const left = beside ? Math.min(56, Math.floor(columns * 0.3)) : 0;
  // A pane has a border and a space on each side.
  const main = Math.max(1, columns - (beside ? left + 4 : 0) - 4);
  const panel = raw && rows >= 14 ? 4 : 0;
  return { left, main, lines: Math.max(1, rows - 4 - panel), raw: panel };
}
