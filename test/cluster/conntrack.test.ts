import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  ConntrackDeleteReport,
  ConntrackEvent,
  ConntrackOnNode,
  ConntrackReport,
} from '../../src/model/conntrack-report.ts';
import { parseConntrack } from '../../src/parse/conntrack.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import { taskPids } from './truth.ts';

/**
 * The truth is not ours: curl says which port it used and which server answered, for a known number of connections of a
 * client on each kind of node.
 */
const clients = [
  ['node1', 'client-node1'],
  ['node2', 'client-node2'],
  ['node3', 'client-node3'],
] as const;
const connections = 5;

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
const pids = new Map<string, number>();
const folder = mkdtempSync(join(tmpdir(), 'netinspect-conntrack-'));

async function run(...args: string[]): Promise<ConntrackReport> {
  const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, ['conntrack', ...args, '-o', 'json']);
  expect([exitCode, stderr]).toEqual([0, '']);
  const document = JSON.parse(stdout ?? '');
  expect(schemaErrors(document)).toBeNull();
  return document;
}

async function inside(client: string, argv: string[]): Promise<string> {
  const node = client.replace('client-', '');
  const { stdout } = await cluster.nodeExec(node, ['nsenter', '-t', String(pids.get(client)), '-n', ...argv]);
  return stdout;
}

/** PORT → the name of the server that answered. */
async function connect(client: string, address: string): Promise<Map<string, string>> {
  const url = `http://${address.includes(':') ? `[${address}]` : address}/?[1-${connections}]`;
  const words = ['curl', '-s', '-m', '5', '-H', 'Connection: close', '-w', '%{local_port}\\n', url];
  const lines = (await inside(client, words)).trim().split('\n');
  return new Map(lines.flatMap((line, at) => (at % 2 === 0 ? [[lines[at + 1] ?? '', line] as const] : [])));
}

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  for (const [node, client] of clients) {
    const pod = await cluster.getJson<{ status: { containerStatuses: { containerID: string }[] } }>(
      'pod',
      client,
      '--namespace=shop',
    );
    const id = pod.status.containerStatuses[0]?.containerID.replace(/^.*:\/\//, '') ?? '';
    pids.set(
      client,
      (await taskPids(async (on, argv) => (await cluster.nodeExec(on, argv)).stdout, node)).get(id) ?? 0,
    );
  }
}, 120_000);

afterAll(() => {
  plugin?.remove();
  rmSync(folder, { recursive: true });
});

describe('each connection over a service is shown with the server that answered it, in both families', () => {
  const told = new Map<string, { truth: Map<string, string>; report: ConntrackReport }>();

  beforeAll(async () => {
    const { spec } = await cluster.getJson<{ spec: { clusterIPs: string[] } }>('service', 'web', '--namespace=shop');
    const runs = clients.map(async ([, client]) => {
      const truth = new Map<string, string>();
      for (const address of spec.clusterIPs)
        for (const [port, server] of await connect(client, address)) truth.set(`${address} ${port}`, `shop/${server}`);
      const report = await run(`shop/${client}`, '--peer', 'svc/shop/web', '--nat', 'dnat');
      told.set(client, { truth, report });
    });
    await Promise.all(runs);
  }, 90_000);

  test.each(clients)('%s', (node, client) => {
    const { truth, report } = told.get(client) ?? { truth: new Map(), report: {} as ConntrackReport };
    expect(truth.size).toBe(2 * connections);
    const { entries, matched, destinations } = only(report, node);
    const shown = new Map(
      (entries ?? []).map(({ original, names }) => [`${original.destination} ${original.sourcePort}`, names.server]),
    );
    for (const [key, server] of truth) expect([key, shown.get(key)]).toEqual([key, server]);
    expect(entries?.every(({ names }) => names.source === `shop/${client}` && names.destination === 'shop/web')).toBe(
      true,
    );
    expect(entries?.filter(({ stale }) => stale !== false)).toEqual([]);
    expect(matched).toBe(entries?.length);
    expect(destinations.map(({ name }) => name)).toEqual(['shop/web', 'shop/web']);
  });
});

