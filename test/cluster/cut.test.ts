import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cutOff, type Outcome, plans } from './cut.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { pluginDirectory } from './program.ts';

/** Commands that run processes on nodes, cut off at random moments; `node test/record/cuts.ts` does it 200 times. */

jest.setTimeout(120_000);

const namespace = 'netinspect-cut';
const all = plans(20, 7);
/** The lease of 15 s, the second in which the pod looks at it, and the start of a container that was being created. */
const deadlineMs = 30_000;
const atOnce = 7;
const outcomes: Outcome[] = [];

let cluster: Cluster;
let plugin: { path: string; remove: () => void };

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
  for (let at = 0; at < all.length; at += atOnce)
    outcomes.push(
      ...(await Promise.all(
        all.slice(at, at + atOnce).map(plan => cutOff(cluster, plugin.path, namespace, plan, deadlineMs)),
      )),
    );
}, 120_000);

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  plugin?.remove();
});

test.each(all.map((plan, index) => [plan.command, plan.cut, plan.afterMs, index] as const))(
  '%s, cut off by %s after %d ms, leaves no process',
  (_command, _cut, _after, index) => {
    expect(outcomes[index]?.left).toEqual([]);
    expect(outcomes[index]?.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  },
);

test('no debug pod runs on', async () => {
  const { items } = await cluster.getJson<{
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { phase: string } }[];
  }>('pods', `--namespace=${namespace}`);
  const running = items.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && !/^(Succeeded|Failed)$/.test(status.phase),
  );
  expect(running.map(({ metadata }) => metadata.name)).toEqual([]);
});
