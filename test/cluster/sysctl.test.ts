import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SysctlReport } from '../../src/model/sysctl-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** A sysctl of the node's own network namespace that no pod and no agent here cares for. */
const key = 'net.ipv4.conf.lo.proxy_arp';
const file = '/proc/sys/net/ipv4/conf/lo/proxy_arp';

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
}, 120_000);

afterAll(() => plugin?.remove());

const onNode = async () => (await cluster.nodeExec('node2', ['cat', file])).stdout.trim();

test('set, shown before and after, as the node itself says; not without a yes', async () => {
  expect(await onNode()).toBe('0');
  const unasked = await netinspect(cluster, plugin.path, ['sysctl', 'node2', `${key}=1`]);
  expect([unasked.exitCode, unasked.stderr]).toEqual([2, expect.stringMatching(/say so with --yes/)]);
  const forbidden = await netinspect(cluster, plugin.path, ['sysctl', 'node2', `${key}=1`, '--yes', '--read-only']);
  expect([forbidden.exitCode, forbidden.stderr]).toEqual([2, expect.stringMatching(/--read-only is on/)]);
  expect(await onNode()).toBe('0');
  try {
    const set = await netinspect(cluster, plugin.path, ['sysctl', 'node2', `${key}=1`, '--yes', '-o', 'json']);
    const report = JSON.parse(set.stdout ?? '') as SysctlReport;
    expect([set.exitCode, schemaErrors(report)]).toEqual([0, null]);
    expect(report.change).toEqual({ key, before: '0', after: '1' });
    expect(await onNode()).toBe('1');
  } finally {
    await cluster.nodeExec('node2', ['sh', '-c', `echo 0 >${file}`]);
  }
}, 60_000);

test.each([
  [['node2', 'net.ipv4.nosuch'], 4, /node2 has no net\.ipv4\.nosuch/],
  [['node2', `${key}=many`, '--yes'], 3, /was not set to many: Invalid argument/],
  [['node2', 'kernel.hostname=x', '--yes'], 2, /not a network sysctl/],
  [['node2', 'net/../kernel/hostname'], 2, /not a network sysctl/],
])(
  '%j: exit code %i',
  async (args, code, words) => {
    const { exitCode, stderr } = await netinspect(cluster, plugin.path, ['sysctl', ...args]);
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(words)]);
  },
  30_000,
);
