import { describe, expect, test } from '@jest/globals';
import type { AddressNames } from '../../src/model/address-names.ts';
import { addressOf, type ProbeFacts, probeOf } from '../../src/model/probes.ts';
import type { PathOutcome } from '../../src/model/trace-report.ts';
import { parseConntrack } from '../../src/parse/conntrack.ts';

/** Who answered, held against the shares of a trace. */

const names: AddressNames = { name: address => `pod/${address}`, front: () => null };

function way(to: string, share: number | null, over: Partial<PathOutcome> = {}): PathOutcome {
  return {
    probability: null,
    share,
    verdict: 'accept',
    dnat: true,
    to,
    snat: null,
    rejectWith: null,
    unknown: [],
    assumed: [],
    end: null,
    hops: [],
    ...over,
  };
}

/** Connections from 10.244.1.5 to 10.96.0.1:80 that the endpoints answered, so many each; further ones failed. */
function facts(outcomes: PathOutcome[], answered: Record<string, number>, failed = 0, over: Partial<ProbeFacts> = {}) {
  const ends = Object.entries(answered).flatMap(([end, count]) => Array.from({ length: count }, () => end));
  const lines = ends.map((end, index) => {
    const [ip, port] = end.split(':');
    return `tcp 6 119 TIME_WAIT src=10.244.1.5 dst=10.96.0.1 sport=${61_000 + index} dport=80 src=${ip} dst=10.244.1.5 sport=${port} dport=${61_000 + index} [ASSURED] use=1`;
  });
  const attempt = (index: number, failure: string | null) => ({
    sourcePort: 61_000 + index,
    failure,
    latencyMs: failure === null ? index + 1 : null,
    status: null,
    totalMs: null,
  });
  return probeOf({
    path: {
      direction: 'request',
      family: 'IPv4',
      node: 'node1',
      packet: { source: '10.244.1.5', destination: '10.96.0.1', protocol: 'tcp', port: 80 },
      outcomes,
    },
    protocol: 'tcp',
    httpPath: null,
    attempts: [
      ...ends.map((_end, index) => attempt(index, null)),
      ...Array.from({ length: failed }, (_, index) => attempt(ends.length + index, 'Connection refused')),
    ],
    entries: parseConntrack(lines.join('\n')).records,
    names,
    isSticky: false,
    ...over,
  });
}

const halves = [way('10.0.0.1:80', 0.5), way('10.0.0.2:80', 0.5)];

describe('what answered', () => {
  test.each([
    ['as the shares have it: agrees', facts(halves, { '10.0.0.1:80': 55, '10.0.0.2:80': 45 }), 'agrees'],
    ['all at one of two: differs', facts(halves, { '10.0.0.1:80': 100 }), 'differs'],
    ['all at one of two, too few to tell: agrees', facts(halves, { '10.0.0.1:80': 10 }), 'agrees'],
    ['somebody that no rule leads to: differs', facts(halves, { '10.0.0.1:80': 5, '10.0.0.9:80': 1 }), 'differs'],
    [
      'though the rules drop: differs',
      facts([way('10.0.0.1:80', 1, { verdict: 'drop' })], { '10.0.0.1:80': 1 }),
      'differs',
    ],
    ['nobody, as the rules reject: agrees', facts([way('10.96.0.1:80', 1, { verdict: 'reject' })], {}, 3), 'agrees'],
    ['nobody, though the rules accept: not tested', facts(halves, {}, 3), 'not tested'],
    [
      'where the rules leave something open: not tested',
      facts([way('10.0.0.1:80', null), way('10.0.0.2:80', null)], { '10.0.0.1:80': 50 }),
      'not tested',
    ],
    [
      'where a client stays with its endpoint: not tested',
      facts(halves, { '10.0.0.1:80': 100 }, 0, { isSticky: true }),
      'not tested',
    ],
    [
      'where conntrack cannot be read: not tested',
      facts(halves, { '10.0.0.1:80': 100 }, 0, { entries: 'no conntrack' }),
      'not tested',
    ],
    [
      'of what came through where the rules drop a part: agrees',
      facts([...[way('10.0.0.1:80', 0.25), way('10.0.0.2:80', 0.25)], way('10.0.0.1:80', 0.5, { verdict: 'drop' })], {
        '10.0.0.1:80': 24,
        '10.0.0.2:80': 26,
      }),
      'agrees',
    ],
  ] as const)('%s', (_title, probe, verdict) => {
    expect(probe.agreement).toMatchObject({ verdict });
  });
});

test('endpoints are counted by their connections, the ones that nobody came to as well, and failures by their reasons', () => {
  const probe = facts(halves, { '10.0.0.1:80': 3 }, 2);
  expect(probe).toMatchObject({
    attempts: 5,
    succeeded: 3,
    failures: [{ why: 'Connection refused', count: 2 }],
    latency: { min: 1, p50: 2, p90: 3, p99: 3, max: 3 },
    endpoints: [
      { address: '10.0.0.1:80', name: 'pod/10.0.0.1', count: 3, share: 0.5 },
      { address: '10.0.0.2:80', name: 'pod/10.0.0.2', count: 0, share: 0.5 },
    ],
  });
});

test('without DNAT the address itself answers, whatever conntrack knows', () => {
  const { endpoints, agreement } = facts([way('10.96.0.1:80', 1, { dnat: false })], { '10.9.9.9:1': 4 });
  expect([endpoints?.map(({ address, count }) => [address, count]), agreement.verdict]).toEqual([
    [['10.96.0.1:80', 4]],
    'agrees',
  ]);
});

test.each([
  ['10.0.0.1:80', '10.0.0.1'],
  ['[fd00::1]:80', 'fd00::1'],
  ['fd00::1', 'fd00::1'],
  ['10.0.0.1', '10.0.0.1'],
])('the address of %s', (words, address) => {
  expect(addressOf(words)).toBe(address);
});
