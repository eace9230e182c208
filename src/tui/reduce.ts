import { exitCodes } from '../errors.ts';
import { changeFrame, dropFilter, jump, leave, press } from './actions.ts';
import { answer } from './ask.ts';
import type { Loaded } from './documents.ts';
import { geometryOf } from './geometry.ts';
import { hasLeft } from './left.ts';
import { arrived, partly, progressed, tick } from './live.ts';
import { settled } from './pages/chains.ts';
import { documentKey, homeOf, type Loadable } from './place.ts';
import { rowLines, seen } from './select.ts';
import { current, type Event, type State } from './state.ts';
import type { Done, Task } from './task.ts';

/** The state after an event: the one place where states change. */
export function reduce(state: State, event: Event): State {
  switch (event.kind) {
    case 'key':
      if (event.key === 'ctrl-c') return keyed({ ...state, ahead: [] }, event.key);
      return caughtUp({ ...state, ahead: [...state.ahead, event.key] });
    case 'paste':
      return settle(pasted(state, event.text));
    case 'resize':
      return settle({ ...state, columns: event.columns, rows: event.rows });
    case 'load':
      return caughtUp(
        settle(settled(withDocument(begun(state, event.key), event.key, arrived(state, event.key, event.loaded)))),
      );
    case 'progress': {
      const last = state.documents.get(event.key);
      const next = progressed(last, event.words);
      return next === undefined || next === last ? state : withDocument(state, event.key, next);
    }
    case 'partial': {
      const soFar = partly(state.documents.get(event.key), event.document, event.at);
      return soFar === null ? state : settle(withDocument(begun(state, event.key), event.key, soFar));
    }
    case 'done':
      return done(state, event.task, event.result);
    case 'tick':
      return tick(state, event.now);
  }
}

/** The state after the keys that wait, as far as they need not wait on. */
function caughtUp(state: State): State {
  let now = state;
  for (let [key, ...ahead] = now.ahead; key !== undefined; [key, ...ahead] = now.ahead) {
    if (isRead(now)) return now;
    now = settle(keyed({ ...now, ahead, told: '' }, key));
  }
  return now;
}

/** A saved snapshot is being read, which is soon done. A live cluster is not waited for: its keys lead away, too. */
function isRead(state: State): boolean {
  if (state.live) return false;
  const home = homeOf(current(state).place);
  if (home !== null && !state.documents.has(documentKey(home))) return true;
  return [...state.documents.values()].some(loaded => loaded.state === 'loading');
}

function keyed(state: State, key: string): State {
  if (state.ask !== null) return answer(state, state.ask, key);
  return state.typing ? type(state, key) : press(state, key);
}

/** Goes into what is being typed, else begins a filter. */
function pasted(state: State, text: string): State {
  const [line = ''] = text.replace(/^[\r\n\s]+/, '').split(/[\r\n]/);
  const typed = [...line].filter(character => character >= ' ' && character !== '\x7f');
  if (typed.length === 0 || state.ask?.what === 'overwrite') return state;
  const ready = state.ask !== null || state.typing ? state : { ...state, typing: true };
  return typed.reduce(keyed, ready);
}

function done(state: State, task: Task, result: Done): State {
  if ('words' in result) return { ...state, task: null, told: result.words };
  const ask = task.kind === 'save' ? ({ what: 'overwrite', text: '', task } as const) : null;
  return { ...state, task: null, ask };
}

/** The state with the cursor to be placed anew, where nobody has moved it on what a document was so far. */
function begun(state: State, key: string): State {
  const frame = current(state);
  const home = homeOf(frame.place);
  const last = state.documents.get(key);
  const isSoFar = home !== null && documentKey(home) === key && last?.state === 'ready' && last.partial === true;
  return isSoFar && frame.filter === '' && frame.cursor === seen(state).page.start
    ? changeFrame(state, { cursor: null })
    : state;
}

function withDocument(state: State, key: string, loaded: Loaded): State {
  return { ...state, documents: new Map(state.documents).set(key, loaded) };
}

/** Keys while a filter is typed: text goes into it, arrows still move. */
function type(state: State, key: string): State {
  const { filter, place } = current(state);
  const finding = place.kind === 'find';
  switch (key) {
    case 'ctrl-c':
      return { ...state, over: exitCodes.interrupted };
    case 'enter':
      return finding ? jump(state) : { ...state, typing: false };
    case 'escape':
      return finding ? leave(state) : { ...dropFilter(state), typing: false };
    case 'ctrl-u':
      return dropFilter(state);
    case 'backspace':
      if (filter === '' && finding) return leave(state);
      return filter === '' ? { ...state, typing: false } : withFilter(state, [...filter].slice(0, -1).join(''));
    case 'up':
    case 'down':
    case 'pageup':
    case 'pagedown':
      return press(state, key);
    default:
      return [...key].length === 1 ? withFilter(state, filter + key) : state;
  }
}

function withFilter(state: State, filter: string): State {
  return filter === '' ? dropFilter(state) : changeFrame(state, { filter, cursor: 0, top: 0 });
}

/** Puts the cursor on a row that is there, and scrolls so that it is seen. */
function settle(moved: State): State {
  const state = moved.inLeft && !hasLeft(moved) ? { ...moved, inLeft: false } : moved;
  const frame = current(state);
  const view = seen(state);
  const home = homeOf(frame.place);
  const there = home === null || state.documents.get(documentKey(home))?.state === 'ready';
  const wanted = frame.cursor ?? (there ? view.page.start : null);
  const cursor = wanted === null ? null : Math.max(0, Math.min(wanted, view.length - 1));
  const lines = rowLines(view, geometryOf(state).lines);
  const at = cursor ?? 0;
  const lowest = Math.max(0, view.length - lines);
  // A row to start on has some of those before it in sight.
  const scrolled = frame.cursor === null && at >= lines ? at - Math.floor(lines / 2) : frame.top;
  const top = Math.min(lowest, Math.max(at - lines + 1, Math.min(scrolled, at)));
  return cursor === frame.cursor && top === frame.top ? state : changeFrame(state, { cursor, top });
}

/** The documents that the state needs and nobody loads: they are absent, or asked for again. */
export function wanted(state: State): Loadable[] {
  const homes = [{ kind: 'cluster', list: 'nodes' } as const, homeOf(current(state).place)];
  return homes.filter((home): home is Loadable => home !== null && isWanted(state.documents.get(documentKey(home))));
}

function isWanted(loaded: Loaded | undefined): boolean {
  return loaded === undefined || (loaded.state === 'ready' && loaded.refresh?.state === 'asked');
}
