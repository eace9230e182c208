import { describe, expect, test } from '@jest/globals';
import { parseAddrs } from '../../src/parse/addr.ts';
import { parseBridgePorts, parseFdb } from '../../src/parse/bridge.ts';
import { parseLinks } from '../../src/parse/link.ts';
import { parseNeighbours } from '../../src/parse/neigh.ts';
import type { Parser } from '../../src/parse/records.ts';
import { parseRoutes } from '../../src/parse/route.ts';
import { parseRules, ruleText } from '../../src/parse/rule.ts';
import { fixture } from './fixture.ts';

const links = parseLinks(fixture('node/link.json')).records;
const link = (name: string) => links.find(record => record.name === name);
const routes4 = parseRoutes('IPv4')(fixture('node/route4.json')).records;
const route = (destination: string) => routes4.find(record => record.destination === destination);

describe('ip -j -d link', () => {
  test.each([
    [
      'lo',
      { index: 1, kind: null, linkType: 'loopback', mtu: 65536, peerIndex: null, peerNetnsId: null, master: null },
    ],
    ['eth0', { kind: 'veth', linkType: 'ether', mtu: 1500, state: 'UP', peerNetnsId: 0, peerName: null }],
    ['cni0', { kind: 'bridge', mtu: 1450, master: null, peerIndex: null, tunnel: expect.anything() }],
    ['vetha', { kind: 'veth', master: 'cni0', hairpin: true, mtu: 1450, peerIndex: 2 }],
    ['vethb', { kind: 'veth', master: 'cni0', hairpin: false }],
    ['ve"c', { kind: 'veth', master: null, hairpin: null }],
    ['flannel.1', { kind: 'vxlan', tunnel: { id: 1, port: 8472, local: '172.31.99.11', remote: null, lower: 'eth0' } }],
  ])('%s', (name, expected) => {
    expect(link(name)).toMatchObject(expected);
  });

  test('the raw text is the whole entry', () => {
    expect(JSON.parse(link('vetha')?.raw ?? '')).toMatchObject({ ifname: 'vetha', linkinfo: { info_kind: 'veth' } });
  });
});

test('ip -j addr: addresses of both families with length and scope', () => {
  const { records } = parseAddrs(fixture('node/addr.json'));
  expect(records.find(({ name }) => name === 'cni0')?.addresses).toEqual([
    { family: 'IPv4', address: '10.244.1.1', prefixLength: 24, scope: 'global' },
    { family: 'IPv6', address: 'fd00:244:0:1::1', prefixLength: 64, scope: 'global' },
    { family: 'IPv6', address: expect.stringMatching(/^fe80::/), prefixLength: 64, scope: 'link' },
  ]);
});

describe('ip -j route', () => {
  test.each([
    [
      'default',
      { type: 'unicast', table: 'main', nextHops: [{ gateway: '172.31.99.1', device: 'eth0' }], source: null },
    ],
    ['10.244.2.0/24', { nextHops: [{ gateway: '10.244.2.0', device: 'flannel.1' }] }],
    ['10.244.3.2/32', { nextHops: [{ gateway: null, device: 've"c' }], scope: 'host' }],
    [
      '10.244.1.0/24',
      { nextHops: [{ gateway: null, device: 'cni0' }], source: '10.244.1.1', protocol: 'kernel', scope: 'link' },
    ],
    ['10.99.0.0/16', { type: 'blackhole', nextHops: [], metric: 5 }],
    ['10.244.1.1/32', { type: 'local', table: 'local' }],
    [
      '10.7.0.0/16',
      {
        table: '512',
        mtu: 1400,
        nextHops: [
          { gateway: '172.31.99.1', device: 'eth0' },
          { gateway: '172.31.99.3', device: 'eth0' },
        ],
      },
    ],
  ])('%s', (destination, expected) => {
    expect(route(destination)).toMatchObject(expected);
  });

  test('a next hop of the other family (RFC 5549)', () => {
    const text = '[{"dst":"default","via":{"family":"inet6","host":"fe80::1"},"dev":"eth0","flags":[]}]';
    expect(parseRoutes('IPv4')(text).records[0]?.nextHops).toEqual([
      { gateway: 'fe80::1', device: 'eth0', weight: 1, dead: false },
    ]);
  });
});

