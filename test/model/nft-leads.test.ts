import { describe, expect, test } from '@jest/globals';
import { nftLeads } from '../../src/model/nft-leads.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import { section } from '../app/fixture.ts';

const { records } = parseNftJson(section('nodes/node3/nft.json'));
const leads = (kind: 'rule' | 'set', name: string) =>
  records
    .filter(
      record =>
        record.family === 'ip' &&
        record.kind === kind &&
        (record.kind === 'rule' ? record.chain : record.name) === name,
    )
    .flatMap(nftLeads);

test('a rule leads to the map that it looks up', () => {
  expect(leads('rule', 'services').flatMap(({ to }) => to)).toContain('service-ips');
});

test('each element of a map leads to its chain, and is evidence by itself', () => {
  const found = leads('set', 'service-ips').find(({ to }) =>
    /^service-[A-Z2-7]{8}-shop\/cart\/tcp\/named$/.test(to[0] ?? ''),
  );
  expect(JSON.parse(found?.raw ?? '{}')).toMatchObject({
    element: {
      family: 'ip',
      table: 'kube-proxy',
      name: 'service-ips',
      elem: [[{ concat: expect.any(Array) }, { goto: { target: found?.to[0] } }]],
    },
  });
});

describe('DNAT', () => {
  test.each([
    [
      'since 1.36: address and port out of a map',
      { family: 'ip', addr: { map: { key: { numgen: {} }, data: { set: [[0, { concat: ['10.0.0.1', 80] }]] } } } },
    ],
    ['before: address and port of their own', { family: 'ip', addr: '10.0.0.1', port: 80 }],
    ['address and port joined', { family: 'ip', addr: { concat: ['10.0.0.1', 80] } }],
  ])('%s', (_, dnat) => {
    const rule = { family: 'ip', table: 't', chain: 'c', handle: 1, expr: [{ dnat }] };
    const [record] = parseNftJson(JSON.stringify({ nftables: [{ rule }] })).records;
    expect(record === undefined ? null : nftLeads(record).map(lead => lead.dnat)).toEqual([['10.0.0.1 80']]);
  });
});
