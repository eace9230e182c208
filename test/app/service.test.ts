import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { serviceReport } from '../../src/app/service.ts';
import { openBundle, servicesOf } from '../../src/collect/bundle-source.ts';
import type { Difference, Frontend, RuleBranch, ServiceReport } from '../../src/model/service-report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { changed, edited, recorded, section } from './fixture.ts';

const demo = await openBundle(fileURLToPath(new URL('../../demo/demo.tar.gz', import.meta.url)));

const asRecorded = new Map<string, ServiceReport>();

function report(name: string, snapshot: Snapshot = recorded): ServiceReport {
  const [namespace = '', service = ''] = name.split('/');
  const known = snapshot === recorded ? asRecorded.get(name) : undefined;
  const of = known ?? serviceReport(snapshot, { target: { namespace, name: service }, nodes: [], evidence: false });
  if (snapshot === recorded) asRecorded.set(name, of);
  return of;
}

/** `kind port family`: for each kind of client where packets end, with which part of them. */
function ends({ shares }: Frontend): string[] {
  return shares.map(({ when, endpoint, verdict, probability }) => {
    const where = endpoint === null ? verdict : `${endpoint.address}:${endpoint.port}`;
    return `${when.length === 0 ? '' : `${when.join(', ')}: `}${where} ${probability}`;
  });
}

function front(of: ServiceReport, node: string, kind: Frontend['kind'], family: string, port: number): Frontend {
  const frontends = of.nodes.find(each => each.node === node)?.frontends ?? [];
  const found = frontends.find(each => each.kind === kind && each.family === family && each.port === port);
  if (found === undefined) throw new Error(`no ${kind} ${family} ${port} on ${node}`);
  return found;
}

const nodes = ['node1', 'node2', 'node3'];
const thirds = ['10.244.1.2:8080 1/3', '10.244.2.3:8080 1/3', '10.244.3.2:8080 1/3'];
const thirds6 = ['fd00:244:0:1::2:8080 1/3', 'fd00:244:0:2::3:8080 1/3', 'fd00:244:0:3::2:8080 1/3'];
const cart = '10.244.1.3:9001 1';

describe('where the rules of iptables-nft (node1), iptables-legacy (node2) and nftables (node3) send packets', () => {
  const everywhere: [service: string, kind: Frontend['kind'], family: string, port: number, ends: string[]][] = [
    ['default/web', 'cluster-ip', 'IPv4', 80, thirds],
    ['default/web', 'cluster-ip', 'IPv6', 80, thirds6],
    ['default/web-nodeport', 'node-port', 'IPv4', 30080, thirds],
    ['default/web-nodeport', 'node-port', 'IPv6', 30080, thirds6],
    ['kube-system/kube-dns', 'cluster-ip', 'IPv4', 53, ['10.244.2.2:53 1']],
    // Affinity: as for a client that was not seen before.
    ['shop/routed', 'cluster-ip', 'IPv4', 80, ['10.244.3.3:8080 1']],
    ['shop/cold', 'cluster-ip', 'IPv4', 80, ['reject 1']],
    ['shop/cart', 'cluster-ip', 'IPv4', 9998, ['reject 1']],
    ['shop/cart', 'node-port', 'IPv4', 31982, ['reject 1']],
  ];

  test.each(everywhere.flatMap(row => nodes.map(node => [node, ...row] as const)))(
    '%s: %s, %s %s %i',
    (node, service, kind, family, port, expected) => {
      expect(ends(front(report(service), node, kind, family, port))).toEqual(expected);
    },
  );

  test.each(nodes)('%s: with external policy Local, clients outside reach endpoints of the node only', node => {
    const outside = 'not from 10.244.0.0/16, not source local';
    const near = node === 'node1' ? cart : 'drop 1';
    expect(ends(front(report('shop/cart'), node, 'external-ip', 'IPv4', 9001))).toEqual([
      `from 10.244.0.0/16: ${cart}`,
      `not from 10.244.0.0/16, source local: ${cart}`,
      `${outside}: ${near}`,
    ]);
  });

  test.each([
    ['node1', ['reject 1', 'from the node itself: none 1']],
    ['node2', ['reject 1', 'from the node itself: none 1']],
    ['node3', ['reject 1']],
  ])('%s: an external IP without endpoints; in iptables mode OUTPUT does not refuse it', (node, expected) => {
    expect(ends(front(report('shop/cart'), node, 'external-ip', 'IPv4', 9998))).toEqual(expected);
  });

  test.each(nodes)('%s: a node port is masqueraded; of a cluster IP it depends on the client', node => {
    const of = report('default/web-nodeport');
    const masqueraded = (kind: Frontend['kind'], port: number) =>
      front(of, node, kind, 'IPv4', port).shares.map(share => share.masqueraded);
    expect(masqueraded('node-port', 30080)).toEqual([true, true, true]);
    expect(masqueraded('cluster-ip', 80)).toEqual([null, null, null]);
  });

  test('endpoints have the names of their pods and nodes', () => {
    const targets = front(report('default/web'), 'node1', 'cluster-ip', 'IPv4', 80).shares.map(share => share.endpoint);
    expect(targets[1]).toEqual({
      address: '10.244.2.3',
      port: 8080,
      pod: 'default/web-8fdffd5df-dcd68',
      node: 'node2',
    });
  });
});

