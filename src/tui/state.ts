import type { Documents, Loaded } from './documents.ts';
import type { Place } from './place.ts';

/** A place on the way, with how it looked when it was left. */
export interface Frame {
  place: Place;
  /** Among the rows that pass the filter; null: not placed yet, its document is not there. */
  cursor: number | null;
  /** The first row on the screen. */
  top: number;
  filter: string;
}

/** All that the screen shows; nothing else is remembered anywhere. */
export interface State {
  columns: number;
  rows: number;
  colour: boolean;
  /** What is looked at: a snapshot's file, or a context. */
  source: string;
  /** The way here; the last is the current place. */
  way: readonly Frame[];
  documents: Documents;
  /** The filter is being typed. */
  typing: boolean;
  /** The raw text of the row under the cursor is shown. */
  raw: boolean;
  /** The screen is over, with this exit code; null: it goes on. */
  over: number | null;
}

export type Event =
  /** `key` is a name of keys.ts or one character. */
  | { kind: 'key'; key: string }
  | { kind: 'resize'; columns: number; rows: number }
  | { kind: 'load'; key: string; loaded: Loaded };

export function frameAt(place: Place): Frame {
  return { place, cursor: null, top: 0, filter: '' };
}

/** The screen as it opens: on the cluster's nodes, nothing loaded. */
export function openingState(size: Pick<State, 'columns' | 'rows' | 'colour' | 'source'>): State {
  return {
    ...size,
    way: [frameAt({ kind: 'cluster', list: 'nodes' })],
    documents: new Map(),
    typing: false,
    raw: false,
    over: null,
  };
}

export function current({ way }: State): Frame {
  return way.at(-1) ?? frameAt({ kind: 'cluster', list: 'nodes' });
}
