import { render, useApp, useInput, usePaste } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { keysOf } from './input.ts';
import type { Place } from './place.ts';
import { openingState } from './state.ts';
import { createStore, type Port, type Store } from './store.ts';
import type { Perform } from './task.ts';
import { Screen } from './views/screen.tsx';

/** What the screen is opened with. */
export interface Opening {
  /** What is looked at, as the head line names it. */
  source: string;
  /** Where it opens; the cluster when it is not named. */
  place?: Place | null;
  colour: boolean;
  /** The terminal draws ASCII alone. */
  ascii: boolean;
  /** Does what is asked to be done outside of the screen. */
  perform: Perform;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  /** Ends the screen when aborted. */
  signal: AbortSignal;
}

/** Gives the terminal away while a job runs. */
type Suspend = (job: () => Promise<void>) => Promise<void>;

/** Shows the screen until the user or the signal ends it, and gives the exit code; the terminal is as before then. */
export async function openScreen(
  port: Port,
  { source, place = null, colour, ascii, perform, stdin, stdout, signal }: Opening,
): Promise<number> {
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const { live } = port;
  let suspended: Suspend = job => job();
  const outside: Perform = async task => {
    if (task.kind !== 'suspend') return perform(task);
    await suspended(async () => void (await perform(task)));
    return { words: '' };
  };
  const store = createStore(
    openingState({ ...size(), colour, ascii, source, live, now: Date.now() }, place),
    port,
    outside,
  );
  const clock = live ? setInterval(() => store.send({ kind: 'tick', now: Date.now() }), 1000) : undefined;
  const resized = () => store.send({ kind: 'resize', ...size() });
  const app = render(<App store={store} handOver={own => (suspended = own)} />, {
    stdin,
    stdout,
    alternateScreen: true,
    incrementalRendering: true,
    // It asks for a terminal; CI being set says nothing about that.
    interactive: true,
    exitOnCtrlC: false,
  });
  const end = () => app.unmount();
  const unsubscribe = store.subscribe(() => {
    if (store.state().over !== null) end();
  });
  stdout.on('resize', resized);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    await app.waitUntilExit();
  } finally {
    clearInterval(clock);
    unsubscribe();
    stdout.off('resize', resized);
    signal.removeEventListener('abort', end);
  }
  return store.state().over ?? 0;
}

/** The screen on a store, with the keys that are typed. */
export function App({ store, handOver }: { store: Store; handOver?: (suspend: Suspend) => void }) {
  const { suspendTerminal } = useApp();
  useEffect(() => handOver?.(suspendTerminal), [handOver, suspendTerminal]);
  const state = useSyncExternalStore(store.subscribe, store.state);
  useInput((input, key) => {
    for (const each of keysOf(input, key)) store.send({ kind: 'key', key: each });
  });
  usePaste(text => store.send({ kind: 'paste', text }));
  return <Screen state={state} />;
}