describe('the tree', () => {
  const chains = (branches: readonly RuleBranch[]): unknown[] =>
    branches.map(({ chain, chance, probability, effect, branches: below }) => {
      const to = 'chain' in effect ? effect.chain : effect.kind;
      return [chain, chance, probability, to, ...chains(below)];
    });

  test('iptables: each rule on the way, with its own chance and the effective one', () => {
    const [root] = front(report('default/web'), 'node2', 'cluster-ip', 'IPv4', 80).branches;
    expect(chains(root === undefined ? [] : [root])).toEqual([
      [
        'PREROUTING',
        null,
        '1',
        'KUBE-SERVICES',
        [
          'KUBE-SERVICES',
          null,
          '1',
          'KUBE-SVC-CDGGSHYLG3RE2FKL',
          ['KUBE-SVC-CDGGSHYLG3RE2FKL', null, '1', 'masquerade-mark'],
          ...(
            [
              ['1/3', 'KUBE-SEP-UIQK3OSOSTRHRPBX'],
              ['1/2', 'KUBE-SEP-VQGOCFX4X6FWJPNR'],
              [null, 'KUBE-SEP-UTFLDO4GY7FI2SFB'],
            ] as const
          ).map(([chance, sep]) => [
            'KUBE-SVC-CDGGSHYLG3RE2FKL',
            chance,
            '1/3',
            sep,
            [sep, null, '1/3', 'masquerade-mark'],
            [sep, null, '1/3', 'endpoint'],
          ]),
        ],
      ],
    ]);
  });

  test('nftables: the elements of the map', () => {
    const service = 'service-SUSTUHLJ-default/web/tcp/http';
    expect(chains(front(report('default/web'), 'node3', 'cluster-ip', 'IPv4', 80).branches)).toEqual([
      [
        'nat-prerouting',
        null,
        '1',
        'services',
        ['services', null, '1', 'masquerade-mark'],
        ['services', null, '1', service, ...Array(3).fill([service, '1/3', '1/3', 'endpoint'])],
      ],
    ]);
  });

  test.each(nodes)('%s: the node itself goes the same way', node => {
    for (const { fromNode } of report('default/web-nodeport').nodes.find(each => each.node === node)?.frontends ?? [])
      expect(fromNode).toBeNull();
  });

  test('a way of its own for the node itself is shown: without the jump of OUTPUT no rule takes its packets', () => {
    const path = 'nodes/node1/iptables-save.nft';
    const jump = /^.*-A OUTPUT .*service portals" -j KUBE-SERVICES\n/gm;
    const of = report('default/web', changed({ [path]: section(path).replace(jump, '') }));
    const { fromNode, shares } = front(of, 'node1', 'cluster-ip', 'IPv4', 80);
    expect(fromNode).toEqual([]);
    expect(shares.at(-1)).toMatchObject({ when: ['from the node itself'], verdict: 'none', probability: '1' });
  });
});

