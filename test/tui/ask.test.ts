import { beforeAll, describe, expect, test } from '@jest/globals';
import { current, type State } from '../../src/tui/state.ts';
import type { Port } from '../../src/tui/store.ts';
import { foot, screenLines } from '../../src/tui/views/lines.ts';
import { demoPort, drive, keys, opening, wayOf } from './demo.ts';

let port: Port;
beforeAll(async () => {
  port = await demoPort();
});

const press = (text: string, from: State = opening({ columns: 120 })) => drive(port, from, keys(text));

describe('t asks for both ends of a trace, with what is looked at filled in', () => {
  test.each([
    ['a pod sends', '":shop/web-0" enter t', 'pod/shop/web-0', ''],
    ['a service is sent to', '":shop/web" enter home t', '', 'svc/shop/web'],
    [
      'the pod of the page to the service of the row',
      '":shop/web-0" enter / "→ service shop/web" enter t',
      'pod/shop/web-0',
      'svc/shop/web',
    ],
    ['the pod of a row', '2 / "shop/web-2" enter t', 'pod/shop/web-2', ''],
    ['a node', 't', 'node/node1', ''],
    ['nothing of a chain', 'enter "gKUBE-NODEPORTS" enter t', '', ''],
  ])('%s', async (_what, text, from, to) => {
    expect((await press(text)).ask).toEqual({ what: 'from', text: from, to });
  });

  test('and goes to the trace', async () => {
    const state = await press('":shop/web-0" enter t enter "svc/shop/web:80" enter');
    expect(current(state).place).toEqual({
      kind: 'trace',
      from: 'pod/shop/web-0',
      to: 'svc/shop/web:80',
      packet: {},
      reply: false,
    });
    expect(wayOf(await press('backspace', state))).toEqual(['cluster nodes', 'pod shop/web-0']);
  });

  test.each([
    ['escape asks no more', 't escape', null],
    ['so does backspace when nothing is left', 't ctrl-u backspace', null],
    ['an empty answer is none', 't ctrl-u enter', 'trace from (pod, service, node, address, internet): ▏'],
    [
      'ctrl-w takes a word',
      't ctrl-u "pod/shop/web-0" ctrl-w',
      'trace from (pod, service, node, address, internet): pod/shop/▏',
    ],
    ['letters that are keys are letters', 't ctrl-u "qtw" enter', 'trace from qtw to (NAME[:PORT][/PROTOCOL]): ▏'],
  ])('%s', async (_what, text, line) => {
    const state = await press(text);
    expect(state.over).toBeNull();
    if (line === null) expect(state.ask).toBeNull();
    else expect(foot(state)).toBe(line);
  });

  test('names that mean nothing are told where the trace would be', async () => {
    const state = await press('t ctrl-u "pod/shop/nobody" enter "svc/shop/web" enter');
    expect(state.documents.get([...state.documents.keys()].find(key => key.startsWith('trace/')) ?? '')).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('nobody'),
    });
  });
});

describe('a trace leads to the rules that decided it', () => {
  test.each([
    ['the jump to a chain stands in the chain before', '→ KUBE-SVC-', 'KUBE-SERVICES', 'KUBE-SVC-67NZLRHBNDSAWJRO'],
    ['a DNAT in the chain of the endpoint', 'DNAT to 10.244.1.2', /^KUBE-SEP-/, '10.244.1.2:8080'],
    ['a node', 'node2 in by', 'node2', ''],
    ['a pod', 'pod shop/web-2', 'pod shop/web-2', ''],
  ])('%s', async (_what, row, place, under) => {
    const state = await press(`":shop/web-0" enter t enter "svc/shop/web" enter / "${row}" enter enter`);
    expect(wayOf(state).at(-1)).toMatch(place);
    const { rowUnderCursor } = await import('../../src/tui/select.ts');
    expect(rowUnderCursor(state)?.raw ?? '').toContain(under);
  });
});

describe('y copies', () => {
  test.each([
    ['a row as it is shown', 'end', /^node3 +✓ Ready +172\.31\.99\.13/],
    ['a rule as it was printed', 'enter "gKUBE-SERVICES" enter', /^\[\d+:\d+\] -A KUBE-SERVICES /],
  ])('%s', async (_what, text, copied) => {
    expect((await press(`${text} y`)).task).toEqual({ kind: 'copy', text: expect.stringMatching(copied) });
  });
});

