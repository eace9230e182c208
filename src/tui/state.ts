import type { Documents, Loaded, PlaceDocument } from './documents.ts';
import type { Place } from './place.ts';
import type { Ask } from './question.ts';
import type { Done, Task } from './task.ts';

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
  /** It is drawn in ASCII alone. */
  ascii: boolean;
  /** What is looked at: a snapshot's file, or a context. */
  source: string;
  /** The way here; the last is the current place. */
  way: readonly Frame[];
  documents: Documents;
  /** What is looked at changes: it can be loaded again. */
  live: boolean;
  /** The time, in ms since the epoch: what ages are counted from. */
  now: number;
  /** The key of the document that is loaded again and again. */
  watching: string | null;
  /** The keys go to the pane on the left. */
  inLeft: boolean;
  /** Keys that were typed while a saved snapshot was being read: they come when it is there. */
  ahead: readonly string[];
  /** What is asked in the foot line; null: nothing is. */
  ask: Ask | null;
  /** What is to be done outside of the screen, or is being done. */
  task: Task | null;
  /** What the last key came to, until the next one; empty: nothing to tell. */
  told: string;
  /** Facts are shown with what they come from. */
  evidence: boolean;
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
  /** Text from the clipboard: it is typed, never keys. */
  | { kind: 'paste'; text: string }
  | { kind: 'resize'; columns: number; rows: number }
  | { kind: 'load'; key: string; loaded: Loaded }
  /** What loading a document is about just now. */
  | { kind: 'progress'; key: string; words: string }
  /** What of a document is there already. */
  | { kind: 'partial'; key: string; document: PlaceDocument; at: number }
  | { kind: 'tick'; now: number }
  | { kind: 'done'; task: Task; result: Done };

export function frameAt(place: Place): Frame {
  return { place, cursor: null, top: 0, filter: '' };
}

/** What the screen is opened with. */
export type OpeningState = Pick<State, 'columns' | 'rows' | 'colour' | 'ascii' | 'source' | 'live' | 'now'>;

/** The screen as it opens: nothing loaded, on the cluster's nodes, or on a place that they are the way to. */
export function openingState(size: OpeningState, place: Place | null = null): State {
  const root: Place = { kind: 'cluster', list: 'nodes' };
  return {
    ...size,
    way: (place === null ? [root] : [root, place]).map(frameAt),
    watching: null,
    documents: new Map(),
    inLeft: false,
    ahead: [],
    ask: null,
    task: null,
    told: '',
    evidence: false,
    typing: false,
    raw: false,
    over: null,
  };
}

export function current({ way }: State): Frame {
  return way.at(-1) ?? frameAt({ kind: 'cluster', list: 'nodes' });
}

/** So many places are remembered; of more, those after the first are forgotten. */
const longest = 100;

/** The way with a place more. */
export function further(way: readonly Frame[], place: Place): Frame[] {
  const kept = way.length < longest ? way : [...way.slice(0, 1), ...way.slice(2)];
  return [...kept, frameAt(place)];
}
