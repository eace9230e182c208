/**
 * A connection table of so many entries, asked as `conntrack` asks a node: bytes moved and time, beside what the plain tool
 * prints.
 *
 *     node test/bench/conntrack.ts [ENTRIES]      default 1000000; as root; raises net.netfilter.nf_conntrack_max meanwhile
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { type ConntrackSelection, selectionWords } from '../../src/model/conntrack-selection.ts';
import { KernelNode, shells } from '../kernel/collector-node.ts';

const entries = Number(process.argv[2] ?? 1_000_000);
const limit = '/proc/sys/net/netfilter/nf_conntrack_max';
const before = readFileSync(limit, 'utf8');

/** One datagram an entry: to 10.A.B.C, 200 ports each, over the loopback of a namespace that tracks. */
const fill = `
import socket, sys
sockets = []
for _ in range(50):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(('10.255.255.1', 0))
    sockets.append(one)
for at in range(${entries}):
    to = at // 50
    try:
        sockets[at % 50].sendto(b'x', ('10.%d.%d.%d' % (to // 65025, to // 255 % 255, to % 255 + 1), 53))
    except ConnectionRefusedError:
        pass
`;

const all: ConntrackSelection = {
  addresses: [],
  fronts: [],
  nodePorts: [],
  protocol: null,
  state: null,
  peers: null,
  port: null,
  nat: null,
};

const node = new KernelNode();
try {
  writeFileSync(limit, String(entries + 100_000));
  node.netns('full');
  node.sh(
    'full',
    `ip addr add 10.255.255.1/32 dev lo; ip route add local 10.0.0.0/8 dev lo
     iptables-nft -A INPUT -m conntrack --ctstate NEW -j DROP
     echo 3600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout`,
  );
  execFileSync('nsenter', [`--net=${node.file('full')}`, 'python3', '-c', fill]);
  const timed = <T>(work: () => T): [T, number] => {
    const start = performance.now();
    const result = work();
    return [result, (performance.now() - start) / 1000];
  };
  const said = (what: string, seconds: number, bytes: number) =>
    console.log(`${what.padEnd(44)} ${seconds.toFixed(1).padStart(6)} s ${(bytes / 1e6).toFixed(2).padStart(9)} MB`);
  const [plain, plainSeconds] = timed(() =>
    spawnSync('nsenter', [`--net=${node.file('full')}`, 'sh', '-c', 'conntrack -L 2>/dev/null | wc -lc'], {
      encoding: 'utf8',
    }).stdout.trim(),
  );
  const [lines = '0', bytes = '0'] = plain.split(/\s+/);
  console.log(`${lines} entries`);
  said('conntrack -L', plainSeconds, Number(bytes));
  const questions: [string, Partial<ConntrackSelection>][] = [
    ['conntrack node/NODE', {}],
    ['conntrack POD', { addresses: ['10.0.3.7'] }],
    ['conntrack svc/NAME', { fronts: [{ protocol: 'udp', address: '10.0.3.8', port: 53 }] }],
  ];
  for (const [what, part] of questions) {
    const question = ['conntrack', '20000', '0', ...selectionWords({ ...all, ...part })];
    const [run, seconds] = timed(() => node.run('full', { shell: shells[2], seconds: 60, question }));
    said(`${what} (as sent, compressed)`, seconds, run.bytes);
    const matched = /^matched (\d+)$/m.exec(run.section('conntrack-counts.txt').text)?.[1];
    console.log(`  ${matched} matched, ${run.section('conntrack.txt').text.split('\n').length - 1} sent`);
  }
} finally {
  await node.remove();
  writeFileSync(limit, before);
}
