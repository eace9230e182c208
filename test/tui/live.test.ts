import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Loaded } from '../../src/tui/documents.ts';
import { reduce, wanted } from '../../src/tui/reduce.ts';
import { seen } from '../../src/tui/select.ts';
import { current, type Event, type State } from '../../src/tui/state.ts';
import type { Port } from '../../src/tui/store.ts';
import { crumbs, foot } from '../../src/tui/views/lines.ts';
import { demoPort, drive, keys, opening } from './demo.ts';

let port: Port;
beforeAll(async () => {
  port = await demoPort();
});

const started = Date.parse('2026-01-01T00:00:00Z');
const key = 'node/node1';

/** On a node of a cluster that changes, its data taken as the screen opened. */
async function onNode(text = ''): Promise<State> {
  const state = { ...opening({ columns: 160 }), live: true, now: started };
  return timed(await drive(port, state, keys(`enter ${text}`)), started);
}

/** The same with all documents taken at a time. */
function timed(state: State, at: number): State {
  const documents = [...state.documents].map(([name, loaded]) => [name, { ...loaded, at }] as const);
  return { ...state, documents: new Map(documents) };
}

function then(state: State, ...events: Event[]): State {
  return events.reduce(reduce, state);
}

const failed: Loaded = { state: 'failed', why: 'kubelet is away', next: 'see its log' };
const load = (loaded: Loaded): Event => ({ kind: 'load', key, loaded });
const tick = (seconds: number): Event => ({ kind: 'tick', now: started + seconds * 1000 });
const [refresh = tick(0)] = keys('ctrl-r');
const loading = load({ state: 'loading', words: '' });

describe('the head line says how old the data is, and what is done about it', () => {
  test.each([
    ['at once', [], / demo · 0 s ago$/],
    ['later', [tick(75)], / demo · 1 min ago$/],
    ['a refresh', [refresh, loading], / demo · 0 s ago · refreshing …$/],
    ['a refresh that failed', [refresh, loading, load(failed)], / demo · 0 s ago · ✗ not refreshed$/],
    ['a watch', keys('w'), / demo · watching · 0 s ago$/],
    ['a watch that was ended', keys('w w'), / demo · 0 s ago/],
  ] satisfies [string, Event[], RegExp][])('%s', async (_name, events, words) => {
    expect(crumbs(then(await onNode(), ...events))).toMatch(words);
  });

  test('of a saved snapshot it says nothing', async () => {
    expect(crumbs(await drive(port, opening(), keys('enter')))).toMatch(/ demo$/);
  });
});

describe('a refresh', () => {
  test('leaves what is there until the newer is', async () => {
    const state = then(await onNode(), refresh);
    expect(wanted(state)).toEqual([{ kind: 'node', node: 'node1' }]);
    const under = then(state, loading, { kind: 'progress', key, words: 'collecting on node1' });
    expect(wanted(under)).toEqual([]);
    expect(seen(under).page).toBe(seen(state).page);
  });

  test('that fails says why and leaves what is there', async () => {
    const state = then(await onNode(), refresh, loading, load(failed));
    expect(foot(state)).toMatch(/^✗ not refreshed: kubelet is away; see its log/);
    expect(seen(state).page.title).toMatch(/^node1 ·/);
    expect(wanted(then(state, refresh))).toHaveLength(1);
  });

  test('is not possible in a saved snapshot', async () => {
    const state = await drive(port, opening(), keys('enter'));
    expect(wanted(then(state, refresh))).toEqual([]);
  });
});

describe('a document that comes in steps', () => {
  const home = { kind: 'service', namespace: 'shop', name: 'web' } as const;
  const name = 'service/shop/web';
  const tell: Event = { kind: 'progress', key: name, words: 'collecting on node1' };

  /** On a service that is being loaded, with its whole document beside. */
  async function onService(): Promise<{ state: State; whole: Extract<Loaded, { state: 'ready' }> }> {
    const ready = await onNode();
    const loadingHere: Event = { kind: 'load', key: name, loaded: { state: 'loading', words: '' } };
    const way = [...ready.way.slice(0, 1), { place: home, cursor: null, top: 0, filter: '' }];
    const how = { scope: 'all', progress: () => {}, partial: () => {} } as const;
    const { document } = await port.load(home, how);
    return {
      state: then({ ...ready, way }, loadingHere, tell),
      whole: { state: 'ready', document, at: started, refresh: null },
    };
  }

  test('shows what is there, says what is being done, and puts the cursor where the whole begins', async () => {
    const { state, whole } = await onService();
    if (whole.document.kind !== 'service') throw new Error('not a service');
    const document = { ...whole.document, report: { ...whole.document.report, nodes: [] } };
    const soFar = then(state, { kind: 'partial', key: name, document, at: started });
    expect(crumbs(soFar)).toMatch(/ demo · loading: collecting on node1 …$/);
    expect(seen(soFar).page.title).toBe('service shop/web');
    expect(wanted(then(soFar, refresh, ...keys('w')))).toEqual([]);
    const all = then(soFar, { kind: 'load', key: name, loaded: whole });
    expect(crumbs(all)).toMatch(/ demo · 0 s ago$/);
    expect(current(all).cursor).toBe(seen(all).page.start);
    const moved = then(soFar, ...keys('down down'), { kind: 'load', key: name, loaded: whole });
    expect(current(moved).cursor).toBe(2);
  });

  test('is lost when its nodes are', async () => {
    const { state, whole } = await onService();
    const soFar = then(state, { kind: 'partial', key: name, document: whole.document, at: started });
    expect(seen(then(soFar, { kind: 'load', key: name, loaded: failed })).page.title).toBe('✗ not loaded');
  });

  test('does not come in the place of a whole one', async () => {
    const { state, whole } = await onService();
    const all = then(state, { kind: 'load', key: name, loaded: whole }, refresh);
    expect(then(all, { kind: 'partial', key: name, document: whole.document, at: started })).toBe(all);
  });
});

