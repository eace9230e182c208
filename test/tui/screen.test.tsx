import { setImmediate as nextTurn } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { renderToString } from 'ink';
import { cleanup, render } from 'ink-testing-library';
import { columnsOf } from '../../src/render/layout.ts';
import { App } from '../../src/tui/screen.tsx';
import { createStore, type Port } from '../../src/tui/store.ts';
import { asciiLine } from '../../src/tui/views/ascii.ts';
import { screenLines } from '../../src/tui/views/lines.ts';
import { Screen } from '../../src/tui/views/screen.tsx';
import { demoPort, drive, keys, opening } from './demo.ts';

let port: Port;
beforeAll(async () => {
  port = await demoPort();
});
afterEach(cleanup);

const places = {
  cluster: '',
  pods: 'tab',
  node: 'enter',
  pod: 'tab / "shop/web-0" enter enter',
  service: 'tab tab / "shop/web" enter enter',
  chain: 'enter / "ip nat" enter enter / "KUBE-SERVICES" enter enter r',
  typing: '/ "node"',
  help: '?',
};
const sizes = [
  [60, 20],
  [80, 24],
  [250, 80],
] as const;

describe('the screen fills the terminal and nothing more', () => {
  test.each(
    Object.entries(places).flatMap(([name, text]) =>
      sizes.map(([columns, rows]) => [name, columns, rows, text] as const),
    ),
  )('%s at %dx%d', async (_name, columns, rows, text) => {
    const state = await drive(port, opening({ columns, rows }), keys(text));
    const lines = stripVTControlCharacters(renderToString(<Screen state={state} />, { columns })).split('\n');
    expect(lines).toHaveLength(rows);
    const borders = lines.filter(line => /^[┌│└]/.test(line)).map(columnsOf);
    expect(new Set(borders)).toEqual(new Set([columns]));
    expect(Math.max(...lines.map(columnsOf))).toBe(columns);
  });
});

test('only the rows on the screen are read', async () => {
  const chain = await drive(port, opening({ columns: 100, rows: 10 }), keys('enter / "ip nat" enter enter'));
  const text = renderToString(<Screen state={chain} />, { columns: 100 });
  expect(
    text.split('\n').filter(line => /PREROUTING|INPUT|OUTPUT|POSTROUTING|FLANNEL|KUBE/.test(line)).length,
  ).toBeLessThan(8);
});

describe('ASCII alone', () => {
  test.each(Object.entries(places))('%s', async (_name, text) => {
    const plain = await drive(port, opening({ columns: 160, rows: 50 }), keys(text));
    const lines = screenLines({ ...plain, ascii: true }).map(line => stripVTControlCharacters(line));
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/);
    // Each sign takes the columns of what it stands for.
    expect(lines.map(columnsOf)).toEqual(screenLines(plain).map(line => columnsOf(stripVTControlCharacters(line))));
  });

  test.each([
    ['┌─ nodes ─┐', '+- nodes -+'],
    ['▸ ✓ Ready → 10.0.0.1 · …', '> + Ready > 10.0.0.1 - ~'],
    ['世界 é 👩‍👩‍👧', '???? ? ??'],
    ['\u001b[32m✓\u001b[39m', '\u001b[32m+\u001b[39m'],
  ])('%j is %j', (line, ascii) => {
    expect(asciiLine(line)).toBe(ascii);
  });
});

describe('colours', () => {
  test.each([
    [true, '\u001b[32m'],
    [false, '\u001b[3'],
  ])('%p', async (colour, code) => {
    const state = await drive(port, { ...opening(), colour }, []);
    const text = renderToString(<Screen state={state} />, { columns: 100 });
    expect(text.includes(code)).toBe(colour);
    // What colour says stands there as a sign too.
    expect(text).toContain('✓ Ready');
    expect(text).toContain('▸ node1');
  });
});

test('keys that come in one read are all taken', async () => {
  const store = createStore(await drive(port, opening(), []), port);
  const { stdin, lastFrame } = render(<App store={store} />);
  await nextTurn();
  stdin.write('jj');
  await nextTurn();
  expect(stripVTControlCharacters(lastFrame() ?? '')).toContain('▸ node3');
});
