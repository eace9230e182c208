import { describe, expect, test } from '@jest/globals';
import { nodeReport } from '../../src/app/node.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { changed, recorded, section } from './fixture.ts';

const report = (name: string, snapshot: Snapshot = recorded) => nodeReport(snapshot, name, { evidence: false });

describe('the three nodes', () => {
  test.each([
    ['node1', 'iptables', ['iptables-nft'], ['cni0'], '10-flannel.conflist', ['flannel', 'portmap']],
    ['node2', 'iptables', ['iptables-legacy'], ['cni0'], '10-flannel.conflist', ['flannel', 'portmap']],
    ['node3', 'nftables', ['nftables'], [], '10-ptp.conflist', ['ptp', 'portmap']],
  ])('%s: kube-proxy mode %s in %j', (name, mode, backends, bridges, file, plugins) => {
    const node = report(name);
    expect(node).toMatchObject({ kubeProxy: { mode, backends }, cni: { file, plugins }, notes: [], gaps: [] });
    expect(node.bridges.map(bridge => bridge.name)).toEqual(bridges);
    expect(node.overlays.map(({ device }) => device)).toEqual(['flannel.1', 'flannel-v6.1']);
  });

  test('what the API says of it', () => {
    expect(report('node1').node).toMatchObject({
      ips: ['172.31.99.11', 'fd99::11'],
      podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'],
      ready: true,
    });
  });

  test('interfaces, bridge ports, rules, routes of every table but local', () => {
    const node = report('node1');
    expect(node.interfaces.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['lo', 'eth0', 'cni0', 'flannel.1']),
    );
    expect(node.bridges[0]?.members).toEqual(
      node.interfaces.filter(({ master }) => master === 'cni0').map(({ name }) => name),
    );
    expect(node.rules.map(({ family, text }) => `${family} ${text}`)).toContain('IPv4 from all lookup main');
    expect(node.routes.map(({ table }) => table)).not.toContain('local');
    expect(node.routes).toContainEqual(
      expect.objectContaining({ destination: 'default', gateway: '172.31.99.1', interface: 'eth0' }),
    );
  });

  test('sysctls and the use of the conntrack table', () => {
    const node = report('node1');
    expect(node.sysctls['net.ipv4.ip_forward']).toBe('1');
    const count = /nf_conntrack_count = (\d+)/.exec(section('nodes/node1/sysctl.txt'))?.[1];
    expect(node.conntrack).toMatchObject({
      count: Number(count),
      max: Number(node.sysctls['net.netfilter.nf_conntrack_max']),
    });
  });
});

test('the CNI configuration that counts is the first by name', () => {
  const first = '{"name":"a","type":"bridge"}';
  const more = changed({ 'nodes/node1/cni/00-first.conf': first, 'nodes/node1/cni/00-a.txt': 'x' });
  expect(report('node1', more).cni).toMatchObject({ file: '00-first.conf', name: 'a', plugins: ['bridge'] });
});

test('a first CNI configuration that cannot be read is said, not skipped', () => {
  const node = report('node1', changed({ 'nodes/node1/cni/00-first.conf': '{' }));
  expect(node.cni).toBeNull();
  expect(node.gaps).toMatchObject([
    { subject: 'nodes/node1/cni/00-first.conf', why: expect.stringContaining('not valid JSON') },
  ]);
});

test('made by hand from one iptables-save: its rules count, the rest is not known', () => {
  const path = 'nodes/mine/iptables-save.nft';
  const index: Snapshot['index'] = {
    apiVersion: 'netinspect/v1',
    kind: 'Snapshot',
    time: '2026-01-01T00:00:00Z',
    targets: { pods: [], nodes: [] },
    sections: {},
    failures: [],
  };
  const node = report('mine', { index, files: new Map([[path, section('nodes/node1/iptables-save.nft')]]) });
  expect(node).toMatchObject({
    kubeProxy: { mode: 'iptables', backends: ['iptables-nft'] },
    interfaces: [],
    conntrack: null,
    node: { ready: null },
  });
  expect(node.gaps).toContainEqual({ subject: 'nodes/mine/link.json', why: 'not in the snapshot' });
});

test('each fact has its evidence', () => {
  const node = nodeReport(recorded, 'node1', { evidence: true });
  const { interfaces, bridges, routes, rules, overlays } = node;
  const facts = [node.node, node.cni, node.kubeProxy, node.conntrack, interfaces, bridges, routes, rules, overlays];
  for (const fact of facts.flat()) {
    expect(fact?.evidence?.length).toBeGreaterThan(0);
    for (const { section: path, raw } of fact?.evidence ?? []) {
      expect(recorded.files.has(path)).toBe(true);
      expect(raw).not.toBe('');
    }
  }
});

test('a node that is not in the snapshot', () => {
  expect(() => report('nosuch')).toThrow(
    expect.objectContaining({ code: 'node-not-in-snapshot', next: 'nodes in it: node1, node2, node3' }),
  );
});

test('no section of it makes the report throw, cut in half or replaced by garbage', () => {
  const used = [...recorded.files].filter(([path]) => /^nodes\/node3\/[^/]+$|^cluster\/nodes/.test(path));
  for (const [path, text] of used) {
    for (const spoilt of [text.slice(0, text.length / 2), '\u0000{"a":', '[[[[']) {
      expect(() => report('node3', changed({ [path]: spoilt }))).not.toThrow();
    }
  }
});
