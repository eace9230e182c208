import { describe, expect, test } from '@jest/globals';
import { hostOf, podHostOf } from '../../src/app/host.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { sectionReader } from '../../src/app/sections.ts';
import type { Table } from '../../src/model/rules.ts';
import { fixture } from '../parse/fixture.ts';
import { changed, recorded } from './fixture.ts';

const shape = (tables: readonly Table[]) =>
  tables
    .map(({ backend, family, name, chains }) => [
      backend,
      family,
      name,
      [...chains.values()].reduce((sum, { rules }) => sum + rules.length, 0),
    ])
    .sort();

describe.each(['node1', 'node2', 'node3'])('%s of the recorded snapshot', node => {
  const reader = sectionReader(recorded);
  const host = hostOf(reader, node);
  const sections =
    /\/(ip6?tables-save\.\w+|nft\.json|ipset\.save|ipvsadm\.save|(addr|link|route[46]|rule[46])\.json|sysctl\.txt)$/;
  const files = [...recorded.files]
    .filter(([path]) => path.startsWith(`nodes/${node}/`) && !path.includes('/pods/') && sections.test(path))
    .map(([name, text]) => ({ name, text }));
  const byHand = loadRuleFiles(files, { local: [] }).host;

  test('is the host that its files make by hand', () => {
    expect(shape(host.rules.tables)).toEqual(shape(byHand.rules.tables));
    expect(host.addresses).toEqual(byHand.addresses);
    expect(host.sysctls).toEqual(byHand.sysctls);
    expect([...host.rules.ipsets.keys()]).toEqual([...byHand.rules.ipsets.keys()]);
    for (const family of ['IPv4', 'IPv6'] as const) {
      expect(host.routes[family]?.records).toEqual(byHand.routes[family]?.records);
      expect(host.policies[family]?.records).toEqual(byHand.policies[family]?.records);
    }
    expect(host.links?.records).toEqual(byHand.links?.records);
  });

  test('has its name, and rules', () => {
    expect(host.name).toBe(node);
    expect(shape(host.rules.tables).length).toBeGreaterThan(1);
    expect(host.rules.ipvs).toEqual([]);
  });
});

describe('what a snapshot has not', () => {
  test('a section that is not there is a gap, and nothing is made of it', () => {
    const reader = sectionReader(
      changed({
        'nodes/node1/iptables-save.nft': null,
        'nodes/node1/ipvsadm.save': null,
        'nodes/node1/addr.json': null,
      }),
    );
    const host = hostOf(reader, 'node1');
    expect(host.rules.tables.some(({ family }) => family === 'ip')).toBe(false);
    expect(host.rules.ipvs).toBeNull();
    expect(host.addresses).toBeNull();
    expect(reader.gaps.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(['nodes/node1/iptables-save.nft', 'nodes/node1/ipvsadm.save', 'nodes/node1/addr.json']),
    );
  });

  test("a pod's network namespace: its own interfaces, and no gap for rules that it has not", () => {
    const reader = sectionReader(recorded);
    const host = podHostOf(reader, 'node1', { namespace: 'shop', name: 'cart' });
    expect(host.name).toBe('shop/cart');
    expect(host.links?.records.map(({ name }) => name)).toContain('eth0');
    expect(host.rules).toMatchObject({ tables: [], ipvs: null, recent: null });
    expect(reader.gaps).toEqual([]);
  });
});

describe('IPVS', () => {
  const save = fixture('guest/ipvs/save.txt');
  const servers = (files: Record<string, string | null>) => {
    const reader = sectionReader(changed(files));
    const { ipvs } = hostOf(reader, 'node1').rules;
    return { count: ipvs?.length ?? null, gaps: reader.gaps.filter(({ subject }) => subject.includes('ip')) };
  };

  test('ipvsadm.save', () => {
    expect(servers({ 'nodes/node1/ipvsadm.save': save })).toEqual({ count: 18, gaps: [] });
  });

  test('/proc/net/ip_vs where there was no ipvsadm', () => {
    const files = { 'nodes/node1/ipvsadm.save': null, 'nodes/node1/ip_vs.txt': fixture('guest/ipvs/proc.txt') };
    expect(servers(files)).toEqual({
      count: 18,
      gaps: [{ subject: 'nodes/node1/ipvsadm.save', why: 'not in the snapshot' }],
    });
  });

  test('a server that cannot be taken is a gap', () => {
    expect(servers({ 'nodes/node1/ipvsadm.save': `${save}-A -t 300.0.0.1:80 -s rr\n` })).toEqual({
      count: 18,
      gaps: [
        expect.objectContaining({
          why: expect.stringContaining('not understood: line 32: 300.0.0.1:80 is not an address and a port'),
        }),
      ],
    });
  });
});

test('an entry of a set that cannot be read is a gap, and the set is not known', () => {
  const reader = sectionReader(changed({ 'nodes/node1/ipset.save': 'create a hash:ip family inet\nadd a 10.0.0\n' }));
  expect(hostOf(reader, 'node1').rules.ipsets.get('a')?.elements).toBeNull();
  expect(reader.gaps).toContainEqual({
    subject: 'nodes/node1/ipset.save',
    why: 'not understood: line 2: not an entry of a hash:ip set: add a 10.0.0',
  });
});

describe('lists of xt_recent', () => {
  const list = 'src=10.244.1.5 ttl: 64 last_seen: 4298372732 oldest_pkt: 1 4298372732\n';
  const six = 'src=fd00:0244:0000:0000:0000:0000:0000:0005 ttl: 64 last_seen: 5 oldest_pkt: 1 5\n';

  test('an address that was seen, nobody knows when', () => {
    const files = { 'nodes/node1/xt_recent/KUBE-SEP-A': list, 'nodes/node1/xt_recent/KUBE-SEP-B': `${list}${six}` };
    const { recent } = hostOf(sectionReader(changed(files)), 'node1').rules;
    expect(recent?.get('KUBE-SEP-A')).toEqual(new Map([[0x0af40105n, null]]));
    expect([...(recent?.get('KUBE-SEP-B')?.keys() ?? [])]).toEqual([0x0af40105n, 0xfd000244000000000000000000000005n]);
  });

  test('a node without any: not known', () => {
    expect(hostOf(sectionReader(recorded), 'node3').rules.recent).toBeNull();
  });
});
