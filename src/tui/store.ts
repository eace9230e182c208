import type { Loaded, PlaceDocument } from './documents.ts';
import { documentKey, type Loadable } from './place.ts';
import { reduce, wanted } from './reduce.ts';
import type { Event, State } from './state.ts';

/** The effects of the screen, handed in by the command line. */
export interface Port {
  /** Gives the document of a place; rejects with words for the user, and `next` where there is advice. */
  load(home: Loadable): Promise<PlaceDocument>;
}

/** Holds the state, and loads what it wants. */
export interface Store {
  state(): State;
  send(event: Event): void;
  /** Calls back after each change; gives the way to stop that. */
  subscribe(changed: () => void): () => void;
}

export function createStore(opening: State, port: Port): Store {
  let state = opening;
  const listeners = new Set<() => void>();
  const send = (event: Event): void => {
    const next = reduce(state, event);
    if (next === state) return;
    state = next;
    for (const changed of listeners) changed();
    load();
  };
  const load = (): void => {
    if (state.over !== null) return;
    for (const home of wanted(state)) {
      const key = documentKey(home);
      // The change that the one before has made may have asked for it.
      if (state.documents.has(key)) continue;
      send({ kind: 'load', key, loaded: { state: 'loading' } });
      void port.load(home).then(
        document => send({ kind: 'load', key, loaded: { state: 'ready', document } }),
        (error: unknown) => send({ kind: 'load', key, loaded: failed(error) }),
      );
    }
  };
  load();
  return {
    state: () => state,
    send,
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

function failed(error: unknown): Loaded {
  const why = error instanceof Error ? error.message : String(error);
  const next = error instanceof Error && 'next' in error && typeof error.next === 'string' ? error.next : null;
  return { state: 'failed', why, next };
}
