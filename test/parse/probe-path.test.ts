import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parsePathMtu } from '../../src/parse/path-mtu.ts';
import { parseTraceroute } from '../../src/parse/traceroute.ts';

/** What ping and traceroute said on the test cluster, and in a namespace that drops large packets without a word. */

const read = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', 'probe', `${name}.txt`), 'utf8');

test.each([
  ['a path that carries what the interface does', 'mtu-whole', { bytes: 1450, isSilent: false, saidBy: null }],
  ['a path that is smaller, and says so', 'mtu-told', { bytes: 1430, isSilent: false }],
  ['a path that loses larger packets without a word', 'mtu-silent', { bytes: 1400, isSilent: true, saidBy: null }],
  ['nobody answers', 'mtu-lost', { bytes: null, isSilent: false, saidBy: null }],
])('%s', (_title, name, found) => {
  expect(parsePathMtu(read(name))).toMatchObject({ ...found, interfaceMtu: 1450 });
});

test.each([
  ['the hops to a pod', 'traceroute', ['10.244.1.1', '10.244.2.0', '10.244.2.2']],
  ['hops that do not answer', 'traceroute-lost', ['10.244.1.1', '10.244.2.0', null, null]],
])('%s', (_title, name, addresses) => {
  const hops = parseTraceroute(read(name));
  expect(hops.map(({ address }) => address)).toEqual(addresses);
  expect(hops.map(({ number }) => number)).toEqual(addresses.map((_, index) => index + 1));
  for (const { address, latencyMs } of hops) expect(latencyMs === null).toBe(address === null);
});

test('a hop that refuses is told by its sign', () => {
  expect(parseTraceroute(' 3  10.0.0.1  1.5 ms !H\n')).toEqual([
    { number: 3, address: '10.0.0.1', latencyMs: 1.5, error: 'host unreachable' },
  ]);
});
