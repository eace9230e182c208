import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import type { PacketInput } from '../../src/model/trace.ts';
import type { PathOutcome, TraceReport } from '../../src/model/trace-report.ts';
import { expectedCounts } from './binomial.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import { taskPids } from './truth.ts';

/**
 * What `trace` says is held against real requests: the web server answers with its own name. TRACE_REQUESTS asks for more
 * of them; a count that is no alarm in truth is taken for one with a probability of 1e-6 in all the tests here.
 */
const requests = Number(process.env['TRACE_REQUESTS'] ?? 40);
const clients = ['client-node1', 'client-node2', 'client-node3'];
const services = ['web', 'web-node-port', 'web-internal-local', 'plain', 'host-network', 'no-endpoints'];
const nodes = ['node1', 'node2', 'node3'];

interface Case {
  title: string;
  /** SRC and DST of the trace. */
  words: [string, string];
  /** Where real requests come from. */
  from: { kind: 'pod' | 'node'; name: string } | { kind: 'outside' };
}

const cases: Case[] = [
  ...clients.flatMap(client =>
    services.map(service => ({
      title: `pod ${client} → service ${service}`,
      words: [`shop/${client}`, `svc/shop/${service}:80`] as [string, string],
      from: { kind: 'pod' as const, name: client },
    })),
  ),
  ...clients.map(client => ({
    title: `pod ${client} → service echo, of UDP`,
    words: [`shop/${client}`, 'svc/shop/echo:7/udp'] as [string, string],
    from: { kind: 'pod' as const, name: client },
  })),
  ...nodes.map(node => ({
    title: `${node} → its node port`,
    words: [`node/${node}`, `node/${node}:30080`] as [string, string],
    from: { kind: 'node' as const, name: node },
  })),
  ...nodes.map(node => ({
    title: `outside → a node port of ${node} with externalTrafficPolicy Local`,
    words: ['internet', `node/${node}:30082`] as [string, string],
    from: { kind: 'outside' as const },
  })),
];

const families = ['IPv4', 'IPv6'] as const;
const alarm = 1e-6 / (cases.length * families.length * nodes.length);

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
let folder: string;
let saved: string;
const pids = new Map<string, number>();

interface ApiPod {
  spec: { nodeName: string };
  status: { containerStatuses: { containerID: string }[] };
}

beforeAll(async () => {
  plugin = pluginDirectory();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-trace-'));
  saved = join(folder, 'shop.tar.gz');
  cluster = await ensureCluster();
  const live = await netinspect(cluster, plugin.path, ['snapshot', ...clients.map(name => `pod/shop/${name}`), saved]);
  expect([live.exitCode, live.stderr]).toEqual([0, '']);
  for (const client of clients) {
    const pod = await cluster.getJson<ApiPod>('pod', client, '--namespace=shop');
    const id = pod.status.containerStatuses[0]?.containerID.replace(/^.*:\/\//, '') ?? '';
    const running = await taskPids(
      async (node, argv) => (await cluster.nodeExec(node, argv)).stdout,
      pod.spec.nodeName,
    );
    pids.set(client, running.get(id) ?? 0);
  }
}, 120_000);

afterAll(() => {
  plugin?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** What answered, in the order of the requests, each over a connection of its own; nothing for one that got no answer. */
async function answers(
  { from }: Case,
  { destination: address, port = 0, protocol }: PacketInput,
  count: number,
): Promise<string[]> {
  const ask = protocol === 'udp' ? datagrams(address, port, count) : requestsTo(address, port, count);
  if (from.kind === 'outside') return lines((await execa(ask[0] ?? '', ask.slice(1), { reject: false })).stdout);
  if (from.kind === 'node') return lines((await cluster.nodeExec(from.name, ask)).stdout);
  const enter = ['nsenter', '-t', String(pids.get(from.name)), '-n', ...ask];
  return lines((await cluster.nodeExec(from.name.replace('client-', ''), enter)).stdout);
}

function requestsTo(address: string, port: number, count: number): string[] {
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/?[1-${count}]`;
  return ['curl', '--silent', '--max-time', '5', '--header', 'Connection: close', url];
}

/** Each from a socket of its own. */
function datagrams(address: string, port: number, count: number): string[] {
  const loop =
    'for ((i = 0; i < $3; i++)); do exec 3<>"/dev/udp/$1/$2"; echo >&3; timeout 5 head -n1 <&3; exec 3>&-; done';
  return ['bash', '-c', loop, 'datagrams', address, String(port), String(count)];
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}

/** The host name of the web server that an outcome ends at: a pod's own, its node's on the network of the node. */
function server({ end }: PathOutcome): string {
  return (end?.name ?? '').replace('shop/', '');
}

describe.each(cases)('$title', one => {
  let report: TraceReport;

  beforeAll(async () => {
    const run = await netinspect(cluster, plugin.path, ['trace', ...one.words, '--from', saved, '-o', 'json']);
    expect(run.stderr).toBe('');
    report = JSON.parse(run.stdout ?? '');
  });

  test.each(families)('%s: requests end where the trace says, as often as it says', async family => {
    const path = report.paths.find(each => each.family === family);
    if (path === undefined) throw new Error(`no ${family} path`);
    const accepted = path.outcomes.filter(({ verdict }) => verdict === 'accept');
    // The kernel sends so few ICMP errors a second that each refusal costs one (net.ipv4.icmp_ratelimit).
    const count = accepted.length === 0 ? 2 : requests;
    const seen = await answers(one, path.packet, count);
    const counts = new Map([...Map.groupBy(seen, name => name)].map(([name, all]) => [name, all.length]));
    expect([...counts.keys()].filter(name => !accepted.some(outcome => server(outcome) === name))).toEqual([]);
    if (accepted.length === path.outcomes.length) expect(seen.length).toBe(count);
    for (const outcome of path.outcomes) {
      const { least, most } = expectedCounts(count, outcome.share ?? Number.NaN, alarm);
      const found = outcome.verdict === 'accept' ? (counts.get(server(outcome)) ?? 0) : count - seen.length;
      expect({ to: outcome.to, found, fits: found >= least && found <= most }).toMatchObject({ fits: true });
    }
  });
});

test('live, from every node: a path of each for each family, and the shares of the saved ones', async () => {
  const run = await netinspect(cluster, plugin.path, [
    'trace',
    'node/node1',
    'svc/shop/web',
    '--all-nodes',
    '-o',
    'json',
  ]);
  expect([run.exitCode, run.stderr]).toEqual([0, '']);
  const { paths }: TraceReport = JSON.parse(run.stdout ?? '');
  const found = paths.map(({ node, family, outcomes }) => [node, family, outcomes.map(({ share }) => share)]);
  const third = 1 / 3;
  expect(found.sort()).toEqual(nodes.flatMap(node => families.map(family => [node, family, [third, third, third]])));
});
