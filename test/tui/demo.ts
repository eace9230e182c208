import { openSaved } from '../../src/app/open.ts';
import { savedPort } from '../../src/cli/screen/saved.ts';
import { documentKey, placeName } from '../../src/tui/place.ts';
import { reduce, wanted } from '../../src/tui/reduce.ts';
import { type Event, openingState, type State } from '../../src/tui/state.ts';
import type { Port } from '../../src/tui/store.ts';

/** The screen's effects on the built-in snapshot, as the command line hands them in; each place is loaded once. */
export async function demoPort(): Promise<Port> {
  const port = await savedPort(await openSaved('demo'));
  const loaded = new Map<string, ReturnType<Port['load']>>();
  return {
    live: false,
    load(home, how) {
      const key = documentKey(home);
      const document = loaded.get(key) ?? port.load(home, how);
      loaded.set(key, document);
      return document;
    },
  };
}

export function opening({ columns = 100, rows = 30 } = {}): State {
  return openingState({ columns, rows, colour: false, ascii: false, source: 'demo', live: false, now: 0 });
}

/** The state after events, everything loaded that it wants after each. */
export async function drive(port: Port, state: State, events: readonly Event[]): Promise<State> {
  let now = await whole(port, state);
  for (const event of events) now = await whole(port, reduce(now, event));
  return now;
}

async function whole(port: Port, state: State): Promise<State> {
  let now = state;
  for (const home of wanted(now)) {
    const loaded = await port.load(home, { scope: 'all', progress: () => {}, partial: () => {} }).then(
      arrived => ({ state: 'ready', ...arrived, refresh: null }) as const,
      (error: Error) => ({ state: 'failed', why: error.message, next: null }) as const,
    );
    now = reduce(now, { kind: 'load', key: documentKey(home), loaded });
  }
  return now;
}

/** Keys as events: words are names of keys, what stands in quotes is typed. */
export function keys(text: string): Event[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, typed, name]) =>
    (typed === undefined ? [name ?? ''] : [...typed]).map(key => ({ kind: 'key', key }) as const),
  );
}

/** The names of the places on the way. */
export function wayOf({ way }: State): string[] {
  return way.map(({ place }) => placeName(place));
}
