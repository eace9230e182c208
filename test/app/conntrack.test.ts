import { describe, expect, test } from '@jest/globals';
import { type ConntrackQuestion, conntrackReport } from '../../src/app/conntrack.ts';
import { readSnapshot } from '../../src/collect/snapshot-read.ts';
import type { NamedConntrackEntry } from '../../src/model/conntrack-report.ts';
import { conntrackText } from '../../src/render/conntrack.ts';

/**
 * `conntrack node/node1 --stats` on the test cluster: six requests of shop/client-node1 to shop/web, one datagram to it that no
 * UDP port takes, one connection to 192.0.2.9 that nobody answers, and an entry that conntrack -I has sent to 10.244.1.78.
 */
const snapshot = await readSnapshot(new URL('fixtures/conntrack.tar.gz', import.meta.url).pathname);
const no = { protocol: null, state: null, peer: null, port: null, nat: null } as const;
const node1 = { kind: 'node', name: 'node1' } as const;
const web = { kind: 'service', namespace: 'shop', name: 'web' } as const;
const client = { kind: 'pod', namespace: 'shop', name: 'client-node1' } as const;
const ask = (question: Partial<ConntrackQuestion>) =>
  conntrackReport(snapshot, { target: node1, filter: no, nodes: [], evidence: false, ...question });
const entriesOf = (question: Partial<ConntrackQuestion>): NamedConntrackEntry[] =>
  ask(question).nodes.flatMap(({ entries }) => entries ?? []);

describe('what was asked for', () => {
  const report = ask({});

  test('counts come from the node, and are those of the entries', () => {
    const [node] = report.nodes;
    expect([node?.node, node?.matched, report.notes, report.gaps]).toEqual(['node1', node?.entries?.length, [], []]);
    expect(node?.states.reduce((sum, { count }) => sum + count, 0)).toBe(node?.matched);
    expect(node?.destinations.reduce((sum, { count }) => sum + count, 0)).toBe(node?.matched);
    expect(node?.table).toMatchObject({ max: 262_144 });
    expect(node?.full).toEqual([]);
  });

  test('the service has its three endpoints, and one that is none', () => {
    const to = report.nodes[0]?.destinations.find(({ name, family }) => name === 'shop/web' && family === 'IPv4');
    expect(to?.servers.map(({ name, stale }) => `${name} ${stale}`).sort()).toEqual([
      'null true',
      'shop/web-0 false',
      'shop/web-1 false',
      'shop/web-2 false',
    ]);
  });
});

test.each<[string, Partial<ConntrackQuestion>, Partial<NamedConntrackEntry>[]]>([
  [
    'nobody answers outside; its source is rewritten to the node',
    { target: client, filter: { ...no, peer: { kind: 'address', address: '192.0.2.9' } } },
    [
      {
        protocol: 'tcp',
        state: 'SYN_SENT',
        flags: ['UNREPLIED'],
        dnat: null,
        stale: null,
        names: { source: 'shop/client-node1', destination: null, server: null, client: 'node1' },
      },
    ],
  ],
  [
    'the entry that leads to no endpoint',
    { target: web, filter: { ...no, state: 'UNREPLIED', protocol: 'tcp' } },
    [{ dnat: { address: '10.244.1.78', port: 8080 }, stale: true }],
  ],
  [
    'a protocol that the service does not have',
    { target: { kind: 'address', address: '10.96.85.88' }, filter: { ...no, protocol: 'udp' } },
    [
      {
        stale: null,
        dnat: null,
        names: { source: 'shop/client-node1', destination: 'shop/web', server: 'shop/web', client: 'node1' },
      },
    ],
  ],
])('%s', (_, question, expected) => {
  expect(entriesOf(question)).toMatchObject(expected);
  expect(entriesOf(question)).toHaveLength(expected.length);
});

test('a snapshot that was taken for another question says so', () => {
  expect(ask({ target: web }).notes.map(({ code }) => code)).toEqual(['collected-otherwise', 'one-node']);
});

test('a table that is nearly full, and one that was', () => {
  const files = new Map(snapshot.files);
  files.set(
    'nodes/node1/sysctl.txt',
    'net.netfilter.nf_conntrack_count = 250000\nnet.netfilter.nf_conntrack_max = 262144\n',
  );
  files.set('nodes/node1/conntrack-log.txt', '[ 12.3] nf_conntrack: nf_conntrack: table full, dropping packet\n');
  const report = conntrackReport({ ...snapshot, files }, { target: node1, filter: no, nodes: [], evidence: false });
  expect(report.notes.map(({ code }) => code)).toEqual(['conntrack-full', 'conntrack-was-full']);
  expect(conntrackText(report, 5, plain)).toContain(
    '⚠ 250000 of 262144 entries (95 %), "table full" in the kernel log',
  );
});

test('what is cut off is said, and a target that is not there', () => {
  const files = new Map(snapshot.files);
  files.set('nodes/node1/conntrack.txt', 'ipv4 2 tcp 6 10 ESTABLISHED src=10.244.1.2\n');
  const cut = conntrackReport({ ...snapshot, files }, { target: node1, filter: no, nodes: [], evidence: false });
  expect(cut.gaps).toMatchObject([
    { subject: 'nodes/node1/conntrack.txt', why: expect.stringMatching(/two complete tuples/) },
  ]);
  expect(() => ask({ target: { ...web, name: 'nothing' } })).toThrow('service shop/nothing is not in the data');
});

test('a headless service has no connections of its own', () => {
  const headless = { kind: 'service', namespace: 'shop', name: 'web-headless' } as const;
  expect(() => ask({ target: headless })).toThrow('service shop/web-headless is headless');
});

const plain = { width: Number.POSITIVE_INFINITY, colour: false };

test('text: stale and unanswered entries first, with names and NAT', () => {
  const lines = conntrackText(ask({}), 3, plain).split('\n');
  const at = lines.findIndex(line => line.startsWith('  PROTOCOL'));
  expect(lines[at + 1]).toMatch(
    /^ {2}tcp ESTABLISHED +10\.244\.1\.77:7777 +10\.96\.85\.88:80 \(shop\/web\) +✗ DNAT to 10\.244\.1\.78:8080: no endpoint of shop\/web +\d+ s +UNREPLIED$/,
  );
  expect(lines[at + 4]).toMatch(/… and \d+ more: --top N shows more, filters fewer/);
  expect(lines.filter(line => /^ {2}\d +\d/.test(line))).toHaveLength(2);
});
