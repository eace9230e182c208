import { beforeAll, describe, expect, test } from '@jest/globals';
import { current, type State } from '../../src/tui/state.ts';
import type { Port } from '../../src/tui/store.ts';
import { panes } from '../../src/tui/views/lines.ts';
import { demoPort, drive, keys, opening, wayOf } from './demo.ts';

let port: Port;
beforeAll(async () => {
  port = await demoPort();
});

const press = (text: string, from: State = opening({ columns: 160, rows: 60 })) => drive(port, from, keys(text));
/** The rows of the left pane, the one of the cursor with its sign. */
const left = (state: State) => panes(state)[0]?.lines.map(line => line.trimEnd()) ?? [];
const service = 'enter "gPREROUTING" enter enter / "shop/web:http" enter enter';

test('the tree has the base chains, and below those on the way what they lead to', async () => {
  const rows = left(await press(service));
  expect(rows.slice(0, 2)).toEqual(['  PREROUTING', '    KUBE-SERVICES']);
  const at = rows.indexOf('▸     KUBE-SVC-67N… shop/web:http');
  expect(rows.slice(at + 1, at + 5)).toEqual([
    '        KUBE-MARK-MASQ',
    '        KUBE-SEP-XTJ… 10.244.1.2:8080 shop/web-0',
    '        KUBE-SEP-LYO… 10.244.2.2:8080 shop/web-2',
    '        KUBE-SEP-2KR… 10.244.3.2:8080 shop/web-1',
  ]);
  expect(rows.slice(-3)).toEqual(['  INPUT', '  OUTPUT', '  POSTROUTING']);
});

test('a chain that was jumped to is a root of its own', async () => {
  const rows = left(await press('enter "gKUBE-SVC-67NZ" enter'));
  expect(rows.slice(0, 5)).toEqual([
    '  PREROUTING',
    '  INPUT',
    '  OUTPUT',
    '  POSTROUTING',
    '▸ KUBE-SVC-67N… shop/web:http',
  ]);
});

describe('in the tree', () => {
  test.each([
    ['down goes to the chain below', 'tab down down', /^KUBE-SEP-XTJ/, 6],
    ['up to the one above', 'tab up', /^KUBE-SVC-JD5/, 5],
    ['home to the first', 'tab home', /^PREROUTING$/, 3],
    ['end to the last', 'tab end', /^POSTROUTING$/, 3],
    ['after tab the keys move in the rules again', 'tab tab down', /^KUBE-SVC-67N/, 5],
    ['so do they after enter', 'tab enter down', /^KUBE-SVC-67N/, 5],
    ['and after back', 'tab h down', /^KUBE-SVC-67N/, 5],
    ['a key of another meaning has it', 'tab ?', /^help$/, 6],
  ])('%s: %s', async (_what, text, place, length) => {
    const before = await press(service);
    const way = wayOf(await press(text, before));
    expect(way.at(-1)).toMatch(place);
    expect(way.slice(0, 2)).toEqual(['cluster nodes', 'node1']);
    expect(way).toHaveLength(length);
  });

  test('a chain that was left keeps its cursor', async () => {
    const before = await press(`${service} down down`);
    expect(current(before).cursor).toBe(2);
    expect(current(await press('tab down up', before)).cursor).toBe(2);
  });

  test('where there is no room for it, tab does nothing', async () => {
    const narrow = await press(`${service} tab down`, opening({ columns: 80, rows: 24 }));
    expect([narrow.inLeft, wayOf(narrow).at(-1)?.slice(0, 12)]).toEqual([false, 'KUBE-SVC-67N']);
  });

  test('a screen that becomes narrow has it no more', async () => {
    const inside = await press(`${service} tab`);
    expect(inside.inLeft).toBe(true);
    const narrow = await drive(port, inside, [{ kind: 'resize', columns: 80, rows: 24 }]);
    expect(narrow.inLeft).toBe(false);
  });
});

describe('elsewhere the left pane has the place before', () => {
  const pod = '":shop/web-0" enter';

  test.each([
    ['the cursor moves there', '2 enter tab down', ['cluster pods', 'pod kube-system/coredns-676b687d45-8rkd5'], 1],
    [
      'enter goes where its row leads, in place of what is shown',
      `${pod} tab down enter`,
      ['cluster nodes', 'node2'],
      1,
    ],
    ['tab comes back', `${pod} tab tab down`, ['cluster nodes', 'pod shop/web-0'], 0],
    ['end and home', `${pod} tab end`, ['cluster nodes', 'pod shop/web-0'], 2],
  ])('%s', async (_what, text, way, cursor) => {
    const state = await press(text);
    expect(wayOf(state)).toEqual(way);
    expect(state.way.at(-2)?.cursor).toBe(cursor);
  });

  test('in the lists of the cluster tab goes to the next one', async () => {
    expect(wayOf(await press('enter 2 tab'))).toEqual(['cluster nodes', 'node1', 'cluster services']);
  });
});
