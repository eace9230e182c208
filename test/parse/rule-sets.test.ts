import { describe, expect, test } from '@jest/globals';
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
