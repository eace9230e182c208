import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import { type Way, wayTo } from './way.ts';

/** Every way in which a debug pod can fail is provoked for real, as a user meets it: exit code, words, next step. */

jest.setTimeout(120_000);

let cluster: Cluster;
let plugin: { path: string; remove: () => void };
/** Debug pods of whoever uses the cluster beside these tests. */
let before: string[];

const role = (name: string, rules: object[]) => [
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  },
];
const read = { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list', 'watch'] };
/** Where no debug pod of anybody else is. */
const namespace = 'netinspect-failures';
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  ...role('netinspect-test-viewer', [read]),
  ...role('netinspect-test-no-patch', [
    read,
    { apiGroups: [''], resources: ['pods'], verbs: ['create', 'delete'] },
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] },
  ]),
];
const manifest = () => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(['apply', '--filename=-'], manifest());
  before = await debugPods();
});

afterAll(async () => {
  await cluster?.kubectl(['delete', '--ignore-not-found', '--wait=false', '--filename=-'], manifest());
  plugin?.remove();
});

async function run(args: string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, args, env);
  return { exitCode, stdout, stderr };
}

async function debugPods(): Promise<string[]> {
  const { items } = await cluster.getJson<{ items: { metadata: { name: string; deletionTimestamp?: string } }[] }>(
    'pods',
    '--all-namespaces',
    '--selector=netinspect/user',
  );
  return items.filter(pod => pod.metadata.deletionTimestamp === undefined).map(pod => pod.metadata.name);
}

const cases: [name: string, args: string[], words: RegExp, next: RegExp][] = [
  [
    'PodSecurity restricted',
    ['node', 'node1', '-n', 'restricted', '--via=debug'],
    /violates PodSecurity "restricted:latest": .*hostPID=true/,
    /--debug-namespace/,
  ],
  [
    'PodSecurity baseline',
    ['node', 'node1', '--debug-namespace=baseline', '--via=debug'],
    /violates PodSecurity "baseline:latest"/,
    /--debug-namespace/,
  ],
  ['a quota', ['node', 'node1', '-n', 'quota', '--via=debug'], /exceeded quota/, /--debug-namespace/],
  [
    'a namespace that is not there',
    ['node', 'node1', '-n', 'nowhere'],
    /namespaces "nowhere" not found/,
    /-n or --debug-namespace/,
  ],
  ['a user who may nothing', ['node', 'node1', '--as=nobody'], /User "nobody" cannot get resource "nodes"/, /role/],
  [
    'a user who may only read',
    ['node', 'node1', '--as=netinspect-test-viewer'],
    /you may not create pods, delete pods, create pods\/exec in namespace default/,
    /role/,
  ],
  [
    'an image that does not exist',
    ['node', 'node1', '--debug-image=docker.io/none/such:v1'],
    /cannot get the image docker\.io\/none\/such:v1: .*not found/,
    /--debug-image/,
  ],
  ['an image that cannot be one', ['node', 'node1', '--debug-image=Foo Bar'], /invalid image name/, /--debug-image/],
  [
    'an image without a shell',
    ['node', 'node1', '--debug-image=example.test/web:1'],
    /cannot start the debug container: .*"sh"/,
    /--debug-image/,
  ],
  ['a node that does not exist', ['node', 'node9'], /node node9 not found/, /did you mean node1/],
  [
    'a pod that does not exist',
    ['pod', 'plain-node', '-n', 'shop'],
    /pod plain-node not found in namespace shop/,
    /did you mean plain-node1/,
  ],
  [
    'a pod of another namespace',
    ['pod', 'plain-node1', '-n', 'default'],
    /pod plain-node1 not found in namespace default/,
    /namespace shop has a pod of this name/,
  ],
  [
    'a server that is away',
    ['node', 'node1', '--server=https://127.0.0.1:1'],
    /refused the connection/,
    /is the API server running/,
  ],
];

