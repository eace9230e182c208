import { describe, expect, test } from '@jest/globals';
import { parseIptablesSave } from '../../src/parse/iptables-save.ts';
import { parseIpvsadm } from '../../src/parse/ipvsadm.ts';
import { parseNft } from '../../src/parse/nft.ts';
import { section } from '../app/fixture.ts';
import { fixture } from './fixture.ts';

describe('iptables-save', () => {
  const { records, unread, problem } = parseIptablesSave(fixture('node/iptables-save.nft'));

  test('tables, chains and where each rule leads, with its line', () => {
    expect({ unread, problem }).toEqual({ unread: [], problem: null });
    expect(
      records.map(({ line, table, chain, ...record }) => [
        line,
        table,
        chain,
        record.kind === 'rule' ? record.target : null,
      ]),
    ).toEqual([
      [3, 'nat', 'PREROUTING', null],
      [4, 'nat', 'INPUT', null],
      [5, 'nat', 'OUTPUT', null],
      [6, 'nat', 'POSTROUTING', null],
      [7, 'nat', 'KUBE-SERVICES', null],
      [8, 'nat', 'PREROUTING', 'KUBE-SERVICES'],
      [9, 'nat', 'OUTPUT', 'KUBE-SERVICES'],
      [10, 'nat', 'POSTROUTING', 'MASQUERADE'],
      [11, 'nat', 'KUBE-SERVICES', 'DNAT'],
    ]);
  });

  test('the raw text is the line itself, quotes included', () => {
    expect(records.at(-1)?.raw).toContain('--comment "a \\"quoted\\" name" -j DNAT');
  });

  test.each([
    ['every line of a legacy node', 'nodes/node2/iptables-save.legacy'],
    ['every line of IPv6', 'nodes/node2/ip6tables-save.legacy'],
    ['every line of an nft node', 'nodes/node1/iptables-save.nft'],
  ])('%s is read', (_, path) => {
    expect(parseIptablesSave(section(path))).toMatchObject({ unread: [], problem: null });
  });

  test.each([
    ['a comment that looks like a target', '-A A -m comment --comment "x -j EVIL" -j GOOD', 'GOOD'],
    ['a goto', '-A A -g OTHER', 'OTHER'],
    ['no target', '[1:2] -A A -m recent --set', null],
  ])('%s', (_, rule, target) => {
    expect(parseIptablesSave(`*nat\n:A - [0:0]\n${rule}\nCOMMIT\n`).records[1]).toMatchObject({
      target,
      line: 3,
    });
  });

  test.each([
    ['*nat\n:A - [0:0]\n-A A -j B', { problem: 'cut off: table nat has no COMMIT', unread: [] }],
    ['-A A -j B\n', { unread: [{ line: 1, why: 'outside a table (no "*TABLE" line before it)' }] }],
    ['*nat\niptables: whatever\nCOMMIT\n', { unread: [{ line: 2, why: 'neither a chain (":") nor a rule ("-A")' }] }],
  ])('%j', (text, expected) => {
    expect(parseIptablesSave(text)).toMatchObject(expected);
  });
});

describe('nft -j list ruleset', () => {
  const { records, unread, problem } = parseNft(section('nodes/node3/nft.json'));
  const named = (kind: string, family: string, name: string) =>
    records.filter(
      record =>
        record.kind === kind && record.family === family && record.table === 'kube-proxy' && record.name === name,
    );

  test('is read whole', () => {
    expect({ unread, problem }).toEqual({ unread: [], problem: null });
  });

  test('a base chain has its hook, a rule leads to the map that it looks up', () => {
    expect(named('chain', 'ip', 'nat-prerouting')[0]?.hook).toBe('prerouting');
    expect(named('rule', 'ip', 'services').flatMap(({ leadsTo }) => leadsTo)).toContain('service-ips');
  });

  test('a map leads to the chains of its elements', () => {
    expect(named('element', 'ip', 'service-ips').flatMap(({ leadsTo }) => leadsTo)).toContainEqual(
      expect.stringMatching(/^service-[A-Z2-7]{8}-shop\/cart\/tcp\/named$/),
    );
  });

  test.each([
    [
      'since 1.36: address and port out of a map',
      {
        dnat: {
          family: 'ip',
          addr: { map: { key: { numgen: {} }, data: { set: [[0, { concat: ['10.0.0.1', 80] }]] } } },
        },
      },
    ],
    ['before: address and port of their own', { dnat: { family: 'ip', addr: '10.0.0.1', port: 80 } }],
    ['address and port joined', { dnat: { family: 'ip', addr: { concat: ['10.0.0.1', 80] } } }],
  ])('DNAT, %s', (_, statement) => {
    const text = JSON.stringify({
      nftables: [{ rule: { family: 'ip', table: 't', chain: 'c', handle: 1, expr: [statement] } }],
    });
    expect(parseNft(text).records[0]?.dnat).toEqual(['10.0.0.1 80']);
  });

  test('cut off: what arrived whole is kept', () => {
    const text = section('nodes/node3/nft.json');
    const cut = parseNft(text.slice(0, text.length / 2));
    expect(cut.problem).toMatch(/^not valid JSON/);
    expect(cut.records.map(({ raw }) => raw)).toEqual(records.slice(0, cut.records.length).map(({ raw }) => raw));
    expect(cut.records.length).toBeGreaterThan(50);
  });
});

// ipvsadm(8), "ipvsadm --save --numeric"; this machine's kernel has no ip_vs (unproven live here).
test('ipvsadm --save --numeric', () => {
  const text = [
    '-A -t 10.96.0.1:443 -s rr',
    '-a -t 10.96.0.1:443 -r 172.31.99.1:6443 -m -w 1',
    '-A -u [fd00:96::a]:53 -s wrr -p 10800',
    '-a -u [fd00:96::a]:53 -r [fd00:244::2]:53 -m -w 0',
    '-A -f 7 -s rr',
    'x',
    '',
  ].join('\n');
  expect(parseIpvsadm(text)).toMatchObject({
    records: [
      { kind: 'virtual', protocol: 'tcp', virtual: '10.96.0.1:443', real: null },
      { kind: 'real', protocol: 'tcp', virtual: '10.96.0.1:443', real: '172.31.99.1:6443' },
      { kind: 'virtual', protocol: 'udp', virtual: '[fd00:96::a]:53' },
      { kind: 'real', protocol: 'udp', real: '[fd00:244::2]:53' },
    ],
    unread: [{ raw: 'x', line: 6 }],
  });
});
