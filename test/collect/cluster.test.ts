import { describe, expect, test } from '@jest/globals';
import { apiLists } from '../../src/collect/api-objects.ts';
import { apiError, apiPath, openCluster } from '../../src/collect/cluster.ts';
import type { Node, Pod } from '../../src/collect/kinds.ts';
import { createKubectl } from '../../src/collect/kubectl.ts';
import { podCommand } from '../../src/collect/lease.ts';
import { isOver, keptPods } from '../../src/collect/marks.ts';
import { nearest } from '../../src/collect/nearest.ts';
import { assertInspectable } from '../../src/collect/preflight.ts';

describe('an API path', () => {
  test.each([
    ['of a list of the cluster', apiPath('core', 'nodes'), '/api/v1/nodes'],
    ['of an object', apiPath('core', 'pods', { namespace: 'shop', name: 'web' }), '/api/v1/namespaces/shop/pods/web'],
    [
      'of a named group',
      apiPath('discovery.k8s.io', 'endpointslices', { namespace: 'shop' }),
      '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
    ],
    [
      'with a query',
      apiPath('core', 'pods', { query: { fieldSelector: 'spec.nodeName=n1' } }),
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1',
    ],
    [
      'never leaves its place by a name',
      apiPath('core', 'pods', { namespace: '../x', name: 'a/b?c#d' }),
      '/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc%23d',
    ],
  ])('%s', (_name, path, expected) => {
    expect(path).toBe(expected);
  });
});

describe('an answer that is not a success', () => {
  test.each([
    [401, '{"message":"Unauthorized"}', 'unauthorized', 'Unauthorized'],
    [403, '{"message":"pods is forbidden"}', 'forbidden', 'pods is forbidden'],
    [404, '{"message":"pods \\"x\\" not found"}', 'not-found', 'pods "x" not found'],
    [502, '<html>Bad Gateway</html>', 'api-error', '<html>Bad Gateway</html>'],
    [500, '', 'api-error', 'the API server answered with status 500'],
  ])('%i is told in its own words', (status, text, code, message) => {
    expect(apiError(status, text)).toMatchObject({ status, code, message, exitCode: 3 });
  });
});

test('a file that the kubeconfig names and that is not there is told', async () => {
  const connection = { server: 'https://127.0.0.1:1', certificateAuthority: '/no/such/ca.crt', token: 't' };
  await expect(openCluster(connection, { kubectl: createKubectl(connection) })).rejects.toMatchObject({
    code: 'kubeconfig-unreadable',
    message: expect.stringContaining('/no/such/ca.crt'),
    exitCode: 3,
  });
});

describe('the events of a pod', () => {
  const asked = (phase: string, ready: string): Pod => ({
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready }] },
  });
  const request = '/api/v1/namespaces/shop/events?fieldSelector=involvedObject.kind%3DPod%2CinvolvedObject.name%3Dweb';

  test.each([
    ['that is ready', asked('Running', 'True'), []],
    ['that is not ready', asked('Running', 'False'), [{ path: request }]],
    ['that waits', asked('Pending', 'False'), [{ path: request }]],
    ['that has ended', asked('Succeeded', 'False'), [{ path: request }]],
    [
      'of which nothing is known',
      { metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [] } },
      [{ path: request }],
    ],
  ])('%s', (_name, pod, expected) => {
    expect(apiLists([pod], [])['events']).toEqual(expected);
  });
});

test.each([
  ['web', ['web-1', 'db', 'api'], ['web-1']],
  ['plain-nod1', ['plain-node1', 'plain-node2', 'other'], ['plain-node1', 'plain-node2']],
  ['x', ['completely', 'different'], []],
  ['a', ['a-1', 'a-2', 'a-3', 'a-4'], ['a-1', 'a-2', 'a-3']],
])('for %j of %j one may have meant %j', (name, names, expected) => {
  expect(nearest(name, names)).toEqual(expected);
});