test('why a document is lost is said in full, whatever the width', async () => {
  const why = `you may not ${'create pods, '.repeat(12)}delete pods in namespace shop`;
  const state = then({ ...(await onNode()), columns: 40 }, refresh);
  const lost = then({ ...state, documents: new Map() }, load({ state: 'failed', why, next: 'ask for a role' }));
  const { page } = seen(lost);
  const lines = Array.from({ length: page.length }, (_, index) => page.row(index).text);
  expect(lines.join(' ')).toBe(`✗ ${why} ask for a role  ctrl-r: try again`);
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(38);
});

test('what is done while loading stands in the place of the page', async () => {
  const state = then({ ...(await onNode()), documents: new Map() }, loading, {
    kind: 'progress',
    key,
    words: 'starting a debug pod on node1',
  });
  expect(seen(state).page.row(0).text).toBe('starting a debug pod on node1 …');
});

test('a node that was not entered was not looked at, and one that failed says so', async () => {
  const state = { ...opening({ columns: 160 }), live: true };
  const list = seen(then(await drive(port, state, []), loading)).page;
  expect(list.row(0).text).toMatch(/loading …/);
  const lost = seen(then(await drive(port, state, []), load(failed))).page;
  expect(lost.row(0).text).toMatch(/✗ not loaded/);
  const looked = timed(await drive(port, state, keys('enter backspace')), started);
  expect(seen(looked).page.head).toMatch(/KUBE-PROXY +CNI +LOOKED AT$/);
  expect(seen(looked).page.row(0).text).toMatch(/iptables-nft +flannel +00:00:00Z$/);
  expect(seen(looked).page.row(1).text).toMatch(/(not looked at|enter to see)\s*$/);
});

describe('a watch', () => {
  test.each([
    ['rules', 'enter', 1, 2],
    ['all of a node', '', 9, 10],
  ] as const)('looks at %s again when its last look is old, and no sooner', async (_name, way, young, old) => {
    const state = timed(await drive(port, await onNode(way), keys('w')), started);
    expect(wanted(then(state, tick(young)))).toEqual([]);
    expect(wanted(then(state, tick(old)))).toHaveLength(1);
    expect(wanted(then(state, tick(old), loading, tick(99)))).toEqual([]);
  });

  test('whose look failed waits until it is asked to go on', async () => {
    const state = then(await onNode(), ...keys('w'), loading, load(failed));
    expect(crumbs(state)).toMatch(/ demo · watching · 0 s ago · ✗ not refreshed$/);
    expect(wanted(then(state, tick(99)))).toEqual([]);
    expect(wanted(then(state, tick(99), refresh))).toHaveLength(1);
  });

  test('ends with its key, and rests while another place is shown', async () => {
    const state = timed(await drive(port, await onNode(), keys('w')), started);
    expect(wanted(then(state, ...keys('w'), tick(99)))).toEqual([]);
    expect(wanted(then(state, ...keys('escape'), tick(99)))).toEqual([]);
  });

  test('compares the rules with those of its beginning and of the look before', async () => {
    const state = then(await onNode(), ...keys('w'));
    const before = state.documents.get(key);
    if (before?.state !== 'ready' || before.document.kind !== 'node') throw new Error('not a node');
    const { document } = before;
    const newer = { ...document, rules: { ...document.rules } };
    const look = (rules: typeof document, at: number) => load({ state: 'ready', document: rules, at, refresh: null });
    const third = { ...document, rules: { ...document.rules } };
    const now = then(state, loading, look(newer, started + 2500), loading, look(third, started + 5000));
    const last = now.documents.get(key);
    if (last?.state !== 'ready' || last.document.kind !== 'node') throw new Error('not a node');
    expect(last.document.rules).toBe(third.rules);
    expect(last.document.watch?.first).toBe(document.rules);
    expect(last.document.watch?.before).toBe(newer.rules);
    expect(last.document.watch?.seconds).toBe(2.5);
  });
});
