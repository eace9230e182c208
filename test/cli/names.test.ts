import { expect, test } from '@jest/globals';
import { isPodTarget, nodeName, podName } from '../../src/cli/names.ts';

test.each([
  ['web', undefined, { namespace: undefined, name: 'web' }],
  ['web', 'shop', { namespace: 'shop', name: 'web' }],
  ['shop/web', undefined, { namespace: 'shop', name: 'web' }],
  ['shop/web', 'shop', { namespace: 'shop', name: 'web' }],
  ['pod/web', undefined, { namespace: undefined, name: 'web' }],
  ['po/shop/web', undefined, { namespace: 'shop', name: 'web' }],
  ['web-0.example', undefined, { namespace: undefined, name: 'web-0.example' }],
  ['1e5', undefined, { namespace: undefined, name: '1e5' }],
])('pod %s with -n %s', (text, flag, expected) => {
  expect(podName(text, flag)).toEqual(expected);
});

test.each([
  [undefined, undefined, 'a pod name is needed'],
  ['', undefined, '"" is not a pod name'],
  ['Web', undefined, '"Web" is not a pod name'],
  ['web;reboot', undefined, '"web;reboot" is not a pod name'],
  ['$(id)', undefined, '"$(id)" is not a pod name'],
  ['-web', undefined, '"-web" is not a pod name'],
  ['a'.repeat(254), undefined, `"${'a'.repeat(254)}" is not a pod name`],
  ['web', 'Shop', '"Shop" is not a namespace name'],
  ['a/b/web', undefined, '"a/b" is not a namespace name'],
  ['shop/web', 'other', 'shop/web and -n other name two namespaces'],
])('pod %s with -n %s is refused', (text, flag, message) => {
  expect(() => podName(text, flag)).toThrow(message);
});

test.each([
  ['worker-1', 'worker-1'],
  ['node/worker-1', 'worker-1'],
  ['no/ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1.ec2.internal'],
])('node %s', (text, expected) => {
  expect(nodeName(text)).toBe(expected);
});

test.each([
  [undefined, 'a node name is needed'],
  ['a/b', '"a/b" is not a node name'],
  ['node/', '"" is not a node name'],
])('node %s is refused', (text, message) => {
  expect(() => nodeName(text)).toThrow(message);
});

test.each([
  ['pod/web', true],
  ['po/shop/web', true],
  ['node/a', false],
  ['no/a', false],
])('target %s', (text, isPod) => {
  expect(isPodTarget(text)).toBe(isPod);
});
