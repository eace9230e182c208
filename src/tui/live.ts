import { age } from '../render/age.ts';
import { type Loaded, type PlaceDocument, type Ready, watched } from './documents.ts';
import { documentKey, homeOf, type Loadable, type Place } from './place.ts';
import { current, type State } from './state.ts';

/** A watch looks again when its last look is so old: at rules, and at all else, which costs more. */
const watchMs = { rules: 2000, all: 10_000 };

/** What a watch of a place wants of its document: on a node, all but the node's own page show rules. */
export function scopeOf(place: Place): 'all' | 'rules' {
  return homeOf(place)?.kind === 'node' && place.kind !== 'node' ? 'rules' : 'all';
}

interface Here {
  home: Loadable;
  key: string;
  loaded: Loaded | undefined;
}

/** The document that the current place is drawn from; null: it needs none. */
function here(state: State): Here | null {
  const home = homeOf(current(state).place);
  if (home === null) return null;
  const key = documentKey(home);
  return { home, key, loaded: state.documents.get(key) };
}

/** The document that can be loaded again here, when there is one: it was lost, or what it is about changes. */
export function reloadable(state: State): 'retry' | 'refresh' | null {
  const loaded = here(state)?.loaded;
  if (loaded?.state === 'failed') return 'retry';
  return state.live && loaded?.state === 'ready' && !isUnderWay(loaded) ? 'refresh' : null;
}

function isUnderWay({ refresh }: Ready): boolean {
  return refresh !== null && refresh.state !== 'failed';
}

/** Asks for the document again: one that is there stays until the new one comes. */
export function reload(state: State): State {
  const at = here(state);
  if (at === null) return state;
  const documents = new Map(state.documents);
  if (at.loaded?.state === 'ready') documents.set(at.key, { ...at.loaded, refresh: { state: 'asked' } });
  else documents.delete(at.key);
  return { ...state, documents };
}

/** Whether what is shown here can be watched, or is. */
export function canWatch(state: State): boolean {
  const loaded = here(state)?.loaded;
  return state.live && loaded?.state === 'ready' && !loaded.partial;
}

/** True while what is shown here is loaded again and again. */
export function isWatching(state: State): boolean {
  return state.watching !== null && here(state)?.key === state.watching;
}

/** Begins to watch what is shown here, or ends it. */
export function toggleWatch(state: State): State {
  const at = here(state);
  if (at?.loaded?.state !== 'ready') return state;
  const { document } = at.loaded;
  const documents = new Map(state.documents);
  if (document.kind === 'node') documents.set(at.key, { ...at.loaded, document: { ...document, watch: null } });
  return isWatching(state)
    ? { ...state, documents, watching: null }
    : reload({ ...state, documents, watching: at.key });
}

/** The state when the time has passed: a watch looks again; one whose look has failed waits until it is asked to. */
export function tick(state: State, now: number): State {
  const later = { ...state, now };
  const at = here(later);
  if (!isWatching(later) || at?.loaded?.state !== 'ready' || at.loaded.refresh !== null) return later;
  return now - (at.loaded.at ?? 0) >= watchMs[scopeOf(current(later).place)] ? reload(later) : later;
}

/** What is known of a document after an event; one that is there is not lost when the newer one is. */
export function arrived(state: State, key: string, loaded: Loaded): Loaded {
  const last = state.documents.get(key);
  if (last?.state !== 'ready' || (last.partial && loaded.state !== 'loading')) return loaded;
  switch (loaded.state) {
    case 'loading':
      return { ...last, refresh: { state: 'under-way', words: loaded.words } };
    case 'failed':
      return { ...last, refresh: loaded };
    case 'ready':
      return state.watching === key ? { ...loaded, document: watched(loaded.document, loaded.at, last) } : loaded;
  }
}

/** What of a document is there, in the place of less; null where it is there in whole. */
export function partly(last: Loaded | undefined, document: PlaceDocument, at: number): Loaded | null {
  if (last?.state === 'loading')
    return { state: 'ready', document, at, refresh: { state: 'under-way', words: last.words }, partial: true };
  return last?.state === 'ready' && last.partial ? { ...last, document, at } : null;
}

/** The same with the words of what loading is about. */
export function progressed(loaded: Loaded | undefined, words: string): Loaded | undefined {
  if (loaded?.state === 'loading') return { state: 'loading', words };
  if (loaded?.state === 'ready' && loaded.refresh?.state === 'under-way')
    return { ...loaded, refresh: { state: 'under-way', words } };
  return loaded;
}

/** How old what is shown here is, or what is being done about it; empty for a saved snapshot. */
export function dataWords(state: State): string {
  const loaded = here(state)?.loaded;
  if (loaded?.state === 'loading') return 'loading …';
  if (loaded?.state !== 'ready' || loaded.at === null) return '';
  const { at, refresh, partial } = loaded;
  if (partial) return `loading: ${refresh?.state === 'under-way' ? refresh.words : ''} …`;
  const old = age(new Date(at).toISOString(), new Date(Math.max(at, state.now)).toISOString()) ?? '';
  const watch = isWatching(state) ? 'watching · ' : '';
  const lost = refresh?.state === 'failed' ? ' · ✗ not refreshed' : '';
  const doing = refresh === null || isWatching(state) ? lost : lost || ' · refreshing …';
  return `${watch}${old} ago${doing}`;
}

/** Why what is shown here is not newer; null: nothing went wrong. */
export function trouble(state: State): string | null {
  const loaded = here(state)?.loaded;
  if (loaded?.state !== 'ready' || loaded.refresh?.state !== 'failed') return null;
  const { why, next } = loaded.refresh;
  return `✗ not refreshed: ${why}${next === null ? '' : `; ${next}`}`;
}