describe('exit code 3, with the cause and what to do, for', () => {
  test.each(cases)('%s', async (_name, args, words, next) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(next);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  });

  test('a kubectl that is missing', async () => {
    const { exitCode, stderr } = await run(['node', 'node1'], { KUBECTL_PATH: '/no/such/kubectl' });
    expect(stderr).toMatch(/kubectl \(\/no\/such\/kubectl\) was not found/);
    expect(exitCode).toBe(3);
  });

  test('a node that takes no more pods', async () => {
    await cluster.fill('node3');
    try {
      const { exitCode, stderr } = await run(['node', 'node3']);
      expect(stderr).toMatch(/the kubelet of node3 rejected the debug pod: OutOfpods/);
      expect(stderr).toMatch(/node3 is full/);
      expect(exitCode).toBe(3);
    } finally {
      await cluster.unfill();
    }
  });

  test('a kubelet that has just stopped, and later a node that is not ready', async () => {
    await cluster.stopKubelet('node2');
    try {
      const pending = await run(['node', 'node2', '--timeout=2s']);
      expect(pending.stderr).toMatch(/the debug pod on node2 did not run within 2 s: it is Pending/);
      expect(pending.exitCode).toBe(3);
      await cluster.kubectl(['wait', '--for=condition=Ready=Unknown', 'node/node2', '--timeout=60s']);
      const unready = await run(['node', 'node2']);
      expect(unready.stderr).toMatch(/node2 is not ready: Kubelet stopped posting node status/);
      expect(unready.exitCode).toBe(3);
    } finally {
      await cluster.startKubelet('node2');
    }
  });
});

test('nothing of all that is left behind', async () => {
  expect((await debugPods()).filter(name => !before.includes(name))).toEqual([]);
});

test('without the right to patch, the lease alone ends the debug pod, and the run says so', async () => {
  const { exitCode, stdout, stderr } = await run([
    'node',
    'node1',
    '-o',
    'json',
    '-v=1',
    '--as=netinspect-test-no-patch',
  ]);
  expect(stderr).toMatch(/no label and no hard cap, its lease alone ends it: .*cannot patch resource "pods"/);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'NodeReport' });
  expect([0, 4]).toContain(exitCode);
});

describe('an API server that', () => {
  interface Lost {
    exitCode: number | undefined;
    stderr: string;
    /** The debug pod that the run could not delete. */
    name: string;
  }
  let cut: Lost;
  let frozen: Lost;

  /** Runs along a way of our own to the API server, and does something once the collector is started. */
  async function runAlong(act: (way: Way, running: ReturnType<typeof netinspect>) => void): Promise<Lost> {
    const way = await wayTo(cluster);
    try {
      const args = ['node', 'node1', '-v=6', `--namespace=${namespace}`, ...way.flags];
      const running = netinspect(cluster, plugin.path, args);
      let said = '';
      let done = false;
      running.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (done || !said.includes('collecting on node1')) return;
        done = true;
        act(way, running);
      });
      const { exitCode, stderr } = await running;
      const name = /delete pod .*(node-debugger-node1-\w+)/.exec(stderr)?.[1] ?? '';
      return { exitCode, stderr, name };
    } finally {
      way.cut();
    }
  }

  beforeAll(async () => {
    cut = await runAlong(way => way.cut());
    frozen = await runAlong((way, running) => {
      way.freeze();
      running.kill('SIGINT');
      // A person's second Ctrl-C: what comes sooner counts as an echo of the first (main.ts).
      setTimeout(() => running.kill('SIGINT'), 1000);
    });
  });

  test('is cut off while collecting: the command that deletes the pod', () => {
    expect(cut.stderr).toMatch(
      /could not be deleted: .*; it ends by itself within 15 s, remove it then with: .*delete pod/,
    );
    expect(cut.stderr).not.toMatch(/^\s+at /m);
    expect([3, 4]).toContain(cut.exitCode);
  });

  test('answers no more: a second Ctrl-C leaves at once, with the command that deletes the pod', () => {
    expect(frozen.stderr).toMatch(
      /left behind; delete it with: .* delete pod --namespace=netinspect-failures node-debugger-node1-/,
    );
    expect(frozen.exitCode).toBe(130);
  });

  test('is away leaves no debug pod past its lease', async () => {
    const pods = [cut, frozen].map(({ name }) => `pod/${name}`);
    const wait = ['wait', '--for=jsonpath={.status.phase}=Succeeded', `--namespace=${namespace}`, '--timeout=40s'];
    await cluster.kubectl([...wait, ...pods]);
    await cluster.kubectl(['delete', `--namespace=${namespace}`, ...pods]);
  });
});