describe('a node', () => {
  const node = (changes: Partial<Node>): Node => ({
    metadata: { name: 'n1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
    ...changes,
  });
  const labelled = (labels: Record<string, string>) => node({ metadata: { name: 'n1', labels } });
  const ready = (status: string) => node({ status: { conditions: [{ type: 'Ready', status, message: 'why' }] } });

  test.each([
    ['on Linux', labelled({ 'kubernetes.io/os': 'linux' })],
    ['whose CNI is broken: that is to be looked at', ready('False')],
    ['of which nothing is known', { metadata: { name: 'n1' } }],
  ])('%s can be inspected', (_name, subject) => {
    expect(() => assertInspectable(subject)).not.toThrow();
  });

  test.each([
    ['on Windows', labelled({ 'kubernetes.io/os': 'windows' }), 'node-unsupported'],
    ['on Windows, by its own word', node({ status: { nodeInfo: { operatingSystem: 'windows' } } }), 'node-unsupported'],
    ['of Fargate', labelled({ 'eks.amazonaws.com/compute-type': 'fargate' }), 'node-unsupported'],
    ['that is virtual', labelled({ type: 'virtual-kubelet' }), 'node-unsupported'],
    [
      'that is virtual, by its taint',
      node({ spec: { taints: [{ key: 'virtual-kubelet.io/provider', effect: 'NoSchedule' }] } }),
      'node-unsupported',
    ],
    ['whose kubelet is away', ready('Unknown'), 'node-not-ready'],
  ])('%s is refused', (_name, subject, code) => {
    expect(() => assertInspectable(subject)).toThrow(expect.objectContaining({ code, exitCode: 3 }));
  });
});

describe('a kept debug pod', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  const pod = (changes: {
    kept?: number;
    started?: number;
    node?: string;
    image?: string;
    deleted?: boolean;
    running?: boolean;
  }): Pod => ({
    metadata: {
      name: 'p',
      annotations: { 'netinspect/kept-until': at(changes.kept ?? 300) },
      ...(changes.deleted ? { deletionTimestamp: at(0) } : {}),
    },
    spec: {
      nodeName: changes.node ?? 'n1',
      activeDeadlineSeconds: 600,
      containers: [{ name: 'debugger', image: changes.image ?? 'tools', command: podCommand('r', 'u') }],
    },
    status: {
      phase: 'Running',
      startTime: at(changes.started ?? -60),
      containerStatuses: [{ name: 'debugger', state: changes.running === false ? {} : { running: {} } }],
    },
  });

  test.each([
    ['is used', {}, 'usable'],
    ['is neither used nor replaced on another node', { node: 'n2' }, 'none'],
    ['is neither used nor replaced with another image', { image: 'other' }, 'none'],
    ['is replaced when its lease is about to end', { kept: 4 }, 'worn'],
    ['is replaced when its cap is about to end it', { started: -580 }, 'worn'],
    ['is neither used nor replaced while it is being deleted', { deleted: true }, 'none'],
    ['is neither used nor replaced before it runs', { running: false }, 'none'],
  ])('%s', (_name, changes, what) => {
    const { usable, worn } = keptPods([pod(changes)], 'n1', 'tools', now);
    expect([usable, worn.length]).toEqual([what === 'usable' ? pod(changes) : undefined, what === 'worn' ? 1 : 0]);
  });

  test('is not replaced before it is known to be kept: another run may use it', () => {
    const { metadata, ...rest } = pod({});
    const others = { ...rest, metadata: { name: metadata.name } };
    expect(keptPods([others], 'n1', 'tools', now)).toEqual({ usable: undefined, worn: [] });
  });

  test('is over when its cap has passed, though its node no longer says so', () => {
    expect(isOver(pod({ started: -599 }), now)).toBe(false);
    expect(isOver(pod({ started: -601 }), now)).toBe(true);
  });
});
