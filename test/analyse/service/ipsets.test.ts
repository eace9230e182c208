import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { inIpset } from '../../../src/analyse/service/ipsets.ts';
import { parsePrefix } from '../../../src/model/address.ts';
import { ipsets } from '../../../src/model/backends/ipset.ts';
import { parseIpset } from '../../../src/parse/ipset.ts';

/** `ipset save` of a real kernel (test/parse/fixtures/guest/record.sh). */
const file = new URL('../../parse/fixtures/guest/ipset/save.txt', import.meta.url);
const text = readFileSync(file, 'utf8');
const { sets } = ipsets(parseIpset(text).records, { file: 'ipset.save' });

const both = ['dst', 'dst'] as const;

/** The source of a packet to a front end is never known. */
const cases: [
  set: string,
  directions: readonly ('src' | 'dst')[],
  to: string,
  protocol: 'tcp' | 'udp',
  port: number,
  inside: boolean | null,
][] = [
  ['hipport', both, '10.0.0.1', 'tcp', 80, true],
  ['hipport', both, '10.0.0.1', 'udp', 80, false],
  ['hipport', both, '10.0.0.2', 'tcp', 80, false],
  ['hipport6', both, 'fd00::1', 'tcp', 80, true],
  ['hip', ['dst'], '10.9.9.9', 'tcp', 80, true],
  ['hip', ['src'], '10.9.9.9', 'tcp', 80, null],
  ['bport', ['dst'], '10.0.0.1', 'udp', 1003, true],
  ['bport', ['dst'], '10.0.0.1', 'udp', 1004, false],
  ['hnet', ['dst'], '10.1.2.3', 'tcp', 80, true],
  ['hnet', ['dst'], '10.2.0.1', 'tcp', 80, false],
  ['hipportip', ['dst', 'dst', 'src'], '10.0.0.1', 'tcp', 80, null],
  ['hipportip', ['dst', 'dst', 'src'], '10.0.0.1', 'tcp', 81, false],
  ['hipportnet', ['dst', 'dst', 'src'], '10.0.0.1', 'udp', 53, null],
  ['lset', ['dst'], '10.9.9.10', 'tcp', 80, true],
  ['lset', ['dst'], '172.16.0.1', 'tcp', 80, false],
  ['hipmark', both, '10.0.0.1', 'tcp', 80, null],
  ['empty', ['dst'], '10.0.0.1', 'tcp', 80, false],
  ['nowhere', ['dst'], '10.0.0.1', 'tcp', 80, null],
];

describe('whether a packet to a front end is in an ipset', () => {
  test.each(cases)('%s %j: %s %s %i is %s', (set, directions, to, protocol, port, inside) => {
    const prefix = parsePrefix(to);
    if (prefix === null) throw new Error(to);
    const packet = { family: prefix.family, daddr: prefix.value, local: null, protocol, port: BigInt(port) };
    expect(inIpset(sets, set, directions, packet)).toBe(inside);
  });
});
