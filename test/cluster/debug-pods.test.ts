import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createDebugPods, type DebugPods } from '../../src/collect/debug-pods.ts';
import { type Cluster, ensureCluster } from './harness.ts';

/** Debug pods that one run holds for long, as the screen does, on the real cluster. */

jest.setTimeout(120_000);

const namespace = 'netinspect-debug-pods';
const image = 'docker.io/nicolaka/netshoot:v0.16';
let cluster: Cluster;
let pods: DebugPods;

beforeAll(async () => {
  cluster = await ensureCluster();
  process.env['KUBECTL_PATH'] = cluster.kubectlPath;
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(object));
});

afterAll(async () => {
  delete process.env['KUBECTL_PATH'];
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

beforeEach(() => {
  pods = createDebugPods({
    connection: { kubeconfig: cluster.kubeconfig, namespace },
    debug: { image, timeoutMs: 60_000 },
    progress: () => {},
    signal: new AbortController().signal,
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await pods.close();
});

/** The debug pods that are there and not being deleted. */
async function living(): Promise<string[]> {
  const { items } = await cluster.getJson<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
    'pods',
    `--namespace=${namespace}`,
  );
  return items.flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.name] : []));
}

/** What `echo` says in the node's debug pod, and in which pod that was. */
async function said(words: string): Promise<[string, string]> {
  const task = { node: 'node1', purpose: 'test', step: 'asking', script: 'echo "$*"', args: words.split(' ') };
  const { pod, result } = await pods.run(task);
  return [result.output.toString().trim(), pod.name ?? ''];
}

test('one pod answers as often as it is asked, over one stream, and goes with the run', async () => {
  const [first, pod] = await said('one');
  expect(await living()).toEqual([pod]);
  for (const words of ['two', 'two words', 'four']) expect(await said(words)).toEqual([words, pod]);
  expect(first).toBe('one');
  await pods.close();
  expect(await living()).toEqual([]);
});

test('several who ask a node at once share its pod', async () => {
  const answers = await Promise.all(['one', 'two', 'three'].map(said));
  expect(answers.map(([words]) => words)).toEqual(['one', 'two', 'three']);
  expect(new Set(answers.map(([, pod]) => pod)).size).toBe(1);
  expect(await living()).toHaveLength(1);
});

describe('another takes the place', () => {
  test('of a pod that somebody deleted', async () => {
    const [, first] = await said('one');
    await cluster.kubectl(['delete', 'pod', first, `--namespace=${namespace}`, '--grace-period=1']);
    const [words, second] = await said('two');
    expect(words).toBe('two');
    expect(second).not.toBe(first);
    expect(await living()).toEqual([second]);
  });

  test('of a pod that is near its hard cap, which then goes', async () => {
    const [, first] = await said('one');
    const later = Date.now() + 9.5 * 60_000;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    const [, second] = await said('two');
    expect(second).not.toBe(first);
    const third = await said('three');
    expect(third).toEqual(['three', second]);
    await pods.close();
    expect(await living()).toEqual([]);
  });
});

test('a pod that does not start is not left until the end', async () => {
  await pods.close();
  const options = { connection: { kubeconfig: cluster.kubeconfig, namespace }, progress: () => {} };
  const debug = { image: 'docker.io/none/such:v1', timeoutMs: 60_000 };
  pods = createDebugPods({ ...options, debug, signal: new AbortController().signal });
  await expect(said('one')).rejects.toMatchObject({ code: 'image-pull' });
  await cluster.kubectl(['wait', '--for=delete', 'pod', '--all', `--namespace=${namespace}`, '--timeout=30s']);
  expect(await living()).toEqual([]);
});
