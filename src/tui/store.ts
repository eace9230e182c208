import type { Loaded, PlaceDocument } from './documents.ts';
import { scopeOf } from './live.ts';
import { documentKey, type Loadable } from './place.ts';
import { reduce, wanted } from './reduce.ts';
import { current, type Event, type State } from './state.ts';
import type { Done, Perform, Task } from './task.ts';

/** How a document is loaded. */
export interface Loading {
  /** `rules`: of a node only its rules are wanted anew. */
  scope: 'all' | 'rules';
  /** Is told what is being done just now. */
  progress(words: string): void;
  /** Is given what of the document is there, while the rest is on its way. */
  partial(document: PlaceDocument, at: number): void;
}

/** The effects of the screen, handed in by the command line. */
export interface Port {
  /** What is looked at changes; a saved snapshot does not. */
  readonly live: boolean;
  /**
   * Gives the document of a place, and when its data was taken (ms since the epoch; null in a saved snapshot); rejects with
   * words for the user, and `next` where there is advice.
   */
  load(home: Loadable, how: Loading): Promise<{ document: PlaceDocument; at: number | null }>;
}

/** Holds the state, and loads what it wants. */
export interface Store {
  state(): State;
  send(event: Event): void;
  /** Calls back after each change; gives the way to stop that. */
  subscribe(changed: () => void): () => void;
}

const nothing: Perform = () => Promise.resolve({ words: '' });

export function createStore(opening: State, port: Port, perform: Perform = nothing): Store {
  let state = opening;
  const listeners = new Set<() => void>();
  const send = (event: Event): void => {
    const next = reduce(state, event);
    if (next === state) return;
    state = next;
    for (const changed of listeners) changed();
    work();
    load();
  };
  let working: Task | null = null;
  const work = (): void => {
    const { task } = state;
    if (task === working) return;
    working = task;
    if (task === null) return;
    const done = (result: Done) => send({ kind: 'done', task, result });
    void perform(task).then(done, (error: unknown) => done({ words: `✗ ${failed(error).why}` }));
  };
  const load = (): void => {
    if (state.over !== null) return;
    for (const home of wanted(state)) {
      const key = documentKey(home);
      const last = state.documents.get(key);
      // The change that the one before has made may have asked for it.
      if (last !== undefined && !(last.state === 'ready' && last.refresh?.state === 'asked')) continue;
      const scope = last !== undefined && state.watching === key ? scopeOf(current(state).place) : 'all';
      send({ kind: 'load', key, loaded: { state: 'loading', words: '' } });
      const progress = (words: string) => send({ kind: 'progress', key, words });
      const partial = (document: PlaceDocument, at: number) => send({ kind: 'partial', key, document, at });
      void port.load(home, { scope, progress, partial }).then(
        ({ document, at }) => send({ kind: 'load', key, loaded: { state: 'ready', document, at, refresh: null } }),
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

function failed(error: unknown): Extract<Loaded, { state: 'failed' }> {
  const why = error instanceof Error ? error.message : String(error);
  const next = error instanceof Error && 'next' in error && typeof error.next === 'string' ? error.next : null;
  return { state: 'failed', why, next };
}
