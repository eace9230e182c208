import { expect, test } from '@jest/globals';
import { collectorArguments } from '../../src/collect/collector-args.ts';

const pod = { namespace: 'shop', name: 'web-0', uid: '51028a02-7be7-45f7-ae4c-b22ad9135ff3' };
const asked = ['--pod', 'shop', 'web-0', pod.uid];

test.each([
  ['no pod', [], []],
  ['a pod with two addresses', [{ ...pod, ips: ['10.244.1.2', 'fd00::2'] }], [...asked, '10.244.1.2,fd00::2']],
  ['a pod that has no address yet', [{ ...pod, ips: [] }], [...asked, '-']],
])('%s', (_, pods, expected) => {
  expect(collectorArguments(pods, 10)).toEqual(['--section-timeout', '10', ...expected]);
});
