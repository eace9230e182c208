import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { renderToString } from 'ink';
import { columnsOf } from '../../src/render/layout.ts';
import { bindings } from '../../src/tui/keys.ts';
import { seen } from '../../src/tui/select.ts';
import { current, type Event } from '../../src/tui/state.ts';
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
const pressed = [...known, 'enter', 'enter', 'enter', 'down', 'down', 'pagedown', 'w', 'e', '1', '界', 'ctrl-u', 'q'];

function someEvent(next: () => number, typing: boolean): Event {
  const choose = <T,>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  if (next() < 0.03)
    return { kind: 'resize', columns: 1 + Math.floor(next() * 250), rows: 1 + Math.floor(next() * 80) };
  const key = choose(pressed);
  return { kind: 'key', key: key === 'q' && !typing ? 'backspace' : key };
}

test.each([1, 2, 3])('seed %d: no key leads astray, and nothing is painted outside the screen', async seed => {
  const port = await demoPort();
  const next = random(seed);
  let state = await drive(port, opening(), []);
  for (let step = 0; step < 250; step++) {
    state = await drive(port, state, [someEvent(next, state.typing)]);
    const { cursor, top } = current(state);
    const { length } = seen(state);
    expect(cursor).not.toBeNull();
    expect(Math.max(cursor ?? -1, top)).toBeLessThan(Math.max(1, length));
    if (step % 10 !== 0) continue;
    const { columns, rows } = state;
    const lines = renderToString(<Screen state={state} />, { columns }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(columnsOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
  }
});