describe('o saves what is seen', () => {
  const saved = async (text: string) => (await press(text)).task;

  test.each([
    [
      'a list',
      '2 / "shop/web" enter o enter',
      'netinspect-cluster-pods.txt',
      /^pods \(28\)[^\n]*\n.*NAMESPACE.*\n.*web-0[^\n]*\n.*web-1[^\n]*\n.*web-2[^\n]*\n$/,
    ],
    [
      'a chain',
      'enter "gKUBE-SVC-67NZ" enter o enter',
      'netinspect-KUBE-SVC-67NZLRHBNDSAWJRO.txt',
      /33\.3 % .*random 1 in 3 .*KUBE-SEP-XTJ/,
    ],
    ['a pod', '":shop/web-0" enter o enter', 'netinspect-pod-shop-web-0.txt', /┌ ⚠ pod shop\/web-0 ─/],
  ])('%s as text', async (_what, text, file, content) => {
    expect(await saved(text)).toEqual({ kind: 'save', file, text: expect.stringMatching(content), overwrite: false });
  });

  test.each([
    ['a pod', '":shop/web-0" enter', 'PodReport'],
    ['a service', '":shop/web" enter', 'ServiceReport'],
    ['a node', 'enter', 'NodeReport'],
    ['a chain', 'enter "gKUBE-SVC-67NZ" enter', 'ChainsReport'],
    ['a trace', 't enter "svc/shop/web" enter', 'TraceReport'],
  ])('%s as JSON', async (_what, text, kind) => {
    const task = await saved(`${text} o ctrl-u "x.json" enter`);
    expect(JSON.parse(task?.kind === 'save' ? task.text : '')).toMatchObject({ apiVersion: 'netinspect/v1', kind });
  });

  test.each([
    ['a service', '":shop/web" enter'],
    ['a chain', 'enter "gKUBE-SVC-67NZ" enter'],
    ['a trace', 't enter "svc/shop/web" enter'],
  ])('%s as Mermaid', async (_what, text) => {
    const task = await saved(`${text} o ctrl-u "x.mmd" enter`);
    expect(task?.kind === 'save' ? task.text : '').toMatch(/^flowchart LR\n/);
  });

  test('what has no such form says so', async () => {
    const state = await press('":shop/web-0" enter o ctrl-u "x.mmd" enter');
    expect([state.task, state.told]).toEqual([null, expect.stringContaining('no picture')]);
  });

  test('a file that is there is overwritten only after y', async () => {
    const asked = await press('o enter');
    const { task } = asked;
    if (task?.kind !== 'save') throw new Error('nothing to save');
    const exists = await drive(port, asked, [{ kind: 'done', task, result: { exists: true } }]);
    expect(foot(exists)).toBe('netinspect-cluster-nodes.txt exists. Overwrite it? (y/n) ▏');
    expect((await press('y', exists)).task).toEqual({ ...task, overwrite: true });
    const kept = await press('n', exists);
    expect([kept.task, kept.told]).toEqual([null, 'not saved']);
  });

  test('what came of it is told until the next key', async () => {
    const asked = await press('o enter');
    if (asked.task === null) throw new Error('nothing to save');
    const done = await drive(port, asked, [{ kind: 'done', task: asked.task, result: { words: 'saved: x' } }]);
    expect([done.task, foot(done)]).toEqual([null, expect.stringMatching(/^saved: x · /)]);
    expect((await press('down', done)).told).toBe('');
  });
});

test('of a rule e shows its raw text with the file and line', async () => {
  const chain = await press('enter "gKUBE-SVC-67NZ" enter e');
  expect(screenLines(chain).find(line => line.startsWith('╎'))).toMatch(
    /^╎ nodes\/node1\/iptables-save\.nft:\d+: \[\d+:\d+\] -A KUBE-SVC-67NZLRHBNDSAWJRO /,
  );
});

test('e shows where facts come from, and hides it again', async () => {
  const { seen } = await import('../../src/tui/select.ts');
  const evidence = (state: State) =>
    Array.from({ length: seen(state).length }, (_, at) => seen(state).page.text(at)).filter(text => text.includes('╎'));
  const pod = await press('":shop/web-0" enter');
  expect(evidence(pod)).toEqual([]);
  const shown = await press('e', pod);
  expect(evidence(shown).some(text => text.includes('link.json'))).toBe(true);
  expect(evidence(await press('e', shown))).toEqual([]);
});
