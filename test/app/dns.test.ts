import { describe, expect, test } from '@jest/globals';
import { dnsReport } from '../../src/app/dns.ts';
import { readSnapshot } from '../../src/collect/snapshot-read.ts';
import type { DnsReport } from '../../src/model/dns-report.ts';
import { podPath, type Snapshot } from '../../src/parse/snapshot.ts';
import { dnsText } from '../../src/render/dns.ts';

/**
 * shop/client-node1 of the test cluster, whose DNS has no upstream; asked "directly" were its DNS pod, a web server that has no
 * port 53 (10.244.1.2) and an address that nobody has (192.0.2.53).
 */
const snapshot = await readSnapshot(new URL('fixtures/dns.tar.gz', import.meta.url).pathname);
const target = { namespace: 'shop', name: 'client-node1' };
const path = podPath('node1', target, 'dns.txt');
const recorded = snapshot.files.get(path) ?? '';
const report = (names: string[] = [], edit: (text: string) => string = text => text): DnsReport => {
  const files = new Map(snapshot.files).set(path, edit(recorded));
  return dnsReport({ ...snapshot, files } as Snapshot, target, { names, evidence: false });
};
const told = ({ notes }: DnsReport) => notes.map(({ code, severity }) => `${severity} ${code}`);

describe('as recorded', () => {
  const all = report();

  test('each name with its outcome, and what is asked for it in order', () => {
    expect(
      all.lookups.map(({ name, outcome, answer, wasted, tried }) => [name, outcome, answer, wasted, tried.length]),
    ).toEqual([
      [
        'kubernetes.default',
        'answered',
        { name: 'kubernetes.default.svc.cluster.local.', addresses: ['10.96.0.1'] },
        2,
        2,
      ],
      ['client-node1', 'hosts', { name: 'client-node1', addresses: ['10.244.1.7', 'fd00:244:0:1::7'] }, 0, 0],
      ['example.com', 'failed', null, 8, 4],
    ]);
    expect(all.lookups[2]?.tried.map(({ name }) => name)).toEqual([
      'example.com.shop.svc.cluster.local.',
      'example.com.svc.cluster.local.',
      'example.com.cluster.local.',
      'example.com.',
    ]);
  });

  test('each server itself: one that refuses, one that is silent', () => {
    const direct = all.lookups[0]?.direct.map(({ role, serverName, server, transport, reply }) =>
      [role, serverName ?? server, transport, reply.status ?? reply.problem].join(' '),
    );
    expect(direct).toEqual([
      'configured kube-system/kube-dns udp NOERROR',
      'configured kube-system/kube-dns tcp NOERROR',
      'dns-pod shop/web-0 udp connection refused',
      expect.stringMatching(/^dns-pod kube-system\/coredns-\S+ udp NOERROR$/),
      'dns-pod 192.0.2.53 udp timed out',
      'dns-pod shop/web-0 tcp connection refused',
      expect.stringMatching(/^dns-pod kube-system\/coredns-\S+ tcp NOERROR$/),
      'dns-pod 192.0.2.53 tcp timed out',
    ]);
  });

  test('in words; that the world outside cannot be asked is no fault unless it was asked for', () => {
    expect(told(all)).toEqual(['warning dns-pod-silent', 'warning dns-pod-silent', 'info dns-failed']);
    expect(told(report(['example.com']))).toContain('warning dns-failed');
    expect(all.notes.at(-1)?.text).toBe(
      'example.com is in no domain of the search list, and for example.com. the servers say SERVFAIL: they cannot ask the world outside, or its servers fail',
    );
    const text = dnsText(all, { width: Number.POSITIVE_INFINITY, colour: false });
    expect(text).toMatch(/^kubernetes\.default {2}✓ 10\.96\.0\.1 in \S+ ms, 2 queries without an answer$/m);
    expect(text).toMatch(/^client-node1 {2}✓ 10\.244\.1\.7, fd00:244:0:1::7 by the hosts file: no server is asked$/m);
    expect(text).toMatch(/^ {2}DNS pod 10\.244\.1\.2 \(shop\/web-0\) +✗ connection refused +✗ connection refused$/m);
  });
});

const queries = (text: string) => text.split(/^(?=query )/m);
/** The query without its reply, as dig prints it of a silent server. */
const silenced = (query: string) =>
  `${query.split('\n')[0]}\n;; communications error to 10.96.0.10#53: timed out\n\n;; no servers could be reached\nexit 9\n`;

test.each<[string, (text: string) => string, string]>([
  [
    'the service is silent, its DNS pod is well: the way there is broken',
    text =>
      queries(text)
        .map(query => (/^query \S+ \S+ \S+ \S+ 10\.96\.0\.10 /.test(query) ? silenced(query) : query))
        .join(''),
    'warning dns-path-broken',
  ],
  ['all are silent', text => queries(text).map(silenced).join(''), 'warning dns-server-silent'],
  [
    'TCP alone is silent',
    text =>
      queries(text)
        .map(query => (/^query \S+ \S+ \S+ tcp /.test(query) ? silenced(query) : query))
        .join(''),
    'warning dns-tcp',
  ],
  [
    'the DNS pod knows less than its service',
    text =>
      queries(text)
        .map(query =>
          / 10\.244\.2\.8 dns-pod/.test(query) ? query.replace('status: NOERROR', 'status: NXDOMAIN') : query,
        )
        .join(''),
    'warning dns-servers-differ',
  ],
  ['slow', text => text.replaceAll(/Query time: \d+ usec/g, 'Query time: 1500000 usec'), 'warning dns-slow'],
])('%s', (_, edit, code) => {
  const changed = report(['kubernetes.default'], edit);
  expect(told(changed)).toContain(code);
  if (code === 'warning dns-path-broken')
    expect(changed.notes[0]?.text).toContain('kubectl netinspect trace shop/client-node1 10.96.0.10:53/udp');
});

test.each([
  ['a query that is cut off', (text: string) => text.slice(0, -200), /cut off after \d+ queries/],
  ['something else', () => 'Segmentation fault\n', /no query that was asked/],
])('%s is a gap', (_, edit, why) => {
  expect(report([], edit).gaps).toMatchObject([{ subject: path, why: expect.stringMatching(why) }]);
});

test('a name that was not asked for', () => {
  expect(report(['other']).gaps).toEqual([{ subject: 'other', why: 'was not asked for when the data was collected' }]);
});
