import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DnsReport } from '../../src/model/dns-report.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** The truth is a DNS server of the test, which logs every query; a server that is silent, and one that is not there. */
const namespace = 'e-dns';
const answering = (type: string, name: string, ...data: string[]) => `
    template IN ${type} ${name} {
      match ^${name.replaceAll('.', '[.]')}[.]$
      ${data.map(each => `answer "{{ .Name }} 60 IN ${type} ${each}"`).join('\n      ')}
      fallthrough
    }`;
const zone = `
  .:53 {
    log
    ${answering('A', 'api.example.test', '10.1.2.3')}
    ${answering('AAAA', 'api.example.test', 'fd00::3')}
    ${answering('A', 'big.example.test', ...Array.from({ length: 40 }, (_, at) => `10.9.0.${at + 1}`))}
    template ANY ANY fail.example.test {
      rcode SERVFAIL
    }
    template ANY ANY . {
      rcode NXDOMAIN
    }
  }`;

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
let server: string;

/** The runs, all at once. */
const words = {
  well: ['well', 'api', 'nothing.', 'fail'],
  big: ['big', 'big.example.test'],
  slow: ['slow', 'api.example.test'],
  alone: ['alone', 'api.example.test.'],
};
const answers = new Map<string, Awaited<ReturnType<typeof ask>>>();
const answer = (name: keyof typeof words) => answers.get(name) as Awaited<ReturnType<typeof ask>>;

const pod = (name: string, more: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: { nodeName: 'node1', terminationGracePeriodSeconds: 0, ...more },
});
const client = (name: string, nameservers: string[]) =>
  pod(name, {
    dnsPolicy: 'None',
    dnsConfig: { nameservers, searches: ['a.example.test', 'example.test'], options: [{ name: 'ndots', value: '2' }] },
    containers: [{ name: 'tools', image: 'docker.io/nicolaka/netshoot:v0.16', command: ['sleep', 'infinity'] }],
  });

const apply = (...items: object[]) =>
  cluster.kubectl(['apply', '--filename=-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const ready = () =>
  cluster.kubectl(['wait', '--for=condition=Ready', 'pod', '--all', `--namespace=${namespace}`, '--timeout=60s']);

async function ask(...args: string[]): Promise<{ exitCode: number | undefined; report: DnsReport }> {
  const { exitCode, stdout } = await netinspect(cluster, plugin.path, ['dns', ...args, '-o', 'json']);
  const report = JSON.parse(stdout ?? '');
  expect(schemaErrors(report)).toBeNull();
  return { exitCode, report };
}

/** "TYPE NAME TRANSPORT" of every query that the server has had from an address, as it logged them. */
async function logged(address: string): Promise<string[]> {
  const log = await cluster.kubectl(['logs', 'server', `--namespace=${namespace}`]);
  return [...log.matchAll(/\[INFO\] (\S+):\d+ - \d+ "(\S+) IN (\S+) (udp|tcp) /g)]
    .filter(([, from]) => from === address)
    .map(([, , type, name, transport]) => `${type} ${name} ${transport}`);
}

async function addressOf(name: string): Promise<string> {
  const { status } = await cluster.getJson<{ status: { podIP: string } }>('pod', name, `--namespace=${namespace}`);
  return status.podIP;
}

const told = ({ notes }: DnsReport) => notes.map(({ code }) => code);

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'zone', namespace }, data: { Corefile: zone } },
  );
  await apply(
    pod('server', {
      dnsPolicy: 'Default',
      containers: [
        {
          name: 'coredns',
          image: 'registry.k8s.io/coredns/coredns:v1.14.7',
          args: ['-conf', '/etc/coredns/Corefile'],
          volumeMounts: [{ name: 'zone', mountPath: '/etc/coredns' }],
        },
      ],
      volumes: [{ name: 'zone', configMap: { name: 'zone' } }],
    }),
  );
  await ready();
  server = await addressOf('server');
  await apply(
    client('well', [server]),
    client('big', [server]),
    client('slow', ['192.0.2.53', server]),
    client('alone', ['127.0.0.1']),
  );
  await ready();
  const runs = Object.entries(words).map(async ([name, [pod = '', ...names]]) =>
    answers.set(name, await ask(`${namespace}/${pod}`, ...names)),
  );
  const ours = ['node2', 'node3'].map(async node =>
    answers.set(node, await ask(`shop/client-${node}`, 'kubernetes.default')),
  );
  await Promise.all([...runs, ...ours]);
}, 120_000);

