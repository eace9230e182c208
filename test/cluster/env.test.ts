import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EnvReport } from '../../src/model/env-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** The truth: `env` of the container itself, and the services as they were when it started and as they are now. */
const namespace = 'e-env';
let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
let report: EnvReport;
let exitCode: number | undefined;
let inside: Map<string, string>;

const service = (name: string, ...ports: object[]) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { ipFamilyPolicy: 'PreferDualStack', ports: ports.length > 0 ? ports : [{ port: 80 }] },
});
const apply = (...items: object[]) =>
  cluster.kubectl(['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const remove = (...names: string[]) =>
  cluster.kubectl(['delete', 'service', ...names, `--namespace=${namespace}`, '--wait=true']);

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    service('same-port', { name: 'http', port: 80 }, { name: 'dns-udp', port: 53, protocol: 'UDP' }),
    service('stale'),
    service('gone-port'),
    service('fewer', { name: 'a', port: 1 }, { name: 'b', port: 2 }),
    service('shadowed'),
  );
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', namespace },
    spec: {
      nodeName: 'node3',
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image: 'docker.io/nicolaka/netshoot:v0.16',
          command: ['sleep', 'infinity'],
          env: [
            { name: 'SHADOWED_SERVICE_HOST', value: '127.0.0.1' },
            { name: 'API_PORT', value: "a secret that is nobody's business" },
            { name: 'API_SERVICE_PORT_KEY', value: 'hunter2' },
          ],
        },
      ],
    },
  };
  await apply(pod);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/app', `--namespace=${namespace}`, '--timeout=60s']);
  await remove('stale', 'gone-port', 'fewer');
  // Another one in between, so that the address is another one for sure.
  await apply(service('late'), service('fewer', { name: 'a', port: 1 }));
  await apply(service('stale'));
  const env = await cluster.kubectl(['exec', 'app', `--namespace=${namespace}`, '--', 'env']);
  inside = new Map(env.split('\n').map(line => [line.replace(/=.*/, ''), line.replace(/^[^=]*=/, '')]));
  const run = await netinspect(cluster, plugin.path, ['env', `${namespace}/app`, '-o', 'json']);
  exitCode = run.exitCode;
  report = JSON.parse(run.stdout ?? '');
}, 120_000);

afterAll(async () => {
  plugin?.remove();
  await cluster?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
});

test('the values are those that the container itself has, and no others were read', () => {
  const [container, ...others] = report.containers;
  expect([container?.name, others, schemaErrors(report), report.gaps]).toEqual(['app', [], null, []]);
  const shown = container?.services.flatMap(({ variables }) => variables) ?? [];
  for (const { name, value } of shown) expect([name, value ?? undefined]).toEqual([name, inside.get(name)]);
  const services = [...inside.keys()].filter(name => /_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)/.test(name));
  const ours = services.filter(name => !name.startsWith('API_'));
  expect(shown.flatMap(({ name, value }) => (value === null ? [] : name)).sort()).toEqual(ours.sort());
  expect(JSON.stringify(report)).not.toMatch(/hunter2|secret/);
});

test('each service is held against what it is today', async () => {
  const states = Object.fromEntries(
    (report.containers[0]?.services ?? []).map(({ service: of, prefix, state }) => [of ?? prefix, state]),
  );
  expect(states).toEqual({
    'default/kubernetes': 'same',
    'e-env/same-port': 'same',
    'e-env/stale': 'stale',
    'e-env/fewer': 'stale',
    'e-env/late': 'missing',
    'e-env/shadowed': 'shadowed',
    GONE_PORT: 'gone',
  });
  const today = await cluster.getJson<{ spec: { clusterIP: string } }>('service', 'stale', `--namespace=${namespace}`);
  const stale = report.containers[0]?.services.find(({ service: of }) => of === 'e-env/stale');
  const host = stale?.variables.find(({ name }) => name === 'STALE_SERVICE_HOST');
  expect(host).toMatchObject({ value: inside.get('STALE_SERVICE_HOST'), today: today.spec.clusterIP });
});

test('in words, with exit code 1', () => {
  expect([exitCode, report.notes.map(({ code }) => code).sort()]).toEqual([
    1,
    ['env-gone', 'env-missing', 'env-stale', 'env-stale'],
  ]);
  expect(report.notes.find(({ code }) => code === 'env-missing')?.text).toMatch(/after the container started/);
});
