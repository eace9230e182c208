import { describe, expect, test } from '@jest/globals';
import { parseIpvsadm } from '../../src/parse/ipvsadm.ts';
import { parseNft } from '../../src/parse/nft.ts';
import { section } from '../app/fixture.ts';

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
