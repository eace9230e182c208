import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBundle } from '../../src/collect/bundle-source.ts';
import { buildProgram, type Program, webSnapshot } from './program.ts';
import { schemaErrors } from './published.ts';

const snapshot = fileURLToPath(new URL('../app/fixtures/snapshot.tar.gz', import.meta.url));

let folder: string;
let rules: string;
let netinspect: Program['netinspect'];
let remove: Program['remove'];

beforeAll(async () => {
  ({ netinspect, remove } = buildProgram());
  folder = mkdtempSync(join(tmpdir(), 'netinspect-service-'));
  rules = join(folder, 'node1.txt');
  writeFileSync(rules, (await openBundle(snapshot)).files.get('nodes/node1/iptables-save.nft') ?? '');
});

afterAll(() => {
  remove();
  rmSync(folder, { recursive: true });
});

const from = (...args: string[]) => netinspect([...args, '--from', snapshot]);

describe('service', () => {
  test.each([
    ['web'],
    ['default/web'],
    ['svc/web'],
    ['service/default/web'],
    ['web.default.svc'],
    ['web.default.svc.cluster.local'],
    ['web', '-n', 'default'],
  ])('%s', (...name) => {
    const { status, stdout, stderr } = from('service', ...name);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Service default\/web\n/);
    for (const node of ['node1 · iptables-nft', 'node2 · iptables-legacy', 'node3 · nftables'])
      expect(stdout).toContain(`\n${node}\n  ✓ as the EndpointSlices say\n`);
  });

  test.each([['web'], ['shop/cart', '--evidence'], ['shop/cold'], ['shop/cart-headless']])(
    'JSON of %s keeps to its schema',
    (...args) => {
      const { stdout, stderr } = from('service', ...args, '-o', 'json');
      expect(stderr).toBe('');
      const document = JSON.parse(stdout);
      expect([document.kind, schemaErrors(document)]).toEqual(['ServiceReport', null]);
    },
  );

  test('--node: these nodes only', () => {
    const { stdout } = from('service', 'web', '--node', 'node3', '--node', 'node1', '-o', 'json');
    expect(JSON.parse(stdout).nodes.map(({ node }: { node: string }) => node)).toEqual(['node3', 'node1']);
  });

  test('-o name', () => {
    expect(from('service', 'web', '-o', 'name').stdout).toBe('service/web\n');
  });

  test('-o mermaid and dot: front ends, chains, and each endpoint once with its share', () => {
    const mermaid = from('service', 'web', '--node', 'node1', '-o', 'mermaid').stdout;
    const lines = mermaid.trimEnd().split('\n');
    expect(lines[0]).toBe('flowchart LR');
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}n\d+(\["[^"]*"\]| -->(\|"[^"]*"\|)? n\d+)$/);
    const endpoint = /(n\d+)\["10\.244\.2\.3:8080<br\/>/.exec(mermaid)?.[1];
    const sep = /(n\d+)\["KUBE-SEP-VQGOCFX4X6FWJPNR"\]/.exec(mermaid)?.[1];
    expect(mermaid.match(/10\.244\.2\.3:8080/g)).toHaveLength(1);
    expect(mermaid).toContain(`-->|"33.3 %"| ${sep}\n`);
    expect(mermaid).toMatch(new RegExp(`${sep} -->.* ${endpoint}\n`));
    const dot = from('service', 'web', '--node', 'node1', '-o', 'dot').stdout;
    expect(dot).toMatch(/^digraph \{\n[\s\S]*\n\}\n$/);
    expect(dot.match(/ -> /g)?.length).toBe(mermaid.match(/ -->/g)?.length);
  });

  test('rules that differ are bad news: exit code 1', async () => {
    const { files, index } = await openBundle(snapshot);
    const path = 'nodes/node1/iptables-save.nft';
    const { writeSnapshot } = await import('../../src/collect/snapshot-write.ts');
    const other = (files.get(path) ?? '').replace(/^.*-A KUBE-SERVICES -d 10\.96\.45\.193\/32.*\n/m, '');
    const sections = { ...index.sections, [path]: {} };
    const file = join(folder, 'differs.tar.gz');
    await writeSnapshot(file, { index: { ...index, sections }, files: new Map(files).set(path, other) });
    const { status, stdout, stderr } = netinspect(['service', 'web', '--from', file]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('✗ no-rules: no rule takes packets to it, and it has 3 endpoints; at 10.96.45.193:80/TCP');
  });

  test.each([
    [['service'], 'error: a service name is needed\n'],
    [['service', 'Web'], 'error: "Web" is not a service name\n'],
    [['service', 'nobody'], 'error: service default/nobody is not in the snapshot\nnext: it has: default/kubernetes, '],
    [['service', 'wep'], 'error: service default/wep is not in the snapshot\nnext: did you mean default/web?\n'],
    [['service', 'web', '--node', 'node9'], 'error: node node9 is not in the snapshot\n'],
    [['service', 'default/web', '-n', 'shop'], 'error: default/web and -n shop name two namespaces\n'],
  ])('%j', (args, words) => {
    const { status, stdout, stderr } = from(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

describe('chains', () => {
  test.each([['node1'], ['node3', 'ip/kube-proxy/services'], ['node/node2', 'ip/nat/KUBE-SERVICES', '--evidence']])(
    'JSON of %s keeps to its schema',
    (...args) => {
      const { status, stdout, stderr } = from('chains', ...args, '-o', 'json');
      expect([status, stderr]).toEqual([0, '']);
      const document = JSON.parse(stdout);
      expect([document.kind, schemaErrors(document)]).toEqual(['ChainsReport', null]);
    },
  );

  test('a dump without a cluster: as much as of the node, and the chain alone', () => {
    const all = JSON.parse(netinspect(['chains', '--rules', rules, '-o', 'json']).stdout);
    expect(all.summary).toMatchObject({ opaque: 0, unread: 0 });
    expect(all.summary.rules).toBe(
      all.tables
        .flatMap(({ chains }: { chains: { ruleCount: number }[] }) => chains.map(chain => chain.ruleCount))
        .reduce((a: number, b: number) => a + b),
    );
    const { status, stdout } = netinspect(['chains', 'KUBE-SVC-CDGGSHYLG3RE2FKL', '--rules', rules]);
    expect(status).toBe(0);
    expect(stdout).toContain('ip/nat/KUBE-SVC-CDGGSHYLG3RE2FKL · iptables-nft · default/web:http\n');
  });

  test('a dump that is cut off is read as far as it goes: exit code 4', async () => {
    const text = (await openBundle(snapshot)).files.get('nodes/node1/iptables-save.nft') ?? '';
    const file = join(folder, 'cut.txt');
    writeFileSync(file, text.slice(0, text.length / 2));
    const { status, stdout } = netinspect(['chains', '--rules', file]);
    expect(status).toBe(4);
    expect(stdout).toContain('cut off');
  });

  test.each([
    [['chains'], 'error: a node name is needed\nnext: it has: node1, node2, node3\n'],
    [['chains', 'KUBE-SERVICES'], 'error: KUBE-SERVICES is not a node of the snapshot\n'],
    [
      ['chains', 'node1', 'KUBE-SERVICES'],
      'error: KUBE-SERVICES may be ip/filter/KUBE-SERVICES, ip/nat/KUBE-SERVICES, ',
    ],
    [['chains', 'node1', 'KUBE-SERVICE'], 'error: there is no chain KUBE-SERVICE\nnext: did you mean KUBE-SERVICES'],
    [['chains', 'node9', 'KUBE-SERVICES'], 'error: node node9 is not in the snapshot\n'],
    [['chains', '--rules', 'x'], 'error: --from has no meaning with --rules\n'],
  ])('%j', (args, words) => {
    const { status, stdout, stderr } = from(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  test.each([
    [['chains'], 2, 'error: a node name is needed\n'],
    [['chains', '--rules', '/nonexistent/x'], 2, 'error: /nonexistent/x does not exist\n'],
    [['chains', '--rules', webSnapshot], 2, 'error: '],
    [['chains', 'node1', 'X', '--rules', 'x'], 2, 'error: node1 X: with --rules only a chain can be named\n'],
  ])('without a snapshot: %j', (args, code, words) => {
    const { status, stdout, stderr } = netinspect(args);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
