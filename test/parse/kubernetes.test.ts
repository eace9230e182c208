import { describe, expect, test } from '@jest/globals';
import { parseEndpointSlices } from '../../src/parse/kubernetes/endpointslices.ts';
import { parseEvents } from '../../src/parse/kubernetes/events.ts';
import { parseNodes } from '../../src/parse/kubernetes/nodes.ts';
import { parsePods } from '../../src/parse/kubernetes/pods.ts';
import { parseServices } from '../../src/parse/kubernetes/services.ts';
import { section } from '../app/fixture.ts';

const pods = parsePods(section('cluster/pods.json')).records;
const pod = (name: string) => pods.find(record => record.name === name);

describe('pods', () => {
  test('containers of every role, with ports, state and id', () => {
    expect(pod('cart')?.containers.map(({ name, role, ports }) => [name, role, ports])).toEqual([
      ['proxy', 'sidecar', [{ name: 'proxy', port: 8080, protocol: 'TCP' }]],
      ['admin', 'app', []],
      ['tool', 'app', []],
    ]);
    expect(pod('cart')?.containers[0]?.status).toMatchObject({
      state: 'running',
      ready: true,
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each([
    ['waiting', 'Pending', null, null],
    ['done', 'Succeeded', 'terminated: Completed', 'node1'],
    ['broken', 'Failed', 'terminated: Error', 'node1'],
    ['unbuildable', 'Pending', 'waiting: ContainerCreating', 'node1'],
    ['host', 'Running', 'running', 'node3'],
  ])('%s is %s', (name, phase, state, nodeName) => {
    expect(pod(name)).toMatchObject({ phase, nodeName });
    expect(pod(name)?.containers[0]?.status?.state ?? null).toBe(state);
  });

  test('the raw text keeps what was read and leaves managed fields out', () => {
    const raw = JSON.parse(pod('cart')?.raw ?? '') as { metadata: object; status: object };
    expect(raw).toMatchObject({ metadata: { name: 'cart' }, status: { phase: 'Running' } });
    expect(raw.metadata).not.toHaveProperty('managedFields');
  });
});

test('services', () => {
  const cart = parseServices(section('cluster/services.json')).records.find(({ name }) => name === 'cart');
  expect(cart).toMatchObject({
    type: 'LoadBalancer',
    selector: { app: 'cart' },
    ipFamilies: ['IPv4', 'IPv6'],
    externalIPs: ['192.0.2.10'],
    externalTrafficPolicy: 'Local',
  });
  expect(cart?.ports.map(({ name, targetPort }) => [name, targetPort])).toContainEqual(['named', 'proxy']);
});

// core/v1 LoadBalancerIngress: an address or a name.
test('a load balancer with a name in place of an address', () => {
  const ingress = [{ hostname: 'lb.example.test' }, { ip: '192.0.2.20' }];
  const text = JSON.stringify({ items: [{ metadata: { name: 'x' }, status: { loadBalancer: { ingress } } }] });
  expect(parseServices(text).records).toMatchObject([
    { loadBalancerIPs: ['192.0.2.20'], loadBalancerHostnames: ['lb.example.test'] },
  ]);
});

test('EndpointSlices', () => {
  const slices = parseEndpointSlices(section('cluster/endpointslices.json')).records.filter(
    ({ service }) => service === 'cold',
  );
  expect(slices).toMatchObject([
    { namespace: 'shop', addressType: 'IPv4', endpoints: [{ ready: false, serving: false, pod: 'shop/cold' }] },
  ]);
});

test('nodes', () => {
  expect(parseNodes(section('cluster/nodes.json')).records).toMatchObject([
    { name: 'node1', ips: ['172.31.99.11', 'fd99::11'], podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'], ready: true },
    { name: 'node2' },
    { name: 'node3', containerRuntime: expect.stringMatching(/^containerd:/) },
  ]);
});

test('events', () => {
  expect(parseEvents(section('cluster/events.json')).records).toContainEqual(
    expect.objectContaining({
      reason: 'FailedCreatePodSandBox',
      about: expect.objectContaining({ kind: 'Pod', name: 'unbuildable' }),
    }),
  );
});

describe('objects with almost nothing in them', () => {
  test.each([
    ['pod', parsePods],
    ['service', parseServices],
    ['EndpointSlice', parseEndpointSlices],
    ['node', parseNodes],
    ['event', parseEvents],
  ])('%s: a name is enough, fields of another type count as absent', (_, parse) => {
    const odd = { metadata: { name: 'x', labels: 7 }, spec: [], status: 'y', ports: 3, endpoints: [null] };
    const { records, unread } = parse(JSON.stringify({ items: [odd, { kind: 'Nameless' }] }));
    expect(records).toMatchObject([{ name: 'x', namespace: '', uid: '' }]);
    expect(unread).toEqual([{ raw: '{"kind":"Nameless"}', line: null, why: 'no metadata.name' }]);
  });

  test('an error document in place of a list', () => {
    expect(parsePods('{"kind":"Status","message":"forbidden"}').problem).toBe(
      'not a JSON object with an array "items"',
    );
  });
});

describe('what tells since when, and who is meant', () => {
  test('a service: affinity, health check', () => {
    const { records } = parseServices(section('cluster/services.json'));
    expect(records.find(({ name }) => name === 'routed')).toMatchObject({ affinitySeconds: 10800 });
    expect(records.find(({ name }) => name === 'cart')).toMatchObject({
      affinitySeconds: null,
      healthCheckNodePort: 30735,
    });
  });

  test('a pod: since when it is ready', () => {
    const ready = pod('cart')?.conditions.find(({ type }) => type === 'Ready');
    expect(ready?.since).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
    expect(pod('cart')?.deletedAt).toBeNull();
  });

  // apimachinery metav1.ObjectMeta: deletionTimestamp lies ahead by the grace period.
  test.each([
    [{ deletionTimestamp: '2026-11-22T06:40:30Z', deletionGracePeriodSeconds: 30 }, '2026-11-22T06:40:00Z'],
    [{ deletionTimestamp: '2026-11-22T06:40:30Z' }, '2026-11-22T06:40:30Z'],
    [{ deletionTimestamp: 'never' }, null],
    [{}, null],
  ])('a pod whose deletion was asked for: %j', (metadata, deletedAt) => {
    const text = JSON.stringify({ items: [{ metadata: { name: 'x', ...metadata } }] });
    expect(parsePods(text).records[0]?.deletedAt).toBe(deletedAt);
  });

  test('a node: its zone', () => {
    const labels = { 'topology.kubernetes.io/zone': 'a' };
    const text = JSON.stringify({ items: [{ metadata: { name: 'x', labels } }, { metadata: { name: 'y' } }] });
    expect(parseNodes(text).records.map(({ zone }) => zone)).toEqual(['a', null]);
  });

  // discovery/v1 EndpointHints; the annotation of the endpoint slice controller.
  test('a slice: when it changed; an endpoint: node, zone, hints', () => {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-22T06:40:00Z' };
    const hints = { forZones: [{ name: 'a' }, { name: 'b' }], forNodes: [{ name: 'n1' }] };
    const endpoints = [{ addresses: ['10.0.0.1'], nodeName: 'n1', zone: 'a', hints }, { addresses: ['10.0.0.2'] }];
    const text = JSON.stringify({ items: [{ metadata: { name: 'x', annotations }, endpoints }] });
    expect(parseEndpointSlices(text).records).toMatchObject([
      {
        changed: '2026-11-22T06:40:00Z',
        endpoints: [
          { node: 'n1', zone: 'a', hints: { zones: ['a', 'b'], nodes: ['n1'] } },
          { node: null, zone: null, hints: { zones: [], nodes: [] } },
        ],
      },
    ]);
  });
});
