import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { fileChains, nodeChains, nodeOrChain } from '../../src/app/chains.ts';
import type { ChainDetail, ChainMeaning } from '../../src/model/chains-report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { changed, recorded, section } from './fixture.ts';

const all = (node: string, snapshot: Snapshot = recorded) =>
  nodeChains(snapshot, node, { chain: null, evidence: false });

function one(node: string, name: string, snapshot: Snapshot = recorded): ChainDetail {
  const [chain] = nodeChains(snapshot, node, { chain: name, evidence: false }).chains ?? [];
  if (chain === undefined) throw new Error(`no chain ${name}`);
  return chain;
}

const sep = 'KUBE-SEP-UIQK3OSOSTRHRPBX';
const web: ChainMeaning = { role: 'service', service: 'default/web:http', protocol: 'TCP', endpoint: null, by: 'api' };

describe('all chains of a node', () => {
  test.each([
    ['node1', 'iptables-nft', 'iptables-save.nft', 'ip6tables-save.nft'],
    ['node2', 'iptables-legacy', 'iptables-save.legacy', 'ip6tables-save.legacy'],
  ])('%s: each chain and rule of %s is there', (node, backend, ...files) => {
    const report = all(node);
    const texts = files.map(file => section(`nodes/${node}/${file}`)).join('');
    const count = (pattern: RegExp) => texts.match(pattern)?.length;
    expect(new Set(report.tables.map(table => table.backend))).toEqual(new Set([backend]));
    expect(report.tables.flatMap(({ chains }) => chains)).toHaveLength(count(/^:/gm) ?? 0);
    const rules = count(/^(\[\d+:\d+\] )?-A /gm);
    expect(report.summary).toEqual({ lines: count(/^/gm), rules, opaque: 0, unread: 0 });
    expect(report.tables.flatMap(({ chains }) => chains).reduce((sum, { ruleCount }) => sum + ruleCount, 0)).toBe(
      rules,
    );
  });

  test('node3: nftables, and what kubelet keeps in iptables', () => {
    const report = all('node3');
    const { nftables } = JSON.parse(section('nodes/node3/nft.json')) as { nftables: object[] };
    const own = report.tables.filter(({ backend }) => backend === 'nftables');
    expect(own.flatMap(({ chains }) => chains)).toHaveLength(nftables.filter(each => 'chain' in each).length);
    expect(own.flatMap(({ sets }) => sets)).toHaveLength(
      nftables.filter(each => 'set' in each || 'map' in each).length,
    );
    expect(report.tables.map(({ backend }) => backend)).toContain('iptables-nft');
    expect(report.summary).toMatchObject({ opaque: 0, unread: 0 });
  });

  test('hooks, priorities and policies', () => {
    const nat = all('node1').tables.find(({ family, name }) => family === 'ip' && name === 'nat');
    expect(nat?.chains.find(({ name }) => name === 'PREROUTING')).toMatchObject({
      hook: { type: 'nat', name: 'prerouting', priority: -100, policy: 'accept' },
    });
    expect(nat?.chains.find(({ name }) => name === 'KUBE-SERVICES')?.hook).toBeNull();
  });
});

describe("names are recovered from kube-proxy's hashes", () => {
  const hashed = /^KUBE-(SVC|EXT|SVL|SEP)-|^(service|external|endpoint)-[A-Z2-7]{8}-/;
  const meanings = (node: string, snapshot?: Snapshot) =>
    all(node, snapshot).tables.flatMap(({ chains }) => chains.filter(({ name }) => hashed.test(name)));

  test.each(['node1', 'node2', 'node3'])('%s: every one', node => {
    expect(meanings(node).length).toBeGreaterThan(30);
    expect(meanings(node).filter(({ meaning }) => meaning === null)).toEqual([]);
  });

  test('without the API, from comments that the hash confirms', () => {
    const alone = changed({ 'cluster/services.json': null, 'cluster/endpointslices.json': null });
    const byApi = new Map(meanings('node1').map(({ name, meaning }) => [name, meaning]));
    for (const { name, meaning } of meanings('node1', alone)) {
      const told = byApi.get(name);
      expect(meaning).toMatchObject({
        role: told?.role,
        service: told?.service,
        protocol: told?.protocol,
        by: 'comment',
      });
    }
  });

  test('without the API, a comment that the hash does not confirm says nothing', () => {
    const path = 'nodes/node1/iptables-save.nft';
    const lies = section(path).replaceAll('default/web:http', 'default/lie:http');
    const alone = changed({ 'cluster/services.json': null, 'cluster/endpointslices.json': null, [path]: lies });
    expect(one('node1', 'ip/nat/KUBE-SVC-CDGGSHYLG3RE2FKL', alone).meaning).toBeNull();
  });

  test('comments are not needed (clusters over 1,000 endpoints have none)', () => {
    const path = 'nodes/node1/iptables-save.nft';
    const bare = section(path).replace(/ -m comment --comment "[^"]*"/g, '');
    const chain = one('node1', 'ip/nat/KUBE-SVC-CDGGSHYLG3RE2FKL', changed({ [path]: bare }));
    expect(chain.meaning).toEqual(web);
    expect(chain.rules[1]?.targets).toEqual([
      {
        chain: sep,
        meaning: {
          ...web,
          role: 'endpoint',
          endpoint: { address: '10.244.1.2', port: 8080, pod: 'default/web-8fdffd5df-skr6x', node: 'node1' },
        },
      },
    ]);
  });

  test('the endpoint of an IPv6 chain of nftables', () => {
    const chain = one('node3', 'endpoint-DDBKQTWD-shop/routed/tcp/http__fd00.244.0.3..3/8080');
    expect(chain.meaning).toMatchObject({
      service: 'shop/routed:http',
      endpoint: { address: 'fd00:244:0:3::3', port: 8080 },
      by: 'name',
    });
  });
});

