import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessReport } from '../../src/model/access-report.ts';
import type { NodeReport } from '../../src/model/report.ts';
import type { ServiceReport } from '../../src/model/service-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** Each way in with just the role that `access` prints for it, by users who have nothing else. */
const ways = ['debug', 'agent', 'api'] as const;
const user = (way: (typeof ways)[number]) => `e-ways-${way}`;

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;

interface Answer<T> {
  exitCode: number | undefined;
  report: T;
  stderr: string;
}

/** What is asked, all at once. */
const questions = {
  'debug access': ['access', 'node1', `--as=${user('debug')}`],
  'agent access': ['access', 'node1', `--as=${user('agent')}`],
  'api access': ['access', 'node1', `--as=${user('api')}`],
  'no access': ['access', 'node1', '--as=e-ways-nobody'],
  'restricted access': ['access', 'node1', '-n', 'restricted'],
  debug: ['node', 'node1', `--as=${user('debug')}`],
  node1: ['node', 'node1', `--as=${user('agent')}`],
  node2: ['node', 'node2', `--as=${user('agent')}`],
  node3: ['node', 'node3', `--as=${user('agent')}`],
  'service by debug': ['service', 'shop/web', '--node', 'node3', `--as=${user('debug')}`],
  'service by agent': ['service', 'shop/web', '--node', 'node3', `--as=${user('agent')}`],
  'api refused': ['node', 'node1', `--as=${user('api')}`],
  api: ['node', 'node1', '--via=api', `--as=${user('api')}`],
  restricted: ['node', 'node1', '-n', 'restricted'],
  dns: ['dns', 'shop/web-0', `--as=${user('agent')}`],
};
const answers = new Map<string, Answer<unknown>>();
const answer = <T>(name: keyof typeof questions) => answers.get(name) as Answer<T>;

async function run<T>(...args: string[]): Promise<Answer<T>> {
  const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, [...args, '-o', 'json']);
  const report = stdout ? JSON.parse(stdout) : undefined;
  if (report !== undefined) expect(schemaErrors(report)).toBeNull();
  return { exitCode, report, stderr: String(stderr) };
}

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  const { report } = await run<AccessReport>('access');
  const objects = report.ways.flatMap(({ way, role }) => {
    const name = user(way);
    const { rules } = role as { rules: object[] };
    return [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
      },
    ];
  });
  await cluster.kubectl(['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  // The API server learns of roles a moment later.
  for (const way of ways)
    for (let tries = 0; tries < 50; tries++) {
      const words = ['auth', 'can-i', 'list', 'nodes', `--as=${user(way)}`];
      if ((await cluster.kubectl(words).catch(() => 'no')).trim() === 'yes') break;
    }
  await Promise.all(
    Object.entries(questions).map(async ([name, args]) => answers.set(name, await run<unknown>(...args))),
  );
}, 180_000);

afterAll(async () => {
  plugin?.remove();
  const names = ways.map(user);
  await cluster?.kubectl(['delete', 'clusterrolebinding', ...names, '--ignore-not-found']);
  await cluster?.kubectl(['delete', 'clusterrole', ...names, '--ignore-not-found']);
});

test.each<[string, keyof typeof questions, (boolean | null)[], number]>([
  ['the role of debug pods', 'debug access', [true, true, true], 0],
  ['the role of exec', 'agent access', [false, true, true], 0],
  ['the role that reads', 'api access', [false, false, true], 1],
  ['no role', 'no access', [false, false, false], 1],
  ['a namespace that takes no privileged pods', 'restricted access', [false, true, true], 0],
])('access with %s', (_, name, open, code) => {
  const { exitCode, report } = answer<AccessReport>(name);
  expect([exitCode, report.ways.map(way => way.open)]).toEqual([code, open]);
});

describe('each role is enough for its way', () => {
  test('a debug pod: all is seen', () => {
    const { exitCode, report, stderr } = answer<NodeReport>('debug');
    expect([exitCode, stderr, report.gaps]).toEqual([0, '', []]);
  });

  test.each<['node1' | 'node2' | 'node3', string, string]>([
    ['node1', 'iptables', 'iptables-nft'],
    ['node2', 'iptables', 'iptables-legacy'],
    ['node3', 'nftables', 'nftables'],
  ])(
    'what runs on %s already: its rules are read, and what is not seen is said',
    async (node, mode, backend) => {
      const { exitCode, report, stderr } = await run<NodeReport>('node', node, `--as=${user('agent')}`);
      expect(report.kubeProxy).toMatchObject({ mode, backends: [backend] });
      expect(report.interfaces).toEqual([]);
      expect(report.gaps.some(({ subject }) => subject === node)).toBe(true);
      expect([exitCode, stderr]).toEqual([
        4,
        expect.stringMatching(
          /^warning: node\d was seen through kube-system\/kube-proxy-\S+ alone \(kubectl exec\), for you may not create pods, .*nor what needs .*ip/,
        ),
      ]);
    },
    60_000,
  );

  test('a service is the same by both ways', () => {
    const [debug, agent] = (['service by debug', 'service by agent'] as const).map(name =>
      answer<ServiceReport>(name).report.nodes.map(({ frontends }) =>
        frontends.map(({ address, port, shares }) => ({ address, port, shares })),
      ),
    );
    expect(agent).toEqual(debug);
    expect(debug?.[0]?.length).toBeGreaterThan(0);
  });

  test('the API alone has to be asked for', () => {
    const refused = answer<undefined>('api refused');
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/you may not create pods, .*; and by what runs there already: [\s\S]*--via api/),
    ]);
    const { exitCode, report, stderr } = answer<NodeReport>('api');
    expect([exitCode, stderr]).toEqual([4, expect.stringMatching(/^warning: node1 was not looked at: --via api$/m)]);
    expect([report.node.ready, report.kubeProxy.mode]).toEqual([true, 'unknown']);
  });
});

test('PodSecurity that refuses the debug pod leads to what runs on the node', () => {
  const { exitCode, report, stderr } = answer<NodeReport>('restricted');
  expect([exitCode, report.kubeProxy.mode]).toEqual([4, 'iptables']);
  expect(stderr).toMatch(/was seen through kube-system\/kube-proxy-.*violates PodSecurity "restricted:latest"/);
});

test('a question that only a debug pod can be asked says so', () => {
  const { exitCode, stderr } = answer<undefined>('dns');
  expect([exitCode, stderr]).toEqual([
    3,
    expect.stringMatching(/you may not create pods.*can be asked by a debug pod only/),
  ]);
});
