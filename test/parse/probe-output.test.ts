import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type ProbeKind, parseProbe } from '../../src/parse/probe-output.ts';

/** What the probe's script printed in a pod of the test cluster, three attempts each. */

const read = (name: string, kind: ProbeKind) =>
  parseProbe(kind, readFileSync(join(import.meta.dirname, 'fixtures', 'probe', `${name}.txt`), 'utf8'), 3);

describe.each([
  ['tcp', 'tcp', 62_100, null],
  ['tcp-refused', 'tcp', 62_200, 'Connection refused'],
  ['tcp-lost', 'tcp', 62_300, 'Connection timed out'],
  ['http', 'http', 62_400, null],
  ['http-refused', 'http', 62_500, /^Failed to connect to \S+ port 8081/],
  ['udp', 'udp', 62_600, null],
  ['udp-refused', 'udp', 62_700, 'refused'],
  ['icmp', 'icmp', null, null],
  ['icmp-lost', 'icmp', null, 'no answer'],
] as const)('%s', (name, kind, firstPort, failure) => {
  const attempts = read(name, kind);

  test('has each attempt once, with its source port', () => {
    const ports = attempts.map(({ sourcePort }) => sourcePort).sort();
    expect(ports).toEqual([0, 1, 2].map(index => (firstPort === null ? null : firstPort + index)));
  });

  test(failure === null ? 'went well, with a latency' : `failed: ${failure}`, () => {
    for (const attempt of attempts) {
      if (failure === null) expect(attempt.failure).toBeNull();
      else expect(attempt.failure).toMatch(failure);
      if (failure === null) expect(attempt.latencyMs).toBeGreaterThan(0);
      else expect(attempt.latencyMs).toBeNull();
    }
  });
});

test('the latency of TCP is from the connection being opened until it stands, by the times of socat', () => {
  const log = (time: string, words: string) => `2026/11/22 23:59:59.${time} socat[1] N ${words}`;
  const lines = [
    log('999000', 'opening connection to AF=2 10.0.0.1:80'),
    '2026/11/23 00:00:00.001500 socat[1] N starting data transfer loop with FDs [5,5] and [6,6]',
  ];
  expect(parseProbe('tcp', `attempt 61000 0\t${lines.join('\t')}\n`, 1)[0]?.latencyMs).toBeCloseTo(2.5, 3);
});

test('HTTP: the answer of a broken server is a failure with its status', () => {
  const [attempt] = parseProbe('http', 'attempt 61000 0\t0 0.001 0.002 503 \n', 1);
  expect(attempt).toMatchObject({ failure: 'HTTP status 503', status: 503, totalMs: 2 });
});

test('a line that was cut off is no attempt', () => {
  expect(parseProbe('tcp', 'attempt 61000 0\tx\nattempt 61', 2)).toHaveLength(1);
});
