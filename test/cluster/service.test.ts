import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { serviceReport } from '../../src/app/service.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import type { ChainsReport } from '../../src/model/chains-report.ts';
import type { EndpointShare, Frontend, ServiceReport } from '../../src/model/service-report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { serviceText } from '../../src/render/service.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

interface Slices {
  items: {
    metadata: { labels: Record<string, string> };
    addressType: string;
    ports: { name: string; port: number }[];
    endpoints: { addresses: string[]; nodeName: string; conditions: { ready: boolean } }[] | null;
  }[];
}

const nodes = ['node1', 'node2', 'node3'];
const services = [
  'web',
  'web-node-port',
  'web-load-balancer',
  'web-external-ip',
  'web-sticky',
  'web-internal-local',
  'web-external-local',
  'plain',
  'two-containers',
  'host-network',
  'not-ready',
  'no-endpoints',
  'wrong-port',
  'localhost-only',
  'echo',
];

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
let folder: string;
let saved: string;
let snapshot: Snapshot;
let slices: Slices['items'];

async function run<T extends { kind: string }>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, [...args, '-o', 'json']);
  expect([exitCode, stderr]).toEqual([0, '']);
  const document = JSON.parse(stdout ?? '');
  expect(schemaErrors(document)).toBeNull();
  return document;
}

/** Each service is read once from the data of one live run, without a process for each. */
const reports = new Map<string, ServiceReport>();
function report(service: string): ServiceReport {
  const target = { namespace: 'shop', name: service };
  const known = reports.get(service) ?? serviceReport(snapshot, { target, nodes: [], evidence: false });
  reports.set(service, known);
  return known;
}

beforeAll(async () => {
  plugin = pluginDirectory();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-service-'));
  saved = join(folder, 'shop.tar.gz');
  cluster = await ensureCluster();
  reports.set('web', await run<ServiceReport>('service', '-n', 'shop', 'web', '--all-nodes', '--save', saved));
  snapshot = await openBundle(saved);
  ({ items: slices } = await cluster.getJson<Slices>('endpointslices', '--namespace=shop'));
}, 300_000);

