import { describe, expect, test } from '@jest/globals';
import { parseConntrack } from '../../src/parse/conntrack.ts';
import { fixture } from './fixture.ts';

const { records, unread } = parseConntrack(fixture('node/conntrack.txt'));

describe('conntrack -L -o extended', () => {
  test('every line is read', () => {
    expect(unread).toEqual([]);
    expect(records).toHaveLength(fixture('node/conntrack.txt').trimEnd().split('\n').length);
  });

  test('TCP with DNAT, flags and mark', () => {
    expect(records.find(({ mark }) => mark === 5)).toMatchObject({
      family: 'IPv4',
      protocol: 'tcp',
      state: 'ESTABLISHED',
      original: { source: '10.244.1.2', destination: '10.96.0.20', sourcePort: 4000, destinationPort: 443 },
      reply: { source: '10.244.2.7', destination: '10.244.1.0', sourcePort: 8443, destinationPort: 4000 },
      flags: ['ASSURED'],
      zone: null,
    });
  });

  test('ICMP has no ports and no state; [UNREPLIED] stands between the tuples', () => {
    expect(records.find(({ protocol }) => protocol === 'icmp')).toMatchObject({
      state: null,
      original: { source: '10.244.1.3', destination: '10.244.1.1', sourcePort: null, destinationPort: null },
      reply: { source: '10.244.1.1', destination: '10.244.1.3' },
      flags: ['UNREPLIED'],
    });
  });

  test('a protocol without a name is its number', () => {
    const line =
      'ipv4     2 unknown  2 599 src=10.0.0.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.0.0.1 mark=0 use=1';
    expect(parseConntrack(line).records[0]).toMatchObject({ protocol: '2', timeout: 599 });
  });
});

test('/proc/net/nf_conntrack tells the same of the same moment, and the zone', () => {
  const proc = parseConntrack(fixture('node/nf_conntrack')).records;
  const essence = (list: typeof proc) =>
    list.map(({ raw: _, line: __, zone: ___, timeout: ____, ...rest }) => JSON.stringify(rest)).sort();
  // The tool adds IPv6 entries in a second run, /proc has both.
  const ipv4 = (list: typeof proc) => list.filter(({ family }) => family === 'IPv4');
  expect(essence(ipv4(proc))).toEqual(essence(ipv4(records)));
  expect(new Set(proc.map(({ zone }) => zone))).toEqual(new Set([0]));
});

test.each([
  [
    'the default form, without family',
    'tcp      6 86389 ESTABLISHED src=a dst=b sport=1 dport=2 src=b dst=a sport=2 dport=1 [ASSURED] mark=0 use=1',
    { protocol: 'tcp', timeout: 86389, state: 'ESTABLISHED' },
  ],
  [
    'accounting',
    'udp 17 29 src=a dst=b sport=1 dport=2 packets=1 bytes=60 src=b dst=a sport=2 dport=1 packets=0 bytes=0 mark=0 use=1',
    { original: { source: 'a', destination: 'b', sourcePort: 1, destinationPort: 2 } },
  ],
  [
    'an offloaded flow has no timeout',
    'ipv4 2 tcp 6 src=a dst=b sport=1 dport=2 src=b dst=a sport=2 dport=1 [OFFLOAD] mark=0 zone=3 use=2',
    { timeout: null, flags: ['OFFLOAD'], zone: 3, state: null },
  ],
])('%s', (_, line, expected) => {
  expect(parseConntrack(line).records[0]).toMatchObject(expected);
});

test.each([
  ['ipv4 2 tcp 6 86389 ESTABLISHED src=a dst=b sport=1 dport=2 src=b', 'not two complete tuples'],
  ['conntrack is broken', 'no protocol number'],
])('%s is handed back unread', (raw, why) => {
  expect(parseConntrack(raw)).toEqual({ records: [], unread: [{ raw, line: 1, why }], problem: null });
});
