import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProbeReport } from '../../src/model/probe-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** `probe` on the real cluster: what it says of who answered is held against the API, and what fails against what is there. */

const namespace = 'netinspect-probe';
const count = 24;
let cluster: Cluster;
let plugin: { path: string; remove: () => void };

interface Case {
  title: string;
  args: string[];
}

const cases = {
  bridge: { title: 'a service over HTTP, from node1', args: ['shop/client-node1', 'svc/shop/web:80', '--http=/'] },
  legacy: { title: 'a service over TCP, from node2', args: ['shop/client-node2', 'svc/shop/web:80'] },
  routed: { title: 'a service over UDP, from node3', args: ['shop/client-node3', 'svc/shop/echo:7/udp'] },
  node: { title: 'a node port, from a node', args: ['node/node2', 'node/node2:30080', '--family=IPv4'] },
  sticky: {
    title: 'a service with session affinity',
    args: ['shop/client-node1', 'svc/shop/web-sticky:80', '--family=IPv4'],
  },
  ping: {
    title: 'a pod by ICMP',
    args: ['shop/client-node2', 'shop/client-node3', '--protocol=icmp', '--count=3', '--traceroute', '--mtu'],
  },
  refused: { title: 'a port that nobody listens on', args: ['shop/client-node1', 'shop/web-1:8081', '--family=IPv4'] },
  // Few: the kernel limits the rate of ICMP errors (net.ipv4.icmp_ratelimit), and further ones are lost.
  rejected: {
    title: 'a service without endpoints',
    args: ['shop/client-node3', 'svc/shop/no-endpoints:80', '--family=IPv4', '--count=3'],
  },
  lost: { title: 'an address where nobody is', args: ['shop/client-node1', '192.0.2.1:80', '--wait=1s', '--count=4'] },
} satisfies Record<string, Case>;

const results = new Map<string, { exitCode?: number | undefined; stdout: string; stderr: string }>();

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
  const all = Object.entries(cases);
  // A few at a time: the machine has few processors.
  for (let at = 0; at < all.length; at += 3)
    await Promise.all(
      all.slice(at, at + 3).map(async ([name, { args }]) => {
        const words = [`--count=${count}`, ...args, '-o', 'json', `--debug-namespace=${namespace}`];
        results.set(name, await netinspect(cluster, plugin.path, ['probe', ...words]));
      }),
    );
}, 120_000);

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  plugin?.remove();
});

function reportOf(name: keyof typeof cases): ProbeReport {
  const { stdout, stderr } = results.get(name) ?? { stdout: '', stderr: 'not run' };
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

async function webAddresses(family: 'IPv4' | 'IPv6'): Promise<string[]> {
  const { items } = await cluster.getJson<{ items: { status: { podIPs: { ip: string }[] } }[] }>(
    'pods',
    '--namespace=shop',
    '--selector=app=web',
  );
  const ips = items.flatMap(({ status }) => status.podIPs.map(({ ip }) => ip));
  return ips.filter(ip => ip.includes(':') === (family === 'IPv6'));
}

test.each(Object.keys(cases) as (keyof typeof cases)[])('the document keeps to its published schema: %s', name => {
  expect(schemaErrors(reportOf(name))).toBeNull();
});

describe.each(['bridge', 'legacy', 'routed', 'node'] as const)('%s: what succeeds', name => {
  test('succeeds each time, with a latency, and every connection has its endpoint', async () => {
    const { probes } = reportOf(name);
    expect(probes.map(({ family }) => family)).toEqual(name === 'node' ? ['IPv4'] : ['IPv4', 'IPv6']);
    for (const probe of probes) {
      expect(probe).toMatchObject({ attempts: count, succeeded: count, failures: [] });
      expect(probe.latency?.min).toBeGreaterThan(0);
      expect(probe.endpoints?.reduce((sum, endpoint) => sum + endpoint.count, 0)).toBe(count);
      const addresses = await webAddresses(probe.family);
      for (const { address, name: endpoint, probability } of probe.endpoints ?? []) {
        expect(addresses).toContain(/^\[?(.*?)\]?:8080$/.exec(address)?.[1]);
        expect(endpoint).toMatch(/^shop\/web-\d$/);
        expect(probability).toBe('1/3');
      }
    }
  });

  test('agrees with the shares of the rules', () => {
    const { probes } = reportOf(name);
    expect(probes.map(({ agreement }) => agreement.verdict)).toEqual(probes.map(() => 'agrees'));
    expect(results.get(name)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

test('HTTP tells the status of each answer', () => {
  expect(reportOf('bridge').probes[0]?.statuses).toEqual([{ status: 200, count }]);
});

test('a client that stays with its endpoint is not held against shares', () => {
  const [probe] = reportOf('sticky').probes;
  expect(probe?.endpoints?.filter(endpoint => endpoint.count > 0)).toHaveLength(1);
  expect(probe?.agreement.verdict).toBe('not tested');
});

test('a ping is answered by the pod itself', () => {
  for (const { succeeded, endpoints, agreement } of reportOf('ping').probes) {
    expect([succeeded, endpoints?.[0]?.name, agreement.verdict]).toEqual([3, 'shop/client-node3', 'agrees']);
  }
});

test('the hops of a ping are named, and the path MTU is that of the tunnel on the way', async () => {
  const [ipv4, ipv6] = reportOf('ping').probes;
  const { podIP } = (await cluster.getJson<{ status: { podIP: string } }>('pod', 'client-node3', '--namespace=shop'))
    .status;
  expect(ipv4?.hops?.map(({ name }) => name)).toEqual([
    'node2, pod network',
    'node3, pod network',
    'shop/client-node3',
  ]);
  expect(ipv4?.hops?.at(-1)?.address).toBe(podIP);
  const mtuOf = async (device: string) =>
    Number((await cluster.nodeExec('node2', ['cat', `/sys/class/net/${device}/mtu`])).stdout);
  expect(ipv4?.mtu?.map(({ bytes }) => bytes)).toEqual([await mtuOf('flannel.1')]);
  expect(ipv6?.mtu?.map(({ bytes }) => bytes)).toEqual([await mtuOf('flannel-v6.1')]);
});

test.each([
  ['refused', count, 'Connection refused', 'not tested'],
  ['rejected', 3, 'Connection refused', 'agrees'],
  ['lost', 4, 'Connection timed out', 'not tested'],
] as const)('%s: what fails says why, and gives 1', (name, attempts, why, verdict) => {
  expect(reportOf(name).probes).toEqual([
    expect.objectContaining({
      succeeded: 0,
      failures: [{ why, count: attempts }],
      latency: null,
      agreement: expect.objectContaining({ verdict }),
    }),
  ]);
  expect(results.get(name)?.exitCode).toBe(1);
});