test('ip -j rule: selectors and actions, in the words of ip-rule(8)', () => {
  expect(
    parseRules('IPv4')(fixture('node/rule4.json')).records.map(rule => `${rule.priority}: ${ruleText(rule)}`),
  ).toEqual([
    '0: from all lookup local',
    '512: from 10.244.1.9/32 fwmark 0x80/0xff lookup 512',
    '600: not from 10.0.0.0/8 lookup main suppress_prefixlength 0',
    '32766: from all lookup main',
    '32767: from all lookup default',
  ]);
});

test('ip -j rule: a selector that is not modelled is kept as text', () => {
  const text = '[{"priority":100,"src":"all","ipproto":"udp","dport":53,"l3mdev":null,"table":"5"}]';
  expect(parseRules('IPv4')(text).records[0]?.otherSelectors).toEqual(['ipproto udp', 'dport 53', 'l3mdev']);
});

test('ip -j rule: a range is one selector, in the words of ip-rule(8)', () => {
  const rules = parseRules('IPv4')(fixture('iproute2/rule4.json')).records;
  const selectors = rules.flatMap(rule => (rule.otherSelectors.length > 0 ? [rule.otherSelectors.join(' ')] : []));
  expect(selectors).toEqual([
    'ipproto tcp dport 80 sport 1000-2000',
    'uidrange 0-1000',
    'tos 0x10',
    'suppress_ifgroup 5',
    'ipproto ospf',
    'tun_id 5',
    'l3mdev',
  ]);
});

test.each([
  ['no table and no action', '{"priority":100,"src":"all"}'],
  ['no priority', '{"src":"all","table":"main"}'],
])('ip -j rule: %s is handed back unread', (why, raw) => {
  expect(parseRules('IPv4')(`[${raw}]`).unread).toEqual([{ raw, line: null, why }]);
});

test('ip -j neigh', () => {
  const { records } = parseNeighbours(fixture('node/neigh.json'));
  expect(records).toContainEqual(
    expect.objectContaining({
      address: '10.244.2.0',
      device: 'flannel.1',
      mac: '5e:51:b9:53:3e:4b',
      states: ['PERMANENT'],
    }),
  );
});

test('bridge -j -d link: hairpin of each port', () => {
  const { records } = parseBridgePorts(fixture('node/bridge.json'));
  expect(records.map(({ name, master, hairpin }) => [name, master, hairpin])).toEqual([
    ['vetha', 'cni0', true],
    ['vethb', 'cni0', false],
  ]);
});

test('bridge -j fdb: tunnel end points and learnt addresses', () => {
  const { records } = parseFdb(fixture('node/fdb.json'));
  expect(records.filter(({ remote }) => remote !== null)).toMatchObject([
    { mac: '5e:51:b9:53:3e:4b', device: 'flannel.1', remote: '172.31.99.12', state: 'permanent' },
  ]);
  expect(
    records.filter(({ state, master }) => state === '' && master === 'cni0').map(({ device }) => device),
  ).toContain('vetha');
});

describe('output that is not whole', () => {
  const whole: [string, string, Parser<{ raw: string }>][] = [
    ['link', fixture('node/link.json'), parseLinks],
    ['addr', fixture('node/addr.json'), parseAddrs],
    ['route', fixture('node/route4.json'), parseRoutes('IPv4')],
    ['rule', fixture('node/rule4.json'), parseRules('IPv4')],
    ['neigh', fixture('node/neigh.json'), parseNeighbours],
    ['bridge link', fixture('node/bridge.json'), parseBridgePorts],
    ['bridge fdb', fixture('node/fdb.json'), parseFdb],
  ];

  test.each(whole)('%s cut off at any byte: what arrived whole is kept and the cut is said', (_, text, parse) => {
    const all = parse(text).records.map(({ raw }) => raw);
    for (let length = 1; length < text.trimEnd().length; length += 7) {
      const { records, problem } = parse(text.slice(0, length));
      expect(problem).toMatch(/^not valid JSON: .*kept$/);
      expect(records.map(({ raw }) => raw)).toEqual(all.slice(0, records.length));
    }
  });

  test.each(whole)('%s: an entry of another shape is handed back unread', (_, __, parse) => {
    const { records, unread, problem } = parse('[{"odd":1}, "text", {}]');
    expect(records).toEqual([]);
    expect(problem).toBeNull();
    expect(unread.map(({ raw }) => raw)).toEqual(['{"odd":1}', '"text"']);
  });

  test.each(whole)('%s: no output is an empty list, another document a problem', (_, __, parse) => {
    expect(parse('')).toEqual({ records: [], unread: [], problem: null });
    expect(parse('{"a":[]}').problem).toBe('not a JSON array');
    expect(parse('Error: whatever').problem).toMatch(/^not valid JSON/);
  });
});