describe('the rules held against the EndpointSlices', () => {
  const differences = (of: ServiceReport, node: string): Difference[] =>
    of.nodes.find(each => each.node === node)?.differences ?? [];
  const short = (of: ServiceReport, node: string) =>
    differences(of, node).map(({ kind, severity, endpoint, frontends }) =>
      [kind, severity, endpoint, frontends].flat(),
    );
  const vip = '10.96.45.193:80/TCP';

  test.each(
    [
      'default/web',
      'default/web-nodeport',
      'default/kubernetes',
      'kube-system/kube-dns',
      'shop/cart',
      'shop/cold',
      'shop/routed',
      'shop/host',
    ].flatMap(service => nodes.map(node => [service, node] as const)),
  )('%s on %s: as recorded there is none', (service, node) => {
    expect(differences(report(service), node)).toEqual([]);
  });

  test.each(servicesOf(demo).map(target => [`${target.namespace}/${target.name}`] as const))(
    'the demo: %s is as the API says, on each node',
    name => {
      for (const { differences: found } of report(name, demo).nodes) expect(found).toEqual([]);
    },
  );

  const slice = (
    edit: (endpoints: Record<string, unknown>[], slice: { metadata: object; ports: { port: number }[] }) => void,
  ) => edited('endpointslices', 'web-k5tbq', object => edit(object.endpoints, object as never));
  const third = { ready: true, serving: true, terminating: false };
  const at = (endpoints: Record<string, unknown>[], address: string) =>
    endpoints.find(({ addresses }) => (addresses as string[])[0] === address) as Record<string, unknown>;

  const cases: [what: string, snapshot: () => Snapshot, expected: unknown[]][] = [
    [
      'an endpoint that came',
      () => slice(endpoints => endpoints.push({ addresses: ['10.244.2.99'], conditions: third, nodeName: 'node2' })),
      [['missing', 'error', '10.244.2.99:8080', vip]],
    ],
    [
      'an endpoint that went',
      () => slice(endpoints => endpoints.splice(endpoints.indexOf(at(endpoints, '10.244.3.2')), 1)),
      [['stale', 'error', '10.244.3.2:8080', vip]],
    ],
    [
      'another port',
      () =>
        slice((_, { ports }) => {
          for (const port of ports) port.port = 8081;
        }),
      [
        ...['10.244.1.2', '10.244.2.3', '10.244.3.2'].map(address => ['missing', 'error', `${address}:8081`, vip]),
        ...['10.244.1.2', '10.244.2.3', '10.244.3.2'].map(address => ['wrong-port', 'error', `${address}:8080`, vip]),
      ],
    ],
    [
      'an endpoint that is not ready',
      () => slice(endpoints => Object.assign(at(endpoints, '10.244.2.3'), { conditions: { ready: false } })),
      [['not-ready', 'error', '10.244.2.3:8080', vip]],
    ],
    [
      'an endpoint that is ending',
      () =>
        slice(endpoints =>
          Object.assign(at(endpoints, '10.244.2.3'), {
            conditions: { ready: false, serving: true, terminating: true },
          }),
        ),
      [['terminating', 'error', '10.244.2.3:8080', vip]],
    ],
    [
      'endpoints that all are ending: those that serve are used',
      () =>
        slice(endpoints => {
          for (const each of endpoints) each['conditions'] = { ready: false, serving: true, terminating: true };
        }),
      ['10.244.1.2', '10.244.2.3', '10.244.3.2'].map(address => ['terminating', 'info', `${address}:8080`, vip]),
    ],
  ];
  test.each(cases)('%s', (_what, snapshot, expected) => {
    const of = report('default/web', snapshot());
    for (const node of nodes) expect(short(of, node)).toEqual(expected);
  });

  const rules = 'nodes/node1/iptables-save.nft';
  const broken: [what: string, find: RegExp, replace: string, expected: unknown[]][] = [
    [
      'a share that was changed by hand',
      /0\.33333333349(.* -j KUBE-SEP-UIQK)/,
      '0.50000000000$1',
      [
        ['wrong-weight', 'error', '10.244.1.2:8080', vip],
        ['wrong-weight', 'error', '10.244.2.3:8080', vip],
        ['wrong-weight', 'error', '10.244.3.2:8080', vip],
      ],
    ],
    [
      'an endpoint twice',
      /^(.*-A KUBE-SVC-CDGG.* 0\.5.*) -j KUBE-SEP-VQGOCFX4X6FWJPNR$/m,
      '$1 -j KUBE-SEP-UIQK3OSOSTRHRPBX',
      [
        ['missing', 'error', '10.244.2.3:8080', vip],
        ['duplicate', 'error', '10.244.1.2:8080', vip],
      ],
    ],
    ['no rule at all', /^.*-A KUBE-SERVICES -d 10\.96\.45\.193\/32.*\n/m, '', [['no-rules', 'error', null, vip]]],
  ];
  test.each(broken)('%s', (_what, find, replace, expected) => {
    const text = section(rules);
    const other = text.replace(find, replace);
    expect(other).not.toBe(text);
    const of = report('default/web', changed({ [rules]: other }));
    expect(short(of, 'node1')).toEqual(expected);
    expect(short(of, 'node2')).toEqual([]);
  });

  test('hints: what is meant for another zone is left out, and said to be', () => {
    const zoned = edited('nodes', 'node1', ({ metadata }) => {
      metadata['labels'] = { 'topology.kubernetes.io/zone': 'a' };
    });
    const list = JSON.parse(section('cluster/endpointslices.json'));
    for (const { metadata, endpoints } of list.items)
      if (metadata.name === 'web-k5tbq')
        for (const each of endpoints) each.hints = { forZones: [{ name: each.nodeName === 'node1' ? 'a' : 'b' }] };
    const files = new Map(zoned.files).set('cluster/endpointslices.json', JSON.stringify(list));
    const only = section(rules)
      .replace(/^.*-A KUBE-SVC-CDGG.*KUBE-SEP-(VQGO|UTFL).*\n/gm, '')
      .replace(/-m statistic .* -j KUBE-SEP-UIQK/, '-j KUBE-SEP-UIQK');
    const of = report('default/web', { ...zoned, files: files.set(rules, only) });
    expect(short(of, 'node1')).toEqual([
      ['hints', 'info', '10.244.2.3:8080', vip],
      ['hints', 'info', '10.244.3.2:8080', vip],
    ]);
  });

  test('since when: the pod is ready since then, the slices changed then', () => {
    const came = slice((endpoints, { metadata }) => {
      endpoints.splice(endpoints.indexOf(at(endpoints, '10.244.3.2')), 1);
      Object.assign(metadata, {
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-22T06:40:00Z' },
      });
    });
    expect(differences(report('default/web', came), 'node1')).toMatchObject([
      { kind: 'stale', since: '2026-11-22T06:40:00Z', pod: 'default/web-8fdffd5df-cbdmw' },
    ]);
  });

  test('a node without rules of kube-proxy: something else may serve services there', () => {
    const none = changed({ 'nodes/node1/iptables-save.nft': '', 'nodes/node1/ip6tables-save.nft': '' });
    const of = report('default/web', none);
    expect(of.nodes[0]).toMatchObject({ node: 'node1', backends: [], differences: null });
    expect(of.notes).toMatchObject([{ code: 'no-kube-proxy', severity: 'warning' }]);
  });

  test('rules that are cut off are not held against anything', () => {
    const cut = changed({}, { [rules]: { truncated: true } });
    expect(report('default/web', cut).nodes.map(({ differences: found }) => found === null)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('slices that are not there: the rules are shown, and nothing is said of them', () => {
    const of = report('default/web', changed({ 'cluster/endpointslices.json': null }));
    expect(of.endpoints).toBeNull();
    expect(of.nodes.map(({ differences: found }) => found)).toEqual([null, null, null]);
    expect(ends(front(of, 'node1', 'cluster-ip', 'IPv4', 80))).toEqual(thirds);
  });
});

describe('what has no rules', () => {
  test('a headless service', () => {
    expect(report('shop/cart-headless')).toMatchObject({ nodes: [], notes: [{ code: 'headless' }] });
  });

  test('an alias', () => {
    const alias = edited('services', 'cold', object => {
      object.spec = { type: 'ExternalName', externalName: 'example.org' };
    });
    expect(report('shop/cold', alias)).toMatchObject({
      service: { type: 'ExternalName', externalName: 'example.org', headless: false },
      nodes: [],
      notes: [{ code: 'external-name' }],
    });
  });
});

test('a service that is not there is said to be', () => {
  expect(() => report('default/nope')).toThrow('service default/nope is not in the data');
});

test('evidence: the raw rules', () => {
  const { nodes: looked } = serviceReport(recorded, {
    target: { namespace: 'default', name: 'web' },
    nodes: ['node1'],
    evidence: true,
  });
  const raw = looked[0]?.frontends[0]?.branches[0]?.branches[0];
  expect(section(raw?.file ?? '').split('\n')[(raw?.line ?? 0) - 1]).toContain(raw?.raw);
});