describe('an entry of a service whose real destination is no endpoint', () => {
  let tuple: string[];

  beforeAll(async () => {
    const { spec } = await cluster.getJson<{ spec: { clusterIPs: string[] } }>('service', 'web', '--namespace=shop');
    tuple = ['-p', 'tcp', '-s', '10.244.1.77', '--sport', '7777', '-d', spec.clusterIPs[0] ?? '', '--dport', '80'];
    const reply = ['--reply-src', '10.244.1.78', '--reply-port-src', '8080'];
    const back = ['--reply-dst', '10.244.1.77', '--reply-port-dst', '7777', '--state', 'ESTABLISHED', '-t', '120'];
    await cluster.nodeExec('node1', ['conntrack', '-I', ...tuple, ...reply, ...back]);
  });

  afterAll(() => cluster.nodeExec('node1', ['sh', '-c', 'conntrack -D "$@" || true', 'sh', ...tuple]));

  const there = async () => (await cluster.nodeExec('node1', ['conntrack', '-L', ...tuple])).stdout !== '';

  test('is stale', async () => {
    const report = await run('svc/shop/web', '--node', 'node1', '--peer', '10.244.1.78');
    const [entry, ...others] = only(report, 'node1').entries ?? [];
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ stale: true, dnat: { address: '10.244.1.78', port: 8080 }, flags: ['UNREPLIED'] });
  }, 60_000);

  test('is deleted when that is said, and no other', async () => {
    const words = ['conntrack', 'svc/shop/web', '--node', 'node1', '--delete'];
    const forbidden = await netinspect(cluster, plugin.path, [...words, '--yes', '--read-only']);
    expect([forbidden.exitCode, forbidden.stderr]).toEqual([2, expect.stringMatching(/--read-only is on/)]);
    const unasked = await netinspect(cluster, plugin.path, words);
    expect([unasked.exitCode, unasked.stderr]).toEqual([
      2,
      expect.stringMatching(
        /10\.244\.1\.77:7777 → .* → 10\.244\.1\.78:8080, no endpoint\nerror: .*\nnext: say so with --yes/,
      ),
    ]);
    expect(await there()).toBe(true);
    const done = await netinspect(cluster, plugin.path, [...words, '--yes', '-o', 'json']);
    const report = JSON.parse(done.stdout ?? '') as ConntrackDeleteReport;
    expect([done.exitCode, schemaErrors(report)]).toEqual([0, null]);
    expect(report.entries).toMatchObject([{ node: 'node1', problem: null, entry: { original: { sourcePort: 7777 } } }]);
    expect(await there()).toBe(false);
  }, 60_000);
});

test('--follow shows each connection as it begins, with the server that it gets', async () => {
  const { spec } = await cluster.getJson<{ spec: { clusterIPs: string[] } }>('service', 'web', '--namespace=shop');
  const words = ['conntrack', 'shop/client-node2', '--follow', '--duration', '60s', '-o', 'json'];
  const child = netinspect(cluster, plugin.path, words);
  const events: ConntrackEvent[] = [];
  let rest = '';
  child.stdout?.on('data', (data: Buffer) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map(line => JSON.parse(line)));
  });
  const seen = async (what: () => boolean) => {
    while (!what()) await once(child.stdout as NodeJS.ReadableStream, 'data', { signal: AbortSignal.timeout(20_000) });
  };
  await once(child.stderr as NodeJS.ReadableStream, 'data');
  // The kernel tells from when the tool has asked it to: the first connections may be too early.
  for (let tries = 0; events.length === 0 && tries < 20; tries++)
    await connect('client-node2', spec.clusterIPs[0] ?? '');
  const truth = await connect('client-node2', spec.clusterIPs[0] ?? '');
  const began = () =>
    new Map(
      events.flatMap(({ event, entry }) =>
        event === 'new' ? [[String(entry.original.sourcePort), entry.names.server] as const] : [],
      ),
    );
  await seen(() => [...truth.keys()].every(port => began().has(port)));
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  for (const [port, server] of truth) expect([port, began().get(port)]).toEqual([port, `shop/${server}`]);
  for (const event of events) expect(schemaErrors(event, 'ConntrackEvent')).toBeNull();
  expect(
    events.every(({ entry }) =>
      [entry.names.source, entry.names.destination, entry.names.server].includes('shop/client-node2'),
    ),
  ).toBe(true);
  expect([exitCode, stderr]).toEqual([130, expect.stringMatching(/following pod shop\/client-node2 on node2/)]);
}, 90_000);

test('--all copies the whole table', async () => {
  const file = join(folder, 'table.gz');
  const { exitCode } = await netinspect(cluster, plugin.path, ['conntrack', 'node/node3', '--all', '--to', file]);
  const { records, unread } = parseConntrack(gunzipSync(readFileSync(file)).toString());
  expect([exitCode, unread, records.length > 0]).toEqual([0, [], true]);
  const bad = await netinspect(cluster, plugin.path, ['conntrack', 'node/node3', '--all']);
  expect([bad.exitCode, bad.stderr]).toEqual([2, expect.stringMatching(/--all needs --to FILE/)]);
}, 60_000);

test('the table is that of the node, and its counters are counted', async () => {
  const { table, statistics } = only(await run('node/node2', '--stats', '--interval', '1s'), 'node2');
  const own = await cluster.nodeExec('node2', ['cat', '/proc/sys/net/netfilter/nf_conntrack_max']);
  const cpus = await cluster.nodeExec('node2', ['conntrack', '-S']);
  expect(table?.max).toBe(Number(own.stdout));
  expect([statistics?.seconds, statistics?.cpus.length]).toEqual([1, cpus.stdout.trim().split('\n').length]);
}, 60_000);

test.each([
  ['an address that nobody has', ['conntrack', '192.0.2.77'], 2, /not known on which node/],
  ['a port that is none', ['conntrack', 'shop/web', '--port', '99999'], 2, /--port is "99999"/],
  ['a service that does not exist', ['conntrack', 'svc/shop/wep'], 3, /service wep not found/],
])(
  '%s',
  async (_, args, code, words) => {
    const { exitCode, stderr } = await netinspect(cluster, plugin.path, args as string[]);
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(words)]);
  },
  30_000,
);

function only(report: ConntrackReport, node: string): ConntrackOnNode {
  const [first, ...others] = report.nodes;
  expect([first?.node, others]).toEqual([node, []]);
  if (first === undefined) throw new Error('no node');
  return first;
}
