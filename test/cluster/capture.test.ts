import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import { sideBySide } from './side-by-side.ts';

/** `capture` on the real cluster: a known number of packets, and files that tcpdump itself reads. */

const namespace = 'netinspect-capture';
let cluster: Cluster;
let plugin: { path: string; remove: () => void };
let folder: string;

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-capture-'));
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
});

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  plugin?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const start = (...args: string[]) =>
  netinspect(cluster, plugin.path, ['capture', ...args, `--debug-namespace=${namespace}`], {}, { detached: true });

/** Runs a capture, and `traffic` once every point listens; `interrupt` ends it then. */
async function captured(args: string[], traffic: () => Promise<unknown>, interrupt = true) {
  const child = start(...args);
  let said = '';
  let sent: Promise<unknown> | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (sent !== undefined || !said.includes('capturing at')) return;
    sent = traffic().finally(() => {
      if (interrupt && child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
    });
  });
  const result = await child;
  await sent;
  return result;
}

const inPod = (pod: string, ...argv: string[]) => cluster.kubectl(['exec', '--namespace=shop', pod, '--', ...argv]);

async function addressOf(pod: string): Promise<string> {
  const { status } = await cluster.getJson<{ status: { podIP: string } }>('pod', pod, '--namespace=shop');
  return status.podIP;
}

/** What tcpdump in another pod reads in a file. */
async function readByTcpdump(file: string): Promise<string[]> {
  const text = await cluster.kubectl(
    ['exec', '-i', '--namespace=shop', 'client-node3', '--', 'tcpdump', '-n', '-r', '-'],
    // Bytes, one by one: kubectl's input is text here.
    readFileSync(file) as never,
  );
  return text.trim().split('\n').filter(Boolean);
}

describe("a known number of packets is seen in the pod and at the node's end of its veth, each once, with names", () => {
  const nodes = ['node1', 'node2', 'node3'];
  const results = new Map<string, Awaited<ReturnType<typeof captured>>>();
  let target: string;

  beforeAll(async () => {
    target = await addressOf('web-0');
    await Promise.all(
      nodes.map(async node =>
        results.set(
          node,
          await captured([`shop/client-${node}`, '--at=pod', '--at=veth', '--filter=icmp', '-o', 'json'], () =>
            inPod(`client-${node}`, 'ping', '-c', '5', '-i', '0.1', target),
          ),
        ),
      ),
    );
  });

  test.each(nodes)('on %s', node => {
    const { stdout = '', stderr = '', exitCode } = results.get(node) ?? {};
    expect(exitCode).toBe(130);
    const packets = stdout.split('\n').map(line => JSON.parse(line));
    expect(packets.map(({ info }) => info)).toEqual(
      Array.from({ length: 5 }, () => ['echo request', 'echo reply']).flat(),
    );
    expect(packets[0]).toMatchObject({
      sourceName: `shop/client-${node}`,
      destination: target,
      destinationName: 'shop/web-0',
      points: [
        { node, spot: 'pod', interface: 'eth0', target: `pod shop/client-${node}` },
        { node, spot: 'veth', target: `pod shop/client-${node}` },
      ],
    });
    for (const { points } of packets) expect(points).toHaveLength(2);
    expect(stderr).toMatch(/eth0 of pod shop\/client-node\d on node\d: 10 packets, 980 B, none dropped/);
    expect(stderr).not.toContain('not every packet');
  });
});

