import { expect, test } from '@jest/globals';
import { envReport } from '../../src/app/env.ts';
import { readSnapshot } from '../../src/collect/snapshot-read.ts';
import type { EnvReport, ServiceEnv } from '../../src/model/env-report.ts';
import { podPath, type Snapshot } from '../../src/parse/snapshot.ts';
import { envText } from '../../src/render/env.ts';

/** `env shop/client-node1` on the test cluster, where the pod has the variables of all services of its namespace. */
const snapshot = await readSnapshot(new URL('fixtures/env.tar.gz', import.meta.url).pathname);
const target = { namespace: 'shop', name: 'client-node1' };
const services = 'cluster/services.json';

interface Editable {
  metadata: { name: string; namespace: string; creationTimestamp: string };
  spec: { clusterIP: string; clusterIPs: string[]; ports: { name?: string; port: number }[] };
}

const report = (
  edit: (items: Editable[]) => Editable[] = items => items,
  files: Record<string, string> = {},
): EnvReport => {
  const list = JSON.parse(snapshot.files.get(services) ?? '') as { items: Editable[] };
  const changed = new Map(snapshot.files).set(services, JSON.stringify({ ...list, items: edit(list.items) }));
  for (const [path, text] of Object.entries(files)) changed.set(path, text);
  return envReport({ ...snapshot, files: changed } as Snapshot, target, { evidence: false });
};
const changed = (name: string, change: (service: Editable) => void) => (items: Editable[]) => {
  for (const item of items) if (item.metadata.name === name) change(item);
  return items;
};
const of = ({ containers }: EnvReport, prefix: string): ServiceEnv | undefined =>
  containers[0]?.services.find(service => service.prefix === prefix);
const codes = ({ notes }: EnvReport) => notes.map(({ code }) => code);

test('as recorded: every service of the namespace and the API server, as today', () => {
  const all = report();
  expect(all.containers.map(({ name, services: found }) => [name, found.length > 10])).toEqual([['tools', true]]);
  expect(all.containers[0]?.services.filter(({ state }) => state !== 'same')).toEqual([]);
  expect([all.notes, all.gaps, of(all, 'KUBERNETES')?.service]).toEqual([[], [], 'default/kubernetes']);
  // A headless service has none.
  expect(of(all, 'WEB_HEADLESS')).toBeUndefined();
});

test.each<[string, (items: Editable[]) => Editable[], string, ServiceEnv['state'], string]>([
  [
    'another address',
    changed('web', ({ spec }) => {
      spec.clusterIPs = ['10.96.99.99'];
    }),
    'WEB',
    'stale',
    'env-stale',
  ],
  [
    'another port',
    changed('web', ({ spec }) => {
      for (const port of spec.ports) port.port = 8081;
    }),
    'WEB',
    'stale',
    'env-stale',
  ],
  [
    'a service whose name ends like a variable is gone',
    items => items.filter(({ metadata }) => metadata.name !== 'web-node-port'),
    'WEB_NODE_PORT',
    'gone',
    'env-gone',
  ],
  [
    'a service that came later',
    items => [
      ...items,
      ...items
        .filter(({ metadata }) => metadata.name === 'web')
        .map(web => ({
          ...web,
          metadata: { ...web.metadata, name: 'late-1', creationTimestamp: '2099-01-01T00:00:00Z' },
        })),
    ],
    'LATE_1',
    'missing',
    'env-missing',
  ],
])('%s', (_, edit, prefix, state, code) => {
  const found = report(edit);
  expect([of(found, prefix)?.state, codes(found)]).toEqual([state, [code]]);
});

test('text: what differs, with what it would be today', () => {
  const stale = report(
    changed('web', ({ spec }) => {
      spec.clusterIPs = ['10.96.99.99'];
    }),
  );
  const text = envText(stale, { width: Number.POSITIVE_INFINITY, colour: false });
  expect(text).toMatch(/⚠ container tools has WEB_SERVICE_HOST=\S+, but shop\/web is 10\.96\.99\.99 now/);
  expect(text).toMatch(/^ {2}shop\/web +✗ stale/m);
  expect(text).toMatch(/^ +WEB_SERVICE_HOST=\S+ +today 10\.96\.99\.99$/m);
  expect(text).toMatch(/^ {2}shop\/web-node-port +✓ as today +WEB_NODE_PORT_SERVICE_HOST=\S+ +:80$/m);
});

test('what was not read is a gap, and nothing is said of services', () => {
  const path = podPath('node1', target, 'env.txt');
  const { containers, gaps } = report(undefined, { [path]: 'not a line of it\n' });
  expect([containers[0]?.services, gaps]).toEqual([
    [],
    [{ subject: path, why: expect.stringMatching(/not understood: line 1/) }],
  ]);
});
