import { stripVTControlCharacters } from 'node:util';
import { exitCodes } from '../errors.ts';
import { askSave, askTrace } from './ask.ts';
import { geometryOf } from './geometry.ts';
import { type Action, type Binding, bindings } from './keys.ts';
import { hasLeft, inLeftPane } from './left.ts';
import { canWatch, reload, reloadable, toggleWatch } from './live.ts';
import type { List, Place } from './place.ts';
import { rowLines, rowUnderCursor, seen } from './select.ts';
import { current, type Frame, frameAt, further, type State } from './state.ts';

interface Doing {
  /** Whether it can be done here; then the foot line names it. */
  possible(state: State): boolean;
  apply(state: State): State;
}

const always = () => true;

/** What each action does to a state. */
const doings: Record<Action, Doing> = {
  follow: { possible: state => target(state) !== null, apply: state => goTo(state, target(state)) },
  back: { possible: state => state.way.length > 1 || current(state).filter !== '', apply: back },
  nextList: { possible: state => current(state).place.kind === 'cluster', apply: nextList },
  otherPane: { possible: hasLeft, apply: state => ({ ...state, inLeft: true }) },
  filter: { possible: always, apply: state => ({ ...state, typing: true }) },
  find: { possible: always, apply: state => find(state, 'everything') },
  findChain: { possible: always, apply: state => find(state, 'chains') },
  nodes: { possible: always, apply: state => toList(state, 'nodes') },
  pods: { possible: always, apply: state => toList(state, 'pods') },
  services: { possible: always, apply: state => toList(state, 'services') },
  rule: {
    possible: state => rowUnderCursor(state)?.detail !== undefined,
    apply: state => goTo(state, rowUnderCursor(state)?.detail ?? null),
  },
  callers: { possible: state => callers(state) !== null, apply: state => goTo(state, callers(state)) },
  raw: {
    possible: hasRaw,
    apply: state => ({ ...state, raw: !state.raw }),
  },
  trace: { possible: always, apply: askTrace },
  evidence: { possible: state => hasEvidence(state) || hasRaw(state), apply: toggleEvidence },
  copy: { possible: state => textUnderCursor(state) !== '', apply: copy },
  save: { possible: state => current(state).place.kind !== 'find', apply: askSave },
  suspend: { possible: always, apply: state => ({ ...state, task: { kind: 'suspend' } }) },
  reload: { possible: state => reloadable(state) !== null, apply: reload },
  watch: { possible: canWatch, apply: toggleWatch },
  help: {
    possible: state => current(state).place.kind !== 'help',
    apply: state => goTo(state, { kind: 'help' }),
  },
  quit: { possible: always, apply: state => ({ ...state, over: exitCodes.ok }) },
  interrupt: { possible: always, apply: state => ({ ...state, over: exitCodes.interrupted }) },
  up: move(() => -1),
  down: move(() => 1),
  pageUp: move(lines => -lines),
  pageDown: move(lines => lines),
  first: move(() => Number.NEGATIVE_INFINITY),
  last: move(() => Number.POSITIVE_INFINITY),
};

/** The state after a key that is not typed text; a key that can do nothing here does nothing. */
export function press(state: State, key: string): State {
  const binding = bindings.find(({ action, keys }) => keys.includes(key) && doings[action].possible(state));
  const left = state.inLeft ? leftAction(key) : null;
  const inside = left === null ? null : inLeftPane(state, left);
  if (inside !== null) return inside;
  return binding === undefined ? state : doings[binding.action].apply({ ...state, inLeft: false });
}

/** In the pane on the left keys mean what they do there, whatever can be done in the other one. */
function leftAction(key: string): Action | null {
  return bindings.findLast(({ keys }) => keys.includes(key))?.action ?? null;
}

/** The keys that do something here. */
export function possibleHere(state: State): Binding[] {
  return bindings.filter(({ action }) => doings[action].possible(state));
}

/** The same way with its last frame changed. */
export function changeFrame(state: State, change: Partial<Frame>): State {
  return { ...state, way: [...state.way.slice(0, -1), { ...current(state), ...change }] };
}

function target(state: State): Place | null {
  return rowUnderCursor(state)?.to ?? null;
}

function goTo(state: State, place: Place | null): State {
  return place === null ? state : { ...state, way: further(state.way, place) };
}

function back(state: State): State {
  if (current(state).filter !== '') return dropFilter(state);
  return { ...state, way: state.way.slice(0, -1) };
}

/** All rows again, the cursor on the row that it was on. */
export function dropFilter(state: State): State {
  const { passing } = seen(state);
  const { cursor } = current(state);
  return changeFrame(state, { filter: '', cursor: cursor === null ? null : (passing?.[cursor] ?? 0) });
}

const lists: readonly List[] = ['nodes', 'pods', 'services'];

function nextList(state: State): State {
  const { place } = current(state);
  if (place.kind !== 'cluster') return state;
  return toList(state, lists[(lists.indexOf(place.list) + 1) % lists.length] ?? 'nodes');
}

/** One list of the cluster takes the other's place. */
function toList(state: State, list: List): State {
  const kept = current(state).place.kind === 'cluster' ? state.way.slice(0, -1) : state.way;
  return { ...state, way: further(kept, { kind: 'cluster', list }) };
}

function hasRaw(state: State): boolean {
  return state.raw || (rowUnderCursor(state)?.raw ?? null) !== null;
}

/** Of a rule the evidence is its raw text, with where it stands. */
function toggleEvidence(state: State): State {
  return hasEvidence(state) ? { ...state, evidence: !state.evidence } : { ...state, raw: !state.raw };
}

/** Whether what is shown is a report, which has evidence with its facts. */
function hasEvidence(state: State): boolean {
  const { kind } = current(state).place;
  return kind === 'node' || kind === 'pod' || kind === 'service';
}

/** The row as its tool printed it, else as it is shown. */
function textUnderCursor(state: State): string {
  const row = rowUnderCursor(state);
  return row?.raw ?? stripVTControlCharacters(row?.text ?? '').trim();
}

function copy(state: State): State {
  return { ...state, task: { kind: 'copy', text: textUnderCursor(state) } };
}

/** A list of what has a name, and what is typed at once finds something in it. */
function find(state: State, of: 'everything' | 'chains'): State {
  const { place } = current(state);
  const node = 'node' in place ? place.node : null;
  return { ...goTo(state, { kind: 'find', of, node }), typing: true };
}

/** Leaves the list of things to jump to for the one under the cursor. */
export function jump(state: State): State {
  const to = target(state);
  return to === null ? state : { ...state, typing: false, way: [...state.way.slice(0, -1), frameAt(to)] };
}

/** Back without dropping the filter first. */
export function leave(state: State): State {
  return { ...state, typing: false, way: state.way.slice(0, -1) };
}

function callers(state: State): Place | null {
  const { place } = current(state);
  if (place.kind !== 'chain') return null;
  return { kind: 'callers', node: place.node, table: place.table, chain: place.chain };
}

function move(by: (lines: number) => number): Doing {
  return {
    possible: always,
    apply(state) {
      const view = seen(state);
      const last = Math.max(0, view.length - 1);
      const cursor = (current(state).cursor ?? 0) + by(rowLines(view, geometryOf(state).lines));
      return changeFrame(state, { cursor: Math.min(last, Math.max(0, cursor)) });
    },
  };
}