describe('side by side', () => {
  sideBySide({
    'two pods on two nodes into one file: each point is an interface of it, and tcpdump reads every packet':
      async () => {
        const file = join(folder, 'two.pcapng');
        const target = await addressOf('client-node2');
        const { stderr, exitCode } = await captured(
          ['shop/client-node1', 'shop/client-node2', '--filter', 'udp port 4242', '--write', file],
          () =>
            inPod('client-node1', 'sh', '-c', `for i in 1 2 3 4 5 6 7; do echo $i | nc -u -w0 ${target} 4242; done`),
        );
        expect(exitCode).toBe(130);
        expect(stderr).toContain(`written: ${file}`);
        const lines = await readByTcpdump(file);
        expect(lines.filter(line => line.includes(`> ${target}.4242: UDP, length 2`))).toHaveLength(14);
        const bytes = readFileSync(file).toString('latin1');
        for (const name of ['node1/shop/client-node1/eth0', 'node2/shop/client-node2/eth0', 'udp port 4242'])
          expect(bytes).toContain(name);
      },

    'a service: the way of one connection through DNAT, and where a flow stops': async () => {
      const { stdout, stderr } = await captured(
        ['shop/client-node1', '--at=pod', '--at=bridge', '--filter=tcp port 80 or tcp port 8080'],
        () => inPod('client-node1', 'curl', '-4', '-s', '--max-time', '3', 'http://web.shop.svc.cluster.local/'),
      );
      // The bridge carries kubelet's probes too.
      const first = stdout.split('\n').find(line => line.includes('shop/client-node1:'));
      expect(first).toMatch(/shop\/client-node1:\d+ \([\d.]+\) → shop\/web:80 \([\d.]+\) {2}tcp S length 0/);
      expect(first).toMatch(/after NAT [\d.]+:\d+ → 10\.244\.\d\.\d+:8080 {2}\[pod → bridge\]/);
      expect(stderr).toContain('cni0 of node1: ');
    },

    'ends after --count packets, and after --duration without any': async () => {
      const target = await addressOf('web-0');
      const [counted, timed] = await Promise.all([
        captured(
          ['shop/client-node2', `--filter=icmp and host ${target}`, '--count=3'],
          () => inPod('client-node2', 'ping', '-c', '4', '-i', '0.1', target),
          false,
        ),
        start('node/node3', '--filter=udp port 4243', '--duration=2s'),
      ]);
      expect([counted.exitCode, counted.stdout.split('\n').length]).toEqual([0, 3]);
      expect([timed.exitCode, timed.stdout]).toEqual([0, '']);
      expect(timed.stderr).toContain('left out, since it carries this capture: tcp port 10250');
      expect(timed.stderr).toMatch(/eth0 of node3: 0 packets/);
    },

    'a service is each of its pods, on their nodes': async () => {
      const { stderr } = await start('svc/shop/web', '--filter=udp port 4244', '--duration=1s');
      for (const index of [0, 1, 2])
        expect(stderr).toMatch(new RegExp(`eth0 of pod shop/web-${index} on node\\d: 0 packets`));
    },

    'a full disk ends it, and is said': async () => {
      const { exitCode, stderr } = await captured(
        ['shop/client-node3', `--filter=icmp and host ${await addressOf('web-0')}`, '--write=/dev/full'],
        async () => inPod('client-node3', 'ping', '-c', '3', '-i', '0.1', await addressOf('web-0')),
        false,
      );
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining('what is captured cannot be written: ENOSPC')]);
    },

    '--write - is pcapng on stdout, and a snap length cuts packets': async () => {
      const target = await addressOf('web-2');
      const child = start(
        'shop/client-node2',
        `--filter=icmp and host ${target}`,
        '--count=2',
        '--snaplen=60',
        '--write=-',
      );
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('capturing at')) void inPod('client-node2', 'ping', '-c', '1', target);
      });
      await child;
      const bytes = Buffer.concat(chunks.map(chunk => Buffer.from(chunk)));
      expect(bytes.readUInt32LE(0)).toBe(0x0a0d0d0a);
      expect(bytes.toString('latin1')).toContain('eth0 of pod shop/client-node2 on node2');
    },
  });
});

test('10,000 packets within a second are all captured', async () => {
  const file = join(folder, 'many.pcapng');
  const pings = 'for i in 1 2 3 4 5 6 7 8 9 10; do ping -i 0.002 -q -c 500 "$0" & done; wait';
  const { stderr } = await captured(['shop/client-node2', '--filter=icmp', '--write', file], async () =>
    inPod('client-node2', 'sh', '-c', pings, await addressOf('web-1')),
  );
  expect(stderr).toMatch(/eth0 of pod shop\/client-node2 on node2: 10000 packets, .*, none dropped/);
});

describe('in words, before anything starts, is refused', () => {
  const cases: [string, string[], RegExp][] = [
    ['a filter that is none', ['client-node1', '--filter=tcp prot 80'], /--filter is refused: .*syntax error/],
    [
      'a filter that only parentheses around it make one',
      ['client-node1', '--filter=tcp) or (udp'],
      /--filter is refused/,
    ],
    ['a filter with what a shell would run', ['client-node2', '--filter=$(id)'], /--filter is refused/],
    ['a point that is none', ['client-node2', '--at=nowhere'], /--at is "nowhere"/],
    ['a bridge where there is none', ['client-node3', '--at=bridge'], /is a port of no bridge/],
    ['a file that cannot be written', ['client-node3', '--write=/nowhere/x.pcapng'], /cannot be written/],
  ];
  const answers = new Map<string[], { exitCode?: number | undefined; stderr: string }>();

  beforeAll(async () => {
    await Promise.all(cases.map(async ([, args]) => answers.set(args, await start(...args, '--namespace=shop'))));
  });

  test.each(cases)('%s', (_name, args, words) => {
    const { exitCode, stderr } = answers.get(args) ?? {};
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(stderr).not.toContain('capturing at');
  });
});

test('nothing of all this is left on a node: no tcpdump, no pod', async () => {
  const { stdout } = await execa('pgrep', ['-af', '^(timeout .*)?tcpdump -i'], { reject: false });
  expect(stdout).toBe('');
  const { items } = await cluster.getJson<{
    items: { status: { phase: string }; metadata: { deletionTimestamp?: string } }[];
  }>('pods', `--namespace=${namespace}`);
  expect(items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([]);
});
