import { geometryOf } from './geometry.ts';
import type { Page, Row } from './page.ts';
import { pageOf } from './pages.ts';
import { current, type Frame, type State } from './state.ts';

/** What of a frame is to be seen: its page and the rows that pass its filter. */
export interface Seen {
  page: Page;
  /** Indexes into the page; null: all rows. */
  passing: readonly number[] | null;
  length: number;
}

/** The current place as it is seen. */
export function seen(state: State): Seen {
  return seenIn(state, current(state), geometryOf(state).main);
}

/** A place of the way as it is seen in a pane of that width. */
export function seenIn({ documents, colour }: State, { place, filter }: Frame, width: number): Seen {
  const page = pageOf(place, documents, { width: width - 2, colour });
  const passing = filter === '' ? null : filtered(page, filter);
  return { page, passing, length: passing?.length ?? page.length };
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

const lastFilter = new WeakMap<Page, { filter: string; passing: number[] }>();

/** Rows that have every word of the filter, in any case. */
function filtered(page: Page, filter: string): number[] {
  const last = lastFilter.get(page);
  if (last?.filter === filter) return last.passing;
  const words = filter.toLowerCase().split(' ').filter(Boolean);
  const passing: number[] = [];
  const from = last !== undefined && filter.startsWith(last.filter) ? last.passing : null;
  const count = from?.length ?? page.length;
  for (let at = 0; at < count; at++) {
    const index = from?.[at] ?? at;
    const text = page.text(index).toLowerCase();
    if (words.every(word => text.includes(word))) passing.push(index);
  }
  lastFilter.set(page, { filter, passing });
  return passing;
}

/** The lines of a pane that rows can have: one goes to the heads of columns. */
export function rowLines({ page }: Seen, lines: number): number {
  return Math.max(1, lines - (page.head === null ? 0 : 1));
}
