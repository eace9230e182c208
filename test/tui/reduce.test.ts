import { beforeAll, describe, expect, test } from '@jest/globals';
import { reduce } from '../../src/tui/reduce.ts';
import { rowUnderCursor, seen } from '../../src/tui/select.ts';
import { current, type State } from '../../src/tui/state.ts';
import type { Port } from '../../src/tui/store.ts';
import { demoPort, drive, keys, opening, wayOf } from './demo.ts';

let port: Port;
beforeAll(async () => {
  port = await demoPort();
});

const press = (text: string, from: State = opening()) => drive(port, from, keys(text));

describe('keys lead from place to place', () => {
  test.each([
    ['the cluster opens on its nodes', '', ['cluster nodes']],
    ['enter goes where the row leads', 'enter', ['cluster nodes', 'node1']],
    ['right and l do, too', 'l', ['cluster nodes', 'node1']],
    ['tab changes the list', 'tab', ['cluster pods']],
    ['and comes round', 'tab tab tab', ['cluster nodes']],
    ['a table', 'enter enter', ['cluster nodes', 'node1', 'ip mangle']],
    ['backspace goes back', 'enter enter backspace', ['cluster nodes', 'node1']],
    ['so do escape, left and h', 'enter enter escape h', ['cluster nodes']],
    ['back at the beginning stays there', 'backspace backspace', ['cluster nodes']],
    ['tab does nothing elsewhere', 'enter tab', ['cluster nodes', 'node1']],
    ['a key without a meaning does nothing', 'x ctrl-x', ['cluster nodes']],
    ['? opens the help, back leaves it', '? ? backspace enter', ['cluster nodes', 'node1']],
    ['q in a filter is a letter', '/ "q" enter', ['cluster nodes']],
    ['1, 2, 3 are the lists', '3', ['cluster services']],
    ['from elsewhere they are left by back', 'enter 2 backspace', ['cluster nodes', 'node1']],
  ])('%s: %s', async (_what, text, way) => {
    const state = await press(text);
    expect(wayOf(state)).toEqual(way);
    expect(state.over).toBeNull();
  });

  test.each([
    ['q', 0],
    ['ctrl-c', 130],
    ['/ ctrl-c', 130],
    ['enter enter q', 0],
  ])('%s ends the screen with exit code %d', async (text, code) => {
    expect((await press(text)).over).toBe(code);
  });

  test('pod → service → KUBE-SERVICES → KUBE-SVC → KUBE-SEP → pod, and back', async () => {
    const there = await press(
      'tab / "shop/web-0" enter enter / "→ service shop/web" enter enter / "nat PREROUTING" enter enter enter / "SEP" enter enter / "DNAT" enter enter',
    );
    expect(wayOf(there)).toEqual([
      'cluster pods',
      'pod shop/web-0',
      'service shop/web',
      'KUBE-SERVICES',
      expect.stringMatching(/^KUBE-SVC-/),
      expect.stringMatching(/^KUBE-SEP-/),
      expect.stringMatching(/^pod shop\/web-\d$/),
    ]);
    // Each filter is dropped before the place is left.
    expect(wayOf(await press('h h h h h h h h h h h', there))).toEqual(['cluster pods']);
  });

  test('on an nftables node: services by a map → service → pod', async () => {
    const there = await press(
      'end enter / "ip kube-proxy" enter enter / "services" enter enter / "service-ips" enter enter / "shop/web/tcp/http" enter enter / "numgen" enter enter enter',
    );
    expect(wayOf(there)).toEqual([
      'cluster nodes',
      'node3',
      'ip kube-proxy',
      'services',
      '@service-ips',
      expect.stringMatching(/^service-.*-shop\/web\/tcp\/http$/),
      // Three pods are behind the one rule: its own page has them.
      expect.stringMatching(/^rule \d+$/),
      expect.stringMatching(/^pod shop\/web-\d$/),
    ]);
  });

  test('a service leads to its own rule in KUBE-SERVICES', async () => {
    const state = await press('tab tab / "shop/web" enter enter / "nat PREROUTING" enter enter');
    expect(rowUnderCursor(state)?.text).toContain('(shop/web:http)');
  });

  test('u shows who leads to a chain, and enter goes to that rule', async () => {
    const chain = await press('enter / "ip nat" enter enter / "KUBE-MARK-MASQ" enter enter u');
    expect(seen(chain).length).toBeGreaterThan(10);
    const [caller] = [rowUnderCursor(await press('', chain))];
    const there = await press('enter', chain);
    expect(caller?.text).toContain(wayOf(there).at(-1));
    expect(rowUnderCursor(there)?.text).toContain('KUBE-MARK-MASQ');
  });
});

