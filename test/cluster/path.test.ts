import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PathReport } from '../../src/model/path-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** The truth: where the API says that pods are, and by which device the kernel of the client's node reaches them. */
let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
const reports = new Map<string, PathReport>();
const clients = ['client-node1', 'client-node2', 'client-node3'];

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  const runs = clients.map(async client => {
    const words = ['path', `shop/${client}`, 'svc/shop/web:80', '-o', 'json'];
    const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, words);
    expect([exitCode, stderr]).toEqual([0, '']);
    reports.set(client, JSON.parse(stdout ?? ''));
  });
  await Promise.all(runs);
}, 120_000);

afterAll(() => plugin?.remove());

interface Pod {
  metadata: { name: string };
  spec: { nodeName: string };
  status: { podIPs: { ip: string }[] };
}

test.each(clients)('%s: where each endpoint is, and how the kernel says that it is reached', async client => {
  const report = reports.get(client) as PathReport;
  expect(schemaErrors(report)).toBeNull();
  const node = client.replace('client-', '');
  const { items } = await cluster.getJson<{ items: Pod[] }>('pods', '--namespace=shop', '--selector=app=web');
  const truth = await Promise.all(
    items.flatMap(({ metadata, spec, status }) =>
      status.podIPs.map(async ({ ip }) => {
        const { stdout } = await cluster.nodeExec(node, ['ip', 'route', 'get', ip]);
        const device = / dev (\S+)/.exec(stdout)?.[1] ?? '';
        const tunnel = device.startsWith('flannel') ? device : null;
        return [metadata.name, ip.includes(':') ? 'IPv6' : 'IPv4', spec.nodeName === node, tunnel].join(' ');
      }),
    ),
  );
  const shown = report.ways.flatMap(({ family, sameNode, links, ends }) =>
    ends.map(({ end }) => {
      const tunnel = links.flatMap(link => (link.kind === 'tunnel' ? [link.device] : []))[0] ?? null;
      return [end?.name.replace('shop/', ''), family, sameNode, tunnel].join(' ');
    }),
  );
  expect(shown.sort()).toEqual(truth.sort());
  for (const { networks, sameNode, nat, probability, ends } of report.ways) {
    expect(networks).toEqual(sameNode ? ['cluster', 'service'] : ['cluster', 'service', 'node']);
    expect([nat.dnat, probability]).toEqual([true, `${ends.length}/3`]);
  }
});