afterAll(() => {
  plugin?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** ADDRESS:PORT of the endpoints that packets to the front end should be sent to, of these clients. */
function wanted(service: string, front: Frontend, node: string, policy: string | null): string[] {
  return slices
    .filter(slice => slice.metadata.labels['kubernetes.io/service-name'] === service)
    .filter(({ addressType }) => addressType === front.family)
    .flatMap(({ ports, endpoints }) =>
      (endpoints ?? [])
        .filter(({ conditions, nodeName }) => conditions.ready && (policy !== 'Local' || nodeName === node))
        .flatMap(({ addresses }) =>
          ports.filter(({ name }) => name === front.portName).map(({ port }) => `${addresses[0]} ${port}`),
        ),
    )
    .sort();
}

function sent(shares: readonly EndpointShare[]): string[] {
  return shares.flatMap(({ endpoint }) => (endpoint === null ? [] : `${endpoint.address} ${endpoint.port}`)).sort();
}

describe.each(services)('service shop/%s', service => {
  test.each(nodes)('%s: the rules are as the EndpointSlices say', name => {
    const node = report(service).nodes.find(each => each.node === name);
    expect(node?.differences?.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each(nodes)('%s: every client reaches just the endpoints of the API, in equal parts', name => {
    const { nodes: looked, service: facts } = report(service);
    const frontends = looked.find(({ node }) => node === name)?.frontends ?? [];
    expect(frontends.length).toBeGreaterThan(0);
    for (const front of frontends)
      for (const [when, shares] of Map.groupBy(front.shares, share => share.when.join(', '))) {
        const outside = front.kind !== 'cluster-ip' && !/(^|, )(?!not )/.test(when);
        const policy = front.kind === 'cluster-ip' ? facts.internalTrafficPolicy : facts.externalTrafficPolicy;
        const expected = wanted(
          service,
          front,
          name,
          outside || front.kind === 'cluster-ip' || when === '' ? policy : null,
        );
        expect([when, sent(shares)]).toEqual([when, expected]);
        for (const { endpoint, probability, verdict } of shares)
          expect(endpoint === null ? verdict : probability).toEqual(
            endpoint === null ? expect.stringMatching(/^(reject|drop|none)$/) : fraction(expected.length),
          );
      }
  });

  test('text says the same: each endpoint with its share', () => {
    const text = serviceText(report(service), { width: Number.POSITIVE_INFINITY, colour: false });
    for (const { node, frontends, differences } of report(service).nodes) {
      const errors = differences?.filter(({ severity }) => severity === 'error').length;
      expect(text).toMatch(new RegExp(`^${node} · .*\\n  ${errors === 0 ? '✓ as the EndpointSlices say' : '✗'}`, 'm'));
      for (const { endpoint } of frontends.flatMap(({ shares }) => shares)) {
        if (endpoint === null) continue;
        const address = endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address;
        expect(text).toContain(`→ ${address}:${endpoint.port} (${endpoint.pod} on ${endpoint.node})`);
      }
    }
  });
});

function fraction(parts: number): string {
  return parts === 1 ? '1' : `1/${parts}`;
}

describe('live', () => {
  test('what the program prints of the saved data is what it said live', async () => {
    const again = await run<ServiceReport>('service', 'shop/web', '--from', saved);
    expect(again).toEqual(reports.get('web'));
    const { stdout } = await netinspect(cluster, plugin.path, ['service', 'shop/web', '--from', saved]);
    const wide = { width: Number.POSITIVE_INFINITY, colour: false };
    expect(stdout).toBe(serviceText(again, wide).trimEnd());
  });

  test('without --node, one node that has a ready endpoint is looked at, and said', async () => {
    const { nodes: looked, notes, endpoints } = await run<ServiceReport>('service', '-n', 'shop', 'plain');
    expect(looked).toHaveLength(1);
    expect(endpoints?.filter(({ ready }) => ready).map(({ node }) => node)).toContain(looked[0]?.node);
    expect(notes).toMatchObject([{ code: 'one-node' }]);
  });

  test('a headless service needs no node', async () => {
    const { nodes: looked, endpoints } = await run<ServiceReport>('service', '-n', 'shop', 'web-headless');
    expect(looked).toEqual([]);
    expect(endpoints?.length).toBeGreaterThan(0);
  });

  test.each([
    [['service', '-n', 'shop', 'webb'], 'error: service webb not found in namespace shop\nnext: did you mean web'],
    [['service', '-n', 'shop', 'kubernetes'], 'next: namespace default has a service of this name: use -n'],
  ])('%j', async (args, words) => {
    const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, args);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toContain(words);
  });
});

describe('chains', () => {
  const tools: Record<string, string[]> = {
    node1: ['iptables-nft-save', 'ip6tables-nft-save'],
    node2: ['iptables-legacy-save', 'ip6tables-legacy-save'],
  };

  test.each(Object.entries(tools))('%s: every chain that the node has', async (node, commands) => {
    if (!cluster.isOurs) return;
    const { tables, summary } = await run<ChainsReport>('chains', node, '--from', saved);
    const printed = await Promise.all(commands.map(tool => cluster.nodeExec(node, [tool])));
    const names = printed.flatMap(({ stdout }) => [...stdout.matchAll(/^:(\S+)/gm)].map(match => match[1]));
    expect(tables.flatMap(({ chains }) => chains.map(({ name }) => name)).sort()).toEqual(names.sort());
    expect(summary).toMatchObject({ opaque: 0, unread: 0 });
  });

  test.each(nodes)('%s: the chain of shop/web, with its name', async node => {
    const { tables } = await run<ChainsReport>('chains', node, '--from', saved);
    const found = tables.flatMap(({ family, name, chains }) =>
      chains
        .filter(({ meaning }) => meaning?.service === 'shop/web:http' && meaning.role === 'service')
        .map(chain => `${family}/${name}/${chain.name}`),
    );
    expect(found).toHaveLength(2);
    const { chains } = await run<ChainsReport>('chains', node, found[0] ?? '', '--from', saved);
    expect(chains?.[0]?.rules.length).toBeGreaterThan(0);
    expect(chains?.[0]?.callers.length).toBeGreaterThan(0);
  });

  test('live', async () => {
    const { tables, node } = await run<ChainsReport>('chains', 'node3');
    expect(node).toBe('node3');
    expect(tables.map(({ backend }) => backend)).toContain('nftables');
  });
});
