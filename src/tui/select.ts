import { passing } from './filter.ts';
import { geometryOf } from './geometry.ts';
import type { Page, Row } from './page.ts';
import { pageOf } from './pages.ts';
import { current, type Frame, type State } from './state.ts';

/** What of a frame is to be seen: its page and the rows that pass its filter. */
export interface Seen {
  page: Page;
  /** Indexes into the page; null: all rows. */
  passing: readonly number[] | null;
  /** No row has what the filter asks for: these come near. */
  loose: boolean;
  length: number;
}

/** The current place as it is seen. */
export function seen(state: State): Seen {
  return seenIn(state, current(state), geometryOf(state).main);
}

/** A place of the way as it is seen in a pane of that width. */
export function seenIn({ documents, colour, evidence }: State, { place, filter }: Frame, width: number): Seen {
  const page = pageOf(place, documents, { width: width - 2, colour, evidence });
  if (filter === '') return { page, passing: null, loose: false, length: page.length };
  const { rows, loose } = passing(page, filter);
  return { page, passing: rows, loose, length: rows.length };
}

/** The row at a position; undefined past the end. */
export function rowAt({ page, passing, length }: Seen, position: number): Row | undefined {
  if (position < 0 || position >= length) return undefined;
  return page.row(passing === null ? position : (passing[position] ?? 0));
}

/** The row under the cursor. */
export function rowUnderCursor(state: State): Row | undefined {
  return rowAt(seen(state), current(state).cursor ?? 0);
}

/** The lines of a pane that rows can have: one goes to the heads of columns. */
export function rowLines({ page }: Seen, lines: number): number {
  return Math.max(1, lines - (page.head === null ? 0 : 1));
}
