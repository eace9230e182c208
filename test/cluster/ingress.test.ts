import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ingressReport } from '../../src/app/ingress.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import type { IngressReport } from '../../src/model/ingress-report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { ingressText } from '../../src/render/ingress.ts';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

/** Ingresses of the real API over the services of shop, with a certificate made by openssl. */
let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;
const folder = mkdtempSync(join(tmpdir(), 'netinspect-ingress-'));
const saved = join(folder, 'saved');
const host = 'shop.e-ingress.test';
let live: Awaited<ReturnType<typeof ask>>;
let snapshot: Snapshot;

/** What is said of a URL, from the data of one live run. */
function leads(text: string): IngressReport {
  const { hostname, pathname, protocol } = new URL(text);
  const url = { host: hostname, path: pathname, tls: protocol === 'https:' };
  return ingressReport(snapshot, { ingress: null, url }, { evidence: false });
}

const path = (pathOf: string, pathType: string, name: string, port: object = { number: 80 }) => ({
  path: pathOf,
  pathType,
  backend: { service: { name, port } },
});
const ingress = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop' },
  spec,
});

async function ask(...args: string[]): Promise<{ exitCode: number | undefined; report: IngressReport }> {
  const { exitCode, stdout } = await netinspect(cluster, plugin.path, ['ingress', ...args, '-o', 'json']);
  const report = JSON.parse(stdout ?? '');
  expect(schemaErrors(report)).toBeNull();
  return { exitCode, report };
}

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'crt.pem')];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${host}`];
  execFileSync('openssl', [...words, '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: 'e-ingress', namespace: 'shop' },
    data: { 'tls.crt': readFileSync(certificate).toString('base64'), 'tls.key': readFileSync(key).toString('base64') },
  };
  const first = ingress('e-first', {
    ingressClassName: 'nginx',
    tls: [{ hosts: [host], secretName: 'e-ingress' }],
    rules: [
      {
        host,
        http: {
          paths: [
            path('/', 'Prefix', 'web'),
            path('/cart', 'Prefix', 'no-endpoints'),
            path('/cart/one', 'Exact', 'web', { name: 'http' }),
            path('/port', 'Prefix', 'web', { number: 81 }),
            path('/lost', 'Prefix', 'nothing-of-the-kind'),
          ],
        },
      },
      { host: '*.e-ingress.test', http: { paths: [path('/', 'Prefix', 'plain')] } },
    ],
  });
  const second = ingress('e-second', {
    tls: [
      { hosts: ['other.test'], secretName: 'e-ingress' },
      { hosts: ['lost.test'], secretName: 'e-no-secret' },
    ],
    rules: ['other.test', 'lost.test'].map(of => ({ host: of, http: { paths: [path('/', 'Prefix', 'web')] } })),
  });
  const list = { apiVersion: 'v1', kind: 'List', items: [secret, first, second] };
  await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(list));
  live = await ask('-n', 'shop', 'e-first', '--save', saved);
  snapshot = await openBundle(saved);
}, 120_000);

afterAll(async () => {
  plugin?.remove();
  rmSync(folder, { recursive: true });
  await cluster?.kubectl(['delete', 'ingress', 'e-first', 'e-second', '--namespace=shop', '--ignore-not-found']);
  await cluster?.kubectl(['delete', 'secret', 'e-ingress', '--namespace=shop', '--ignore-not-found']);
});

test.each([
  [`https://${host}/`, 'shop/web', 3, []],
  [`https://${host}/cartoon`, 'shop/web', 3, []],
  [`https://${host}/cart/two`, 'shop/no-endpoints', 0, ['ingress-no-endpoint']],
  [`https://${host}/cart/one`, 'shop/web', 3, []],
  [`http://${host.toUpperCase()}/port/x`, 'shop/web', null, ['ingress-no-port']],
  [`https://${host}/lost`, 'shop/nothing-of-the-kind', null, ['ingress-no-service']],
  ['http://any.e-ingress.test/', 'shop/plain', 3, []],
  ['https://other.test/', 'shop/web', 3, ['ingress-certificate']],
  ['https://lost.test/', 'shop/web', 3, ['ingress-no-secret']],
])('%s leads to %s', (url, service, ready, notes) => {
  const report = leads(url);
  const [first] = report.rules;
  expect([first?.takes, first?.backend?.service, report.notes.map(note => note.code)]).toEqual([true, service, notes]);
  if (ready !== null) expect(first?.backend?.ready).toBe(ready);
  expect(report.gaps).toEqual([]);
});

test('a host that no rule has, and one that is too deep for the wildcard', async () => {
  for (const url of ['http://nobody.test/', 'http://a.b.e-ingress.test/'])
    expect([leads(url).rules, leads(url).notes.map(note => note.code)]).toEqual([[], ['ingress-no-rule']]);
  const { exitCode, report } = await ask('nobody.test/');
  expect([exitCode, report.notes]).toEqual([1, leads('http://nobody.test/').notes]);
}, 30_000);

test('an ingress by its name: each rule, and no key in what is saved', async () => {
  const { exitCode, report } = live;
  expect([exitCode, report.ingress, report.rules.length]).toEqual([1, 'shop/e-first', 6]);
  expect(report.rules[0]?.tls).toMatchObject({ secret: 'shop/e-ingress', exists: true, matches: true });
  const certificates = readFileSync(join(saved, 'cluster/certificates.json'), 'utf8');
  expect(certificates).toContain('BEGIN CERTIFICATE');
  expect(certificates).not.toMatch(/PRIVATE KEY|tls\.key/);
  const again = await ask('shop/e-first', '--from', saved);
  expect(again.report).toEqual(report);
}, 30_000);

test('in words', () => {
  const text = ingressText(leads(`https://${host}/cart/two`), { width: Number.POSITIVE_INFINITY, colour: false });
  expect(text).toMatch(
    /⚠ shop\/e-first: shop\.e-ingress\.test\/cart: service shop\/no-endpoints has no ready endpoint/,
  );
  expect(text).toMatch(
    /^ {2}→ +shop\/e-first +nginx +shop\.e-ingress\.test +\/cart Prefix +shop\/no-endpoints:80 +✗ 0 of 0 ready/m,
  );
  expect(text).toMatch(/^ +shop\/e-first +nginx +\*\.e-ingress\.test +\/ Prefix +shop\/plain:80 +3 of 3 ready$/m);
});