describe(': goes to anything', () => {
  test.each([
    ['a pod by its name', '": web-0" enter', ['cluster nodes', 'pod shop/web-0']],
    ['a pod by its address', '":10.244.1.2" enter', ['cluster nodes', 'pod shop/web-0']],
    [
      'a service: the very name before those that begin with it',
      '":shop/web" enter',
      ['cluster nodes', 'service shop/web'],
    ],
    ['a service by its address', '":10.96.229.46" enter', ['cluster nodes', 'service shop/web']],
    ['a node', '":node3" enter', ['cluster nodes', 'node3']],
    ['a node by its address', '":172.31.99.12" enter', ['cluster nodes', 'node2']],
    [
      'a chain of a node that was looked at',
      'enter ":KUBE-SERVICES" enter',
      ['cluster nodes', 'node1', 'KUBE-SERVICES'],
    ],
    [
      'letters in order, where nothing has the word',
      'enter ":kbnodprts" enter',
      ['cluster nodes', 'node1', 'KUBE-NODEPORTS'],
    ],
    ['the one under the cursor', '":shop/web-" down enter', ['cluster nodes', expect.stringMatching(/ shop\/web-/)]],
    ['nothing has it: enter stays', '":no such thing" enter', ['cluster nodes', 'go to']],
    ['escape leaves it', '": web" escape', ['cluster nodes']],
    ['so does backspace when nothing is typed', '":w" backspace backspace', ['cluster nodes']],
    ['g lists chains alone', 'enter "gPREROUTING" enter', ['cluster nodes', 'node1', 'PREROUTING']],
    ['g has nothing before a node was looked at', '"gKUBE" enter', ['cluster nodes', 'go to a chain']],
  ])('%s: %s', async (_what, text, way) => {
    expect(wayOf(await press(text))).toEqual(way);
  });

  test('g has the chains of the node first on which the user is', async () => {
    const state = await press('enter backspace down enter "gKUBE-SERVICES" enter');
    expect(current(state).place).toMatchObject({ kind: 'chain', node: 'node2' });
  });
});

describe('the cursor', () => {
  test.each([
    ['stays in the list', 'up up', 0],
    ['moves by rows', 'down j down k', 2],
    ['moves by pages', 'pagedown', 25],
    ['stays on the last row', 'pagedown pagedown pagedown pagedown', 27],
    ['jumps to the end', 'end', 27],
    ['and home', 'end home', 0],
    ['and the last row by G', 'G', 27],
    ['is where it was after coming back', 'j j j enter backspace', 3],
    ['stands on the same row when a filter is dropped', '/ "shop/web-0" enter escape', -1],
  ])('%s: %s', async (_what, text, cursor) => {
    const pods = await press('tab');
    const state = await press(text, pods);
    const expected =
      cursor >= 0
        ? cursor
        : Array.from({ length: 28 }, (_, at) => seen(state).page.text(at)).findIndex(row => row.includes('shop/web-0'));
    expect(current(state).cursor).toBe(expected);
  });

  test('is on the screen at any size', async () => {
    const end = await press('tab end');
    for (const rows of [8, 10, 24, 80]) {
      const state = await drive(port, end, [{ kind: 'resize', columns: 60, rows }]);
      const { cursor, top } = current(state);
      expect(cursor).toBe(27);
      expect(27 - top).toBeLessThan(Math.max(1, rows - 5));
      expect(top).toBeLessThanOrEqual(27);
    }
  });
});

describe('a filter', () => {
  test.each([
    ['has all its words', '"web node2"', ['web-2']],
    ['takes any case', '"SHOP/WEB-0"', ['web-0']],
    ['takes addresses', '"10.244.1.2"', ['web-0']],
    ['takes letters in order where nothing has the word', '"shpweb0"', ['web-0']],
    ['has each word near, or none', '"shpweb0 node2"', []],
    ['may find nothing', '"no such pod"', []],
    ['loses its last character by backspace', '"web-0x" backspace', ['web-0']],
  ])('%s: %s', async (_what, text, names) => {
    const view = seen(await press(`tab / ${text} enter`));
    const found = (view.passing ?? []).map(index => / (\S*\d) /.exec(view.page.row(index).text)?.[1]);
    expect(found).toEqual(names);
  });

  test('is dropped by escape, and by backspace when it is empty', async () => {
    for (const text of ['/ "web" escape', '/ "a" backspace backspace', '/ "web" ctrl-u enter']) {
      const state = await press(`tab ${text}`);
      expect([state.typing, current(state).filter]).toEqual([false, '']);
    }
  });
});

describe('keys that are typed while a saved snapshot is read', () => {
  const typed = (text: string, from: State) => keys(text).reduce((state, event) => reduce(state, event), from);

  test('come when it is there', async () => {
    const before = typed('enter "gKUBE-SVC-67NZ" enter', opening());
    expect(wayOf(before)).toEqual(['cluster nodes']);
    expect(wayOf(await drive(port, before, []))).toEqual(['cluster nodes', 'node1']);
    // Each load may lead to the next one.
    let state = before;
    for (let loads = 0; loads < 3; loads++) state = await drive(port, state, []);
    expect(wayOf(state)).toEqual(['cluster nodes', 'node1', 'KUBE-SVC-67NZLRHBNDSAWJRO']);
  });

  test('but ctrl-c comes at once', () => {
    expect(typed('enter j ctrl-c', opening()).over).toBe(130);
  });

  test('a live cluster is not waited for', () => {
    expect(typed('tab', { ...opening(), live: true }).way[0]?.place).toEqual({ kind: 'cluster', list: 'pods' });
  });
});

describe('what is not there', () => {
  const lost = { live: false, load: () => Promise.reject(new Error('the API server is away')) };

  test('says why, and is loaded again when asked', async () => {
    const failed = await drive(lost, opening(), []);
    expect(seen(failed).page.row(0).text).toBe('✗ the API server is away');
    const again = await drive(port, failed, keys('ctrl-r'));
    expect(seen(again).page.title).toContain('nodes (3)');
  });
});