afterAll(async () => {
  plugin?.remove();
  await cluster?.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
});

describe('a pod whose server answers', () => {
  test('every query that is shown was sent, and none else: the server logged them', async () => {
    const { exitCode, report } = answer('well');
    const shown = report.lookups.flatMap(({ tried, direct, ...lookup }) => [
      ...tried.flatMap(({ name, replies }) => replies.map(({ type }) => `${type} ${name} udp`)),
      ...direct.filter(({ role }) => role === 'configured').map(({ transport }) => `A ${decided(lookup)} ${transport}`),
    ]);
    expect((await logged(await addressOf('well'))).sort()).toEqual(shown.sort());
    expect(report.lookups.map(({ outcome, answer, wasted }) => [outcome, answer, wasted])).toEqual([
      ['answered', { name: 'api.example.test.', addresses: ['10.1.2.3', 'fd00::3'] }, 2],
      ['no-such-name', null, 2],
      ['failed', null, 6],
    ]);
    expect(report.lookups.map(({ tried }) => tried.map(({ name }) => name))).toEqual([
      ['api.a.example.test.', 'api.example.test.'],
      ['nothing.'],
      ['fail.a.example.test.', 'fail.example.test.', 'fail.'],
    ]);
    expect([exitCode, told(report)]).toEqual([1, ['dns-no-such-name', 'dns-failed']]);
  });

  test('a reply that does not fit into a datagram is whole over TCP', () => {
    const { exitCode, report } = answer('big');
    const [lookup] = report.lookups;
    const own = lookup?.direct.filter(({ role }) => role === 'configured');
    expect(own?.map(({ transport, reply }) => [transport, reply.truncated])).toEqual([
      ['udp', true],
      ['tcp', false],
    ]);
    expect(own?.[1]?.reply.answers).toHaveLength(40);
    expect([exitCode, told(report)]).toEqual([0, ['dns-truncated']]);
  });
});

test('a first server that is silent: five seconds, then the second one answers', () => {
  const { exitCode, report } = answer('slow');
  const [lookup] = report.lookups;
  expect(lookup?.tried.map(({ server: of, replies }) => [of, replies.map(({ problem }) => problem)])).toEqual([
    ['192.0.2.53', ['timed out', 'timed out']],
    [server, [null, null]],
  ]);
  expect(lookup).toMatchObject({ outcome: 'answered', answer: { addresses: ['10.1.2.3', 'fd00::3'] } });
  expect(lookup?.milliseconds).toBeGreaterThanOrEqual(5000);
  expect([exitCode, told(report)]).toEqual([1, ['dns-server-silent', 'dns-slow']]);
});

test('a server that is not there refuses', () => {
  const { exitCode, report } = answer('alone');
  expect(report.lookups).toMatchObject([{ outcome: 'no-reply', tried: [{ server: '127.0.0.1' }], milliseconds: 0 }]);
  expect([exitCode, told(report)]).toEqual([1, ['dns-server-silent', 'dns-no-reply']]);
});

test('the cluster itself: names of the API server and of the own services, on each kind of node', async () => {
  const { spec } = await cluster.getJson<{ spec: { clusterIP: string } }>(
    'service',
    'kubernetes',
    '--namespace=default',
  );
  for (const node of ['node2', 'node3']) {
    const { exitCode, report } = answers.get(node) ?? {};
    const [lookup] = report?.lookups ?? [];
    expect([exitCode, lookup?.answer?.addresses]).toEqual([0, [spec.clusterIP]]);
    const direct = lookup?.direct ?? [];
    expect(new Set(direct.map(({ role }) => role))).toEqual(new Set(['configured', 'dns-pod']));
    expect(direct.filter(({ reply }) => reply.answers[0]?.data !== spec.clusterIP)).toEqual([]);
  }
});

test.each([
  [['dns', 'shop/web-0', '+tcp'], /not a DNS name/],
  [['dns', 'shop/web-0', '-x', '10.0.0.1'], /unknown flag|unknown shorthand/],
  [['dns'], /a pod name is needed/],
])('%j is wrong usage', async (args, words) => {
  const { exitCode, stderr } = await netinspect(cluster, plugin.path, args);
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(words)]);
});

/** The name that every server is asked for itself: the one that answered, else the name as it stands. */
function decided({ name, answer }: Pick<DnsReport['lookups'][number], 'name' | 'answer'>): string {
  return answer?.name ?? `${name.replace(/\.$/, '')}.`;
}
