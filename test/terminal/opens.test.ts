import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from '../cli/program.ts';
import { Terminal } from './terminal.ts';

let program: Program;
let terminal: Terminal | undefined;

beforeAll(() => {
  program = buildProgram();
});
afterEach(() => {
  terminal?.close();
  terminal = undefined;
});
afterAll(() => program.remove());

function start(words: string, options: ConstructorParameters<typeof Terminal>[1] = {}): Terminal {
  terminal = new Terminal([program.file, ...words.split(' '), '--from', 'demo'], {
    columns: 160,
    rows: 50,
    ...options,
  });
  return terminal;
}

describe('on a terminal a command opens the screen on its place', () => {
  test.each([
    ['pod web-0', /^cluster nodes › pod shop\/web-0 +demo$[\s\S]*MTU 1450/m],
    ['pod -n shop web-0', /^cluster nodes › pod shop\/web-0 +demo$/m],
    ['service web', /^cluster nodes › service shop\/web +demo$[\s\S]*33\.3 %/m],
    ['service web --node node2', /^cluster nodes › service shop\/web +demo$(?![\s\S]*node[13] · ip)[\s\S]*node2 · ip/m],
    ['node node3', /^cluster nodes › node3 +demo$[\s\S]*nftables/m],
    ['chains node1', /^cluster nodes › node1 +demo$/m],
    ['chains node1 ip/nat/KUBE-SERVICES', /^cluster nodes › KUBE-SERVICES +demo$[\s\S]*▸ 1 /m],
    ['chains node1 KUBE-SERVICES', /KUBE-SERVICES \(4\)[\s\S]*▸ ip +filter +KUBE-SERVICES/],
    ['chains node1 NO-SUCH', /✗ no chain of node1 is called NO-SUCH/],
    ['trace web-0 svc/shop/web:80', /› trace pod\/shop\/web-0 → service\/shop\/web:80 +demo$[\s\S]*1\/3/m],
    ['trace web-0 10.96.0.10:53/udp --reply', /› trace pod\/shop\/web-0 → 10\.96\.0\.10:53\/udp +demo$/m],
  ])('%s', async (words, there) => {
    await start(words).until(there);
  });

  test('back leads to the cluster', async () => {
    const screen = start('pod web-0');
    await screen.until(/› pod shop\/web-0/);
    screen.press('Escape');
    await screen.until(/^cluster nodes +demo$[\s\S]*▸ node1/m);
  });
});

describe('a name that means nothing is said before the screen opens', () => {
  test.each([
    ['pod web-9', 'pod default/web-9 is not in the snapshot', 2],
    ['service nosuch', 'service default/nosuch is not in the snapshot', 2],
    ['node node9', 'node node9 is not in the snapshot', 2],
    ['chains node9 X', 'node node9 is not in the snapshot', 2],
    ['trace web-0 nosuch:80', 'nosuch', 2],
    ['trace web-0 svc/web:99999', 'is not a port', 2],
    ['pod web-0 --debug-image=x', '--debug-image has no meaning with --from', 2],
    ['--keep=10m', '--keep has no meaning with --from', 2],
  ])('%s', async (words, error, code) => {
    const shown = await start(words).until(/^code \d+/m);
    expect(shown).toMatch(/^error: /m);
    expect(shown).toContain(error);
    expect(shown).toMatch(new RegExp(`^code ${code}$`, 'm'));
    expect(terminal?.flag('alternate_on')).toBe('0');
  });
});

test('without a cluster the bare command says what to do', async () => {
  terminal = new Terminal([program.file], { columns: 120, env: { KUBECONFIG: '/nonexistent/config' } });
  const shown = await terminal.until(/^code 3$/m);
  expect(shown).toMatch(/^error: no cluster is named/m);
  expect(shown).toMatch(/^next: set KUBECONFIG/m);
});

describe('what asks for print prints', () => {
  test.each([
    ['pod web-0 -o text', {}, / more: -o json has them all/],
    ['pod web-0 -o name', {}, /^pod\/web-0$/m],
    ['pod web-0 --evidence', {}, / more: -o json has them all/],
    ['pod web-0', { TERM: 'dumb' }, / more: -o json has them all/],
    ['node node1 -v1', {}, /^Node node1/m],
    ['trace web-0 svc/shop/web:80', { TERM: 'dumb' }, /shop\/web-0 → shop\/web/],
  ] as const)('%s %j', async (words, env, text) => {
    const shown = await start(words, { env: { ...env }, rows: 200 }).until(/^code 0/m);
    expect(shown).toMatch(text);
    expect(shown).not.toContain('▸');
  });
});
