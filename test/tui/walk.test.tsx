import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { renderToString } from 'ink';
import { columnsOf } from '../../src/render/layout.ts';
import type { Loaded } from '../../src/tui/documents.ts';
import { least } from '../../src/tui/geometry.ts';
import { bindings } from '../../src/tui/keys.ts';
import { documentKey, homeOf } from '../../src/tui/place.ts';
import { seen } from '../../src/tui/select.ts';
import { current, type Event, type State } from '../../src/tui/state.ts';
import { screenLines } from '../../src/tui/views/lines.ts';
import { Screen } from '../../src/tui/views/screen.tsx';
import { demoPort, drive, opening } from './demo.ts';

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function random(seed: number): () => number {
  let at = seed;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let value = Math.imul(at ^ (at >>> 15), 1 | at);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ending = new Set(['quit', 'interrupt']);
const known = bindings.filter(({ action }) => !ending.has(action)).flatMap(({ keys }) => keys);
const often = ['enter', 'enter', 'enter', 'down', 'down', 'pagedown', 'tab'];
const typed = ['5', '界', 'ctrl-u', 'ctrl-w', 'q', 's', 'K', '.', '/', '\u202e'];
const pressed = [...known, ...often, ...typed];
const pastes = ['svc/shop/web', 'KUBE-SVC', '10.244', 'a\nb\u001b[2J', ''];

type Choose = <T>(values: readonly T[]) => T;

function someEvent(state: State, next: () => number, choose: Choose): Event {
  const dice = next();
  if (dice < 0.03) return { kind: 'resize', columns: 1 + Math.floor(next() * 250), rows: 1 + Math.floor(next() * 80) };
  if (dice < 0.05) return { kind: 'paste', text: choose(pastes) };
  if (dice < 0.07 && state.documents.size > 0)
    return { kind: 'load', key: choose([...state.documents.keys()]), loaded: otherData(state, choose) };
  if (state.task !== null)
    return { kind: 'done', task: state.task, result: choose([{ words: 'done' }, { exists: true }] as const) };
  const key = choose(pressed);
  return { kind: 'key', key: key === 'q' && !state.typing && state.ask === null ? 'backspace' : key };
}

/** What may come in the place of a document: the same of another node or pod, nothing, a failure. */
function otherData({ documents }: State, choose: Choose): Loaded {
  return choose([
    ...documents.values(),
    { state: 'loading', words: 'starting a debug pod' },
    { state: 'failed', why: 'gone\u001b[2J'.repeat(20), next: 'try again' },
  ] satisfies Loaded[]);
}

/** Whether the document is there that the place is drawn from. */
function isThere(state: State): boolean {
  const home = homeOf(current(state).place);
  return home === null || state.documents.get(documentKey(home))?.state === 'ready';
}

function expectInside(state: State): void {
  const { columns, rows } = state;
  const lines = screenLines(state);
  expect(lines.length).toBe(columns < least.columns || rows < least.rows ? 1 : rows);
  for (const line of lines) {
    expect(line).not.toContain('\n');
    expect(columnsOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
  }
}

/** `KEYS=10000 npm run jest -- …` walks further than the suite does. */
const steps = Number(process.env['KEYS'] ?? 250);

test.each([1, 2, 3])('seed %d: no key leads astray, and nothing is painted outside the screen', async seed => {
  const port = await demoPort();
  const next = random(seed);
  const choose: Choose = values => values[Math.floor(next() * values.length)] as never;
  let state = await drive(port, { ...opening(), live: true }, []);
  for (let step = 0; step < steps; step++) {
    state = await drive(port, state, [someEvent(state, next, choose)]);
    const { cursor, top } = current(state);
    const { length } = seen(state);
    if (isThere(state)) expect(cursor).not.toBeNull();
    expect(Math.max(cursor ?? -1, top)).toBeLessThan(Math.max(1, length));
    expect(state.way.length).toBeGreaterThan(0);
    expectInside(state);
    if (step % 25 !== 0) continue;
    const { columns, rows } = state;
    const lines = renderToString(<Screen state={state} />, { columns }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(columnsOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
  }
});
