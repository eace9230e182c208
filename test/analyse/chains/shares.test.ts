import { describe, expect, test } from '@jest/globals';
import { sharesIn } from '../../../src/analyse/chains/shares.ts';
import { openSaved } from '../../../src/app/open.ts';
import { openNode } from '../../../src/app/screen.ts';
import { iptablesTables } from '../../../src/model/backends/iptables.ts';
import type { Table } from '../../../src/model/rules.ts';
import { parseIptables } from '../../../src/parse/iptables.ts';

function table(...rules: string[]): Table {
  const chains = ['X', 'END', 'TCP', 'BACK', 'MARK'].map(name => `:${name} - [0:0]\n`).join('');
  const ends = [
    '-A END -s 10.0.0.1/32 -j MARK',
    '-A END -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80',
    '-A BACK -s 10.0.0.1/32 -j RETURN',
    '-A MARK -j MARK --set-xmark 0x4000/0x4000',
  ];
  const own = rules.map(rule => `-A X ${rule}`);
  const [first] = iptablesTables(parseIptables(`*nat\n${chains}${[...ends, ...own].join('\n')}\nCOMMIT\n`), {
    family: 'ip',
    file: 'x',
  });
  if (first === undefined) throw new Error('no table');
  return first;
}

const third = '-m statistic --mode random --probability 0.33333333349';
const half = '-m statistic --mode random --probability 0.50000000000';

function shares(of: Table, name: string): Record<number, string | undefined> {
  const chain = of.chains.get(name);
  if (chain === undefined) throw new Error(`no chain ${name}`);
  return Object.fromEntries(
    [...sharesIn(of, chain)].map(([index, { share, splits }]) => [
      index + 1,
      [share?.toFraction() ?? '?', ...splits.map(({ chance }) => chance.toFraction())].join(' '),
    ]),
  );
}

describe('the shares of an iptables chain', () => {
  test.each<[string, string[], Record<number, string>]>([
    [
      'each takes its part of what is left',
      [`${third} -j END`, `${half} -j END`, '-j END'],
      { 1: '1/3', 2: '1/3', 3: '1/3' },
    ],
    [
      'rules before the choice have none',
      ['! -s 10.0.0.0/8 -j MARK', `${half} -j END`, '-j END'],
      { 2: '1/2', 3: '1/2' },
    ],
    ['a chain without a choice has none', ['-d 10.0.0.1/32 -j END', '-j END'], {}],
    ['what lets packets go on takes none', [`${half} -j BACK`, `${half} -j END`, '-j END'], { 2: '1/2', 3: '1/2' }],
    [
      'a choice that asks for more leaves the rest not known',
      [`${third} -j END`, `-s 10.0.0.0/8 ${half} -j END`, '-j END'],
      { 1: '1/3', 3: '?' },
    ],
    ['a chain that is not there takes none', [`${half} -j GONE`, `${half} -j END`], { 2: '1/2' }],
  ])('%s', (_what, rules, expected) => {
    expect(shares(table(...rules), 'X')).toEqual(expected);
  });
});

test.each([
  ['node1', 'nat', 'a service', 'KUBE-SVC-67NZLRHBNDSAWJRO', { 2: '1/3', 3: '1/3', 4: '1/3' }],
  ['node1', 'nat', 'one with affinity', 'KUBE-SVC-KX76ZEFEVBCGOIKA', { 5: '1/3', 6: '1/3', 7: '1/3' }],
  ['node1', 'nat', 'all services', 'KUBE-SERVICES', {}],
  ['node3', 'kube-proxy', 'a random map', 'service-HEMFCTCM-shop/web-node-port/tcp/http', { 1: '1 1/3 1/3 1/3' }],
  ['node3', 'kube-proxy', 'one with affinity', 'service-LF4BAU7I-shop/web-sticky/tcp/http', { 4: '1 1/3 1/3 1/3' }],
])('on %s, %s, %s', async (node, name, _what, chain, expected) => {
  const { rules } = openNode(await (await openSaved('demo')).collect({ pods: [], nodes: [] }), node);
  const of = rules.tables.find(each => each.name === name && each.family === 'ip');
  if (of === undefined) throw new Error(`no table ${name}`);
  expect(shares(of, chain)).toEqual(expected);
});
