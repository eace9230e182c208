import { describe, expect, test } from '@jest/globals';
import { conntrackOf } from '../../src/model/conntrack.ts';
import { parseConntrack } from '../../src/parse/conntrack.ts';
import { fixture } from '../parse/fixture.ts';
import { whole } from './fixture.ts';

const section = whole(parseConntrack(fixture('node/conntrack.txt')).records);

describe('NAT in connections of 10.244.1.2', () => {
  const entries = conntrackOf(section, ['10.244.1.2']) ?? [];
  const to = (destination: string, port: number) =>
    entries.find(({ original }) => original.destination === destination && original.destinationPort === port);

  test.each([
    [
      'through a service to it, its node masquerading',
      '10.96.0.10',
      80,
      { address: '10.244.1.2', port: 8083 },
      { address: '10.244.1.1', port: expect.any(Number) },
    ],
    [
      'from it through a service to another node',
      '10.96.0.20',
      443,
      { address: '10.244.2.7', port: 8443 },
      { address: '10.244.1.0', port: 4000 },
    ],
    ['straight to it', '10.244.1.2', 8083, null, null],
    ['UDP that nobody answered', '10.244.1.2', 5999, null, null],
  ])('%s', (_, destination, port, dnat, snat) => {
    // The masqueraded source keeps its port, so that only its address tells.
    expect(to(destination, port)).toMatchObject({ dnat, snat });
  });

  test('entries of others are left out', () => {
    expect(entries.some(({ protocol }) => protocol === 'icmp')).toBe(false);
  });
});

test('an IPv6 address matches in the full form of /proc', () => {
  const line =
    'ipv6     10 tcp      6 9 ESTABLISHED src=fd00:0244:0000:0001:0000:0000:0000:0002 dst=fd00:0096:0000:0000:0000:0000:0000:3266 sport=1 dport=80 src=fd00:0244:0000:0003:0000:0000:0000:0003 dst=fd00:0244:0000:0001:0000:0000:0000:0002 sport=8080 dport=1 [ASSURED] mark=0 zone=0 use=2';
  expect(conntrackOf(whole(parseConntrack(line).records), ['fd00:244:0:1::2'])).toMatchObject([
    {
      family: 'IPv6',
      original: { source: 'fd00:244:0:1::2', destination: 'fd00:96::3266' },
      dnat: { address: 'fd00:244:0:3::3', port: 8080 },
      snat: null,
    },
  ]);
});

test('a table that was not read is not an empty one', () => {
  expect(conntrackOf({ ...section, records: [], state: 'absent' }, ['10.244.1.2'])).toBeNull();
});
