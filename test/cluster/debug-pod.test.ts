import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { PlanReport } from '../../src/model/plan.ts';
import { clusterAdmin } from './cluster-admin.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { type Killed, type KillSignal, kill, type Stage } from './kill.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** The debug pod's life on the real cluster, through the program as a user runs it. */

jest.setTimeout(120_000);

const namespace = 'netinspect-debug-pod';
const other = 'netinspect-test-other';

interface ApiPod {
  metadata: {
    name: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec: { nodeName: string; activeDeadlineSeconds?: number; containers: Record<string, unknown>[] } & Record<
    string,
    unknown
  >;
  status: { startTime: string };
}

let cluster: Cluster;
let plugin: { path: string; remove: () => void };

const binding = clusterAdmin(other);

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(binding));
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
});

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  await cluster?.kubectl(['delete', 'clusterrolebinding', other]);
  plugin?.remove();
});

const run = (...args: string[]) => netinspect(cluster, plugin.path, [...args, `--namespace=${namespace}`]);

async function debugPods(): Promise<ApiPod[]> {
  const { items } = await cluster.getJson<{ items: ApiPod[] }>('pods', `--namespace=${namespace}`);
  return items.filter(pod => pod.metadata.deletionTimestamp === undefined);
}

describe('a kept debug pod', () => {
  let kept: ApiPod;

  beforeAll(async () => {
    const { exitCode, stderr } = await run('node', 'node1', '--keep=5m', '-o', 'json');
    if (exitCode !== 0) throw new Error(stderr);
    const [pod, ...more] = await debugPods();
    if (!pod || more.length > 0) throw new Error('there is not just one debug pod');
    kept = pod;
  });

  test('says whose it is, since when, what for and until when, and has a hard cap', () => {
    expect(kept.metadata.labels['netinspect/user']).toMatch(/^[0-9a-f]{16}$/);
    expect(kept.metadata.annotations).toMatchObject({
      'netinspect/user': 'kubernetes-admin',
      'netinspect/purpose': 'node node1',
      'netinspect/started': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      'netinspect/kept-until': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(kept.spec.activeDeadlineSeconds).toBe(600);
  });

  test('is used by a later run of the same user, which says so', async () => {
    const { exitCode, stderr } = await run('node', 'node1', '-v=1');
    expect(stderr).toContain(`using the debug pod ${kept.metadata.name} on node1, kept by an earlier run`);
    expect(exitCode).toBe(0);
    expect((await debugPods()).map(pod => pod.metadata.name)).toEqual([kept.metadata.name]);
  });

  test('is what --dry-run says would be used: no pod would be created, patched or deleted', async () => {
    const { stdout } = await run('node', 'node1', '--dry-run', '-o', 'json');
    const { pods, commands, requests } = JSON.parse(stdout) as PlanReport;
    expect(pods).toEqual([]);
    expect(commands.map(command => command.slice(1, 5))).toEqual([
      ['exec', '-i', `--namespace=${namespace}`, kept.metadata.name],
    ]);
    expect(requests.filter(request => /^(PATCH|DELETE)/.test(request))).toEqual([]);
  });

  test.each([
    ['for another node', ['node', 'node2']],
    ['with another image', ['node', 'node1', '--debug-image=docker.io/nicolaka/netshoot:pull-me']],
    ['by another user', ['node', 'node1', `--as=${other}`]],
  ])('is not used %s', async (_name, args) => {
    const { exitCode, stderr } = await run(...args, '-v=1');
    expect(stderr).toMatch(/starting a debug pod on/);
    expect(stderr).not.toMatch(/using the debug pod/);
    expect(exitCode).toBe(0);
  });

  test('near its hard cap gives way to a new one, which is kept in its place', async () => {
    const age = Math.ceil((Date.now() - Date.parse(kept.status.startTime)) / 1000);
    const patch = JSON.stringify({ spec: { activeDeadlineSeconds: age + 28 } });
    const old = kept.metadata.name;
    await cluster.kubectl(['patch', 'pod', old, `--namespace=${namespace}`, '--type=merge', `--patch=${patch}`]);
    const planned = await run('node', 'node1', '--keep=5m', '--dry-run', '-o', 'json');
    const { requests } = JSON.parse(planned.stdout) as PlanReport;
    expect(requests).toContain(`DELETE /api/v1/namespaces/${namespace}/pods/${old}`);
    const { exitCode } = await run('node', 'node1', '--keep=5m');
    expect(exitCode).toBe(0);
    const [successor, ...more] = await debugPods();
    expect([successor?.metadata.name === old, more]).toEqual([false, []]);
    expect(successor?.metadata.annotations).toHaveProperty(['netinspect/kept-until']);
    if (successor) kept = successor;
  });

  test('that was deleted meanwhile is replaced by a new one', async () => {
    await cluster.kubectl(['delete', 'pod', `--namespace=${namespace}`, kept.metadata.name, '--grace-period=1']);
    const { exitCode } = await run('node', 'node1');
    expect(exitCode).toBe(0);
    expect(await debugPods()).toEqual([]);
  });
});

test('--dry-run creates nothing, and shows the pod as kubectl debug makes it', async () => {
  const { stdout, exitCode } = await run('node', 'node3', '--dry-run', '-o', 'json');
  expect(exitCode).toBe(0);
  expect(await debugPods()).toEqual([]);
  const [planned] = (JSON.parse(stdout) as PlanReport).pods;
  expect(planned).toMatchObject({ node: 'node3', namespace, admitted: true });
  if (!planned) throw new Error('no pod is planned');
  const { spec } = planned.manifest as ApiPod;

  const [container] = spec.containers as { image: string; command: string[]; volumeMounts: object[] }[];
  if (!container) throw new Error('the planned pod has no container');
  const created = await cluster.kubectl([
    'debug',
    'node/node3',
    `--namespace=${namespace}`,
    '--profile=sysadmin',
    `--image=${container.image}`,
    '--',
    ...container.command,
  ]);
  const name = /pod (\S+) with/.exec(created)?.[1] ?? '';
  const real = await cluster.getJson<ApiPod>('pod', name, `--namespace=${namespace}`);
  await cluster.kubectl(['delete', 'pod', name, `--namespace=${namespace}`, '--grace-period=1', '--wait=false']);
  expect(real.spec).toMatchObject({
    ...spec,
    tolerations: expect.arrayContaining(spec['tolerations'] as object[]),
    volumes: expect.arrayContaining([expect.objectContaining({ name: 'host-root' })]),
    containers: [
      expect.objectContaining({
        ...container,
        volumeMounts: expect.arrayContaining(container.volumeMounts),
      }),
    ],
  });
});

/** A stack trace of Node. */
const stackTrace = /^\s+at .*:\d+:\d+\)?$/m;

describe('a run that is ended', () => {
  const cases: [KillSignal, Stage, exitCode: number][] = [
    ['SIGINT', 'before create', 130],
    ['SIGINT', 'create to patch', 130],
    ['SIGINT', 'waiting', 130],
    ['SIGINT', 'collecting', 130],
    ['SIGINT', 'deleting', 130],
    ['SIGTERM', 'create to patch', 143],
    ['SIGTERM', 'collecting', 143],
  ];
  const deadlineMs = 10_000;

  test.each(cases)('by %s at the stage "%s" leaves no debug container', async (signal, stage, exitCode) => {
    const killed = await kill(cluster, plugin.path, 'node2', signal, stage, deadlineMs);
    // Deleting takes some 20 ms: a run may be through before the signal comes.
    if (stage !== 'deleting') expect(killed.hit).toBe(true);
    expect(killed.goneAfterMs).toBeLessThan(deadlineMs);
    expect(killed.exitCode).toBe(killed.hit ? exitCode : 0);
    expect(killed.stderr).not.toMatch(stackTrace);
  });
});

describe('a run that SIGKILL ends', () => {
  const stages: [Stage, node: string][] = [
    ['create to patch', 'node1'],
    ['waiting', 'node2'],
    ['collecting', 'node3'],
  ];
  /** The lease is 15 s from the last renewal, at most from the container's start. */
  const deadlineMs = 30_000;
  const killed = new Map<Stage, Killed>();

  // Side by side: each waits for its lease.
  beforeAll(async () => {
    await Promise.all(
      stages.map(async ([stage, node]) =>
        killed.set(stage, await kill(cluster, plugin.path, node, 'SIGKILL', stage, deadlineMs)),
      ),
    );
  });

  test.each(stages)('at the stage "%s" leaves no debug container past its lease', stage => {
    expect(killed.get(stage)).toMatchObject({ hit: true, exitCode: undefined });
    expect(killed.get(stage)?.goneAfterMs).toBeLessThan(deadlineMs);
    expect(killed.get(stage)?.stderr).not.toMatch(stackTrace);
  });

  test('leaves a pod that the next run removes', async () => {
    const name = /^PATCH \S+\/pods\/(\S+)/m.exec(killed.get('collecting')?.stderr ?? '')?.[1];
    const pod = ['--namespace=default', `pod/${name}`];
    await cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', ...pod, '--timeout=40s']);
    await netinspect(cluster, plugin.path, ['node', 'node2', '--namespace=default']);
    await cluster.kubectl(['wait', '--for=delete', ...pod, '--timeout=40s']);
  });
});
