import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CleanupReport } from '../../src/model/cleanup.ts';
import { clusterAdmin } from './cluster-admin.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** `cleanup` on the real cluster: one's own pods, everybody's finished ones, never another user's running one. */

jest.setTimeout(120_000);

const namespace = 'netinspect-cleanup';
const other = 'netinspect-test-colleague';
const image = 'docker.io/nicolaka/netshoot:v0.16';

let cluster: Cluster;
let plugin: { path: string; remove: () => void };
/** The pods of these tests, by what they are. */
const pods = new Map<string, string>();

const binding = clusterAdmin(other);

const run = (...args: string[]) => netinspect(cluster, plugin.path, args);

async function newest(known: Iterable<string>): Promise<string> {
  const { items } = await cluster.getJson<{ items: { metadata: { name: string } }[] }>(
    'pods',
    `--namespace=${namespace}`,
  );
  const seen = new Set(known);
  return items.map(pod => pod.metadata.name).find(name => !seen.has(name)) ?? '';
}

async function kubectlDebug(...command: string[]): Promise<string> {
  const said = await cluster.kubectl([
    'debug',
    'node/node1',
    `--namespace=${namespace}`,
    '--profile=sysadmin',
    `--image=${image}`,
    '--',
    ...command,
  ]);
  return /pod (\S+) with/.exec(said)?.[1] ?? '';
}

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [binding, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
    }),
  );
  await run('node', 'node1', '--keep=5m', '-n', namespace);
  pods.set('ours, running', await newest(pods.values()));
  await run('node', 'node1', '--keep=5m', '-n', namespace, `--as=${other}`);
  pods.set("another user's, running", await newest(pods.values()));
  await run('node', 'node2', '--keep=1s', '-n', namespace, `--as=${other}`);
  pods.set("another user's, finished", await newest(pods.values()));
  pods.set('of kubectl debug, finished', await kubectlDebug('true'));
  pods.set('of kubectl debug, running', await kubectlDebug('sleep', '600'));
  // Not left by anybody: a Job's, whose name begins as theirs do.
  await cluster.kubectl([
    'create',
    'job',
    'node-debugger-nightly',
    `--namespace=${namespace}`,
    `--image=${image}`,
    '--',
    'true',
  ]);
  await cluster.kubectl([
    'wait',
    '--for=condition=Complete',
    `--namespace=${namespace}`,
    'job/node-debugger-nightly',
    '--timeout=40s',
  ]);
  pods.set("a Job's, finished", await newest(pods.values()));
  for (const what of ["another user's, finished", 'of kubectl debug, finished']) {
    await cluster.kubectl([
      'wait',
      '--for=jsonpath={.status.phase}=Succeeded',
      `--namespace=${namespace}`,
      `pod/${pods.get(what)}`,
      '--timeout=40s',
    ]);
  }
});

afterAll(async () => {
  await cluster?.kubectl(['delete', 'pods', '--all', `--namespace=${namespace}`, '--grace-period=1', '--wait=false']);
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  await cluster?.kubectl(['delete', 'clusterrolebinding', other]);
  plugin?.remove();
});

/** What a cleanup does with each of our pods; pods that it does not mention are left out. */
async function actions(...args: string[]): Promise<Record<string, string>> {
  const { stdout, exitCode, stderr } = await run('cleanup', '-o', 'json', ...args);
  if (exitCode !== 0) throw new Error(stderr);
  const report = JSON.parse(stdout) as CleanupReport;
  const found = report.pods.filter(pod => pod.namespace === namespace);
  return Object.fromEntries(
    [...pods].flatMap(([what, name]) => found.filter(pod => pod.name === name).map(pod => [what, pod.action])),
  );
}

async function left(): Promise<string[]> {
  const { items } = await cluster.getJson<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
    'pods',
    `--namespace=${namespace}`,
  );
  const names = new Set(
    items.filter(pod => pod.metadata.deletionTimestamp === undefined).map(pod => pod.metadata.name),
  );
  return [...pods].filter(([, name]) => names.has(name)).map(([what]) => what);
}

const own = {
  'ours, running': 'delete',
  "another user's, running": 'leave',
  "another user's, finished": 'delete',
};
const all = { ...own, 'of kubectl debug, finished': 'delete', 'of kubectl debug, running': 'leave' };

describe('cleanup', () => {
  test('--dry-run says what it would do, and does nothing', async () => {
    expect(await actions('--dry-run')).toEqual(own);
    expect(await actions('--dry-run', '--all')).toEqual(all);
    expect(await left()).toEqual([...pods.keys()]);
  });

  test.each([
    ['that is named', ['-n', namespace], namespace],
    ['of the context, when the whole cluster may not be listed', [], 'default'],
  ])('looks alone in the namespace %s', async (_name, args, looked) => {
    const { stdout, stderr } = await run('cleanup', '-o', 'json', '--dry-run', '--as=nobody', ...args);
    expect(stdout).toBe('');
    expect(stderr).toContain(`User "nobody" cannot list resource "pods" in API group "" in the namespace "${looked}"`);
  });

  test("deletes one's own and the finished, and leaves another user's running one", async () => {
    expect(await actions('-n', namespace)).toEqual(own);
    expect(await left()).toEqual([
      "another user's, running",
      'of kubectl debug, finished',
      'of kubectl debug, running',
      "a Job's, finished",
    ]);
  });

  test('--all deletes also what kubectl debug left, but nothing that may be in use', async () => {
    expect(await actions('--all', '-n', namespace)).toEqual({
      "another user's, running": 'leave',
      'of kubectl debug, finished': 'delete',
      'of kubectl debug, running': 'leave',
    });
    expect(await left()).toEqual(["another user's, running", 'of kubectl debug, running', "a Job's, finished"]);
  });
});
