import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addressNames } from '../../src/model/address-names.ts';
import { countedHere, countedOnNode, namedEntries } from '../../src/model/conntrack-on-node.ts';
import { type ConntrackSelection, selectionWords } from '../../src/model/conntrack-selection.ts';
import type { Section } from '../../src/model/section.ts';
import { type ConntrackRecord, parseConntrack } from '../../src/parse/conntrack.ts';
import { parseConntrackCounts } from '../../src/parse/conntrack-counts.ts';
import type { Parser } from '../../src/parse/records.ts';
import { KernelNode, type Run, shells } from './collector-node.ts';

/** The node filters and counts with awk, the report with its own code: both are held against each other on this kernel's table. */
const node = new KernelNode();
const any: ConntrackSelection = {
  addresses: [],
  fronts: [],
  nodePorts: [],
  protocol: null,
  state: null,
  peers: null,
  port: null,
  nat: null,
};

const insert = (words: string) => `conntrack -I -t 600 ${words} >/dev/null 2>&1`;
const dnat = (source: string, sport: number, to: string, more = '') =>
  insert(
    `-p udp -s ${source} --sport ${sport} -d 10.96.0.10 --dport 53 --reply-src ${to} --reply-port-src 53 --reply-dst ${source} --reply-port-dst ${sport} ${more}`,
  );
const table = [
  dnat('10.244.1.2', 4000, '10.244.2.7'),
  dnat('10.244.1.2', 4001, '10.244.2.8'),
  dnat('10.244.1.3', 4002, '10.244.2.7', '--mark 7'),
  // Through a node port, with its source rewritten.
  insert(
    '-p tcp --state ESTABLISHED -u ASSURED -s 192.0.2.1 --sport 5000 -d 172.31.99.11 --dport 30080 --reply-src 10.244.2.7 --reply-port-src 8080 --reply-dst 172.31.99.11 --reply-port-dst 5000',
  ),
  insert('-p tcp --state SYN_SENT -s 10.244.1.2 --sport 5001 -d 192.0.2.9 --dport 443'),
  // A pod whose address begins like another one's.
  insert('-p udp -s 10.244.1.20 --sport 4000 -d 10.96.0.11 --dport 53'),
  insert('-p icmp -s 10.244.1.2 -d 10.244.1.1 --icmp-type 8 --icmp-code 0 --icmp-id 9'),
  insert('-p udp -s fd00:244:0:1::2 --sport 4002 -d fd00::1 --dport 53'),
  insert(
    '-p tcp --state TIME_WAIT -u ASSURED -s fd00:244:0:1::2 --sport 4003 -d fd00:96::a --dport 80 --reply-src fd00:244:0:2::7 --reply-port-src 8080 --reply-dst fd00:244:0:1::2 --reply-port-dst 4003',
  ),
].join('\n');

beforeAll(() => {
  node.netns('node');
  node.sh('node', table);
}, 30_000);

afterAll(() => node.remove());

function section<T>(run: Run, path: string, parse: Parser<T>): Section<T> {
  const { text, info } = run.section(path);
  const { records, unread, problem } = parse(text);
  expect([info.exitCode, info.truncated ?? false, unread, problem]).toEqual([0, false, [], null]);
  return { path, command: null, records, state: 'whole' };
}

const view = (selection: ConntrackSelection) => ({
  selection,
  names: addressNames({ pods: [], services: [], slices: [], nodes: [] }),
  endpointsWhole: true,
});

const cases: [string, Partial<ConntrackSelection>, number][] = [
  ['everything', {}, 9],
  ['a pod, by its addresses of both families', { addresses: ['10.244.1.2', 'fd00:244:0:1::2'] }, 6],
  ['an endpoint, behind NAT', { addresses: ['10.244.2.7'] }, 3],
  ['an IPv6 address, shortened', { addresses: ['fd00:244:0:2::7'] }, 1],
  ['a service', { fronts: [{ protocol: 'udp', address: '10.96.0.10', port: 53 }] }, 3],
  ['another port of it', { fronts: [{ protocol: 'udp', address: '10.96.0.10', port: 5353 }] }, 0],
  ['a node port', { nodePorts: [{ protocol: 'tcp', port: 30080 }] }, 1],
  ['an IPv6 service', { fronts: [{ protocol: 'tcp', address: 'fd00:96::a', port: 80 }] }, 1],
  ['a protocol', { protocol: 'tcp' }, 3],
  ['a state', { state: 'SYN_SENT' }, 1],
  ['UNREPLIED', { state: 'UNREPLIED', protocol: 'icmp' }, 1],
  ['ASSURED', { state: 'ASSURED' }, 2],
  ['a peer', { addresses: ['10.244.1.2'], peers: ['10.244.2.8'] }, 1],
  ['a port', { port: 8080 }, 2],
  ['DNAT', { nat: 'dnat' }, 5],
  ['SNAT', { nat: 'snat' }, 1],
  ['no NAT', { nat: 'none' }, 4],
];

/** busybox' awk is that of most debug images. */
const shell = shells[2];

describe('what the node selects and counts is what the report selects and counts', () => {
  let all: Section<ConntrackRecord>;

  beforeAll(() => {
    all = section(node.run('node', { shell, question: ['conntrack', '1000', '0'] }), 'conntrack.txt', parseConntrack);
  });

  test.each(cases)('%s', (title, part, expected) => {
    const selection = { ...any, ...part };
    const run = node.run('node', { shell, question: ['conntrack', '1000', '0', ...selectionWords(selection)] });
    const here = namedEntries(all, view(selection)) ?? [];
    const there = namedEntries(section(run, 'conntrack.txt', parseConntrack), view(any)) ?? [];
    const essence = (list: typeof here) => list.map(({ evidence: _, timeout: __, ...rest }) => rest);
    expect([title, here.length, essence(there)]).toEqual([title, expected, essence(here)]);
    const counts = countedOnNode(section(run, 'conntrack-counts.txt', parseConntrackCounts), view(selection));
    const own = countedHere(here, view(selection));
    expect([title, counts?.matched, sorted(counts?.states), sorted(counts?.destinations)]).toEqual([
      title,
      expected,
      sorted(own.states),
      sorted(own.destinations),
    ]);
  });
});

describe.each(shells)('$shell with $tools', shell => {
  test('no more entries are sent than asked for; all are counted', () => {
    const run = node.run('node', { shell, question: ['conntrack', '2', '0'] });
    expect(section(run, 'conntrack.txt', parseConntrack).records).toHaveLength(2);
    const counts = countedOnNode(section(run, 'conntrack-counts.txt', parseConntrackCounts), view(any));
    expect(counts?.matched).toBe(9);
  });

  test.each([
    [['nothing'], /unknown question "nothing"/],
    [['sysctl', 'net.//.//.kernel.hostname'], /not a sysctl/],
    [['sysctl', 'kernel.hostname', 'x'], /not a network sysctl/],
  ])('%j is refused', (question, words) => {
    const run = node.run('node', { shell, question });
    expect(run.complete).toBe(false);
    expect(run.stderr).toMatch(words);
  });
});

function sorted<T extends { count: number; servers?: { count: number; address: string; port: number | null }[] }>(
  list: readonly T[] | undefined,
): string[] {
  return (list ?? [])
    .map(one =>
      JSON.stringify({ ...one, servers: one.servers?.toSorted((a, b) => a.address.localeCompare(b.address)) }),
    )
    .sort();
}