describe('one chain', () => {
  test('its rules in words, with counters and where they stand', () => {
    const path = 'nodes/node1/iptables-save.nft';
    const chain = one('node1', 'ip/nat/KUBE-POSTROUTING');
    expect(chain.rules.map(({ when, effects }) => [...when, ...effects])).toEqual([
      ['mark & 0x4000 not 0x4000', 'return'],
      ['set mark bits 0x4000'].map(() => 'flip mark bits 0x4000'),
      ['masquerade'],
    ]);
    for (const { line, counters } of chain.rules) {
      const text = section(path).split('\n')[(line ?? 0) - 1];
      expect(text).toContain('-A KUBE-POSTROUTING');
      expect(text).toContain(`[${counters?.packets}:${counters?.bytes}]`);
    }
  });

  test('iptables: who leads to it', () => {
    const { callers } = one('node1', `ip/nat/${sep}`);
    expect(callers).toMatchObject([
      { chain: 'KUBE-SVC-CDGGSHYLG3RE2FKL', map: null, number: 2, when: ['random 1 in 3'] },
    ]);
  });

  test('nftables: map elements lead to it as well, and the maps that it looks up are shown', () => {
    const { callers } = one('node3', 'ip/kube-proxy/external-GCGJYZ2R-default/web-nodeport/tcp/http');
    expect(callers.map(({ chain, map }) => chain ?? `@${map}`)).toEqual(['@service-nodeports']);
    const services = one('node3', 'ip/kube-proxy/services');
    expect(services.callers.map(({ chain }) => chain)).toEqual(['nat-prerouting', 'nat-output']);
    expect(services.maps.map(({ name }) => name)).toEqual(['service-ips', 'service-nodeports']);
    expect(services.maps[1]?.elements).toContainEqual({
      key: 'TCP . 30080',
      effect: '→ external-GCGJYZ2R-default/web-nodeport/tcp/http (goto)',
    });
  });

  test('the raw rule, when evidence is asked for', () => {
    const { chains } = nodeChains(recorded, 'node2', { chain: 'ip/nat/KUBE-MARK-MASQ', evidence: true });
    expect(chains?.[0]?.rules[0]?.raw).toContain('-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000');
  });

  test.each([
    ['KUBE-MARK-MASQ', 'may be ip/nat/KUBE-MARK-MASQ, ip6/nat/KUBE-MARK-MASQ'],
    ['ip/nat/KUBE-MARK-MASK', 'there is no chain ip/nat/KUBE-MARK-MASK'],
    ['ip/filter/KUBE-MARK-MASQ', 'there is no chain ip/filter/KUBE-MARK-MASQ'],
  ])('%s: %s', (name, message) => {
    expect(() => one('node1', name)).toThrow(message);
  });
});

describe('what one word means in a snapshot', () => {
  const only: Snapshot = {
    ...recorded,
    index: { ...recorded.index, targets: { pods: [], nodes: [] } },
    files: new Map([...recorded.files].filter(([path]) => !/^nodes\/node[23]\//.test(path))),
  };

  test.each([
    [recorded, 'node2', { node: 'node2', chain: null }],
    [recorded, 'node/node2', { node: 'node2', chain: null }],
    [only, 'KUBE-SERVICES', { node: 'node1', chain: 'KUBE-SERVICES' }],
    [only, null, { node: 'node1', chain: null }],
  ])('%#', (snapshot, word, expected) => {
    expect(nodeOrChain(snapshot, word)).toEqual(expected);
  });

  test('of several nodes one has to be named', () => {
    expect(() => nodeOrChain(recorded, 'KUBE-SERVICES')).toThrow('KUBE-SERVICES is not a node of the snapshot');
    expect(() => nodeOrChain(recorded, null)).toThrow('a node name is needed');
  });
});

describe('rule files', () => {
  const file = fileURLToPath(new URL('../parse/fixtures/node/iptables-save.nft', import.meta.url));

  test('a dump without a cluster', async () => {
    const report = await fileChains([file], { chain: null, evidence: false });
    expect(report).toMatchObject({ node: null, time: null, chains: null, gaps: [] });
    expect(report.tables.every(table => table.file === file)).toBe(true);
  });

  test('a file that is not there', async () => {
    await expect(fileChains(['/nonexistent/x'], { chain: null, evidence: false })).rejects.toThrow('does not exist');
  });

  test('what is wrong with a file is said of that file, which is named once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netinspect-chains-'));
    const names = ['a.save', 'b.save'].map(name => join(folder, name));
    try {
      for (const name of names) await writeFile(name, '*filter\n-A FORWARD -j A\n[SNIP!]\nCOMMIT\n');
      const { gaps } = await fileChains(names, { chain: null, evidence: false });
      const why = 'not understood: line 3: stands for lines that were left out: [SNIP!]';
      expect(gaps.slice(0, 2)).toEqual(names.map(subject => ({ subject, why })));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
