import { describe, expect, test } from '@jest/globals';
import { findPeer } from '../../src/model/interfaces.ts';
import type { Stack } from '../../src/model/stack.ts';
import type { LinkRecord } from '../../src/parse/link.ts';
import { recordedStack, whole } from './fixture.ts';

const node = recordedStack('node');
const pods = { a: recordedStack('pod-a'), c: recordedStack('pod-c') };
const eth0 = (pod: Stack) => pod.links.records.find(({ name }) => name === 'eth0') as LinkRecord;
const withLinks = (stack: Stack, edit: (link: LinkRecord) => Partial<LinkRecord>) => ({
  ...stack,
  links: whole(stack.links.records.map(link => ({ ...link, ...edit(link) }))),
});
const withoutIds = (stack: Stack): Stack => ({ ...stack, netns: whole([]) });

describe('the other end of a pod’s veth', () => {
  test.each([
    ['a', 'vetha'],
    ['c', 've"c'],
  ] as const)('pod %s: %s, by index and namespace id both ways', (pod, name) => {
    expect(findPeer(eth0(pods[pod]), pods[pod], node)).toMatchObject({ peer: { name }, note: null });
  });

  test('eth0 has index 2 in every pod here, so the index alone would not do', () => {
    expect([eth0(pods.a).index, eth0(pods.c).index]).toEqual([2, 2]);
  });

  test('an index that matches, in the namespace of another pod, is no match', () => {
    const swapped: Stack = { ...pods.a, inode: pods.c.inode };
    expect(findPeer(eth0(pods.a), swapped, node)).toMatchObject({ peer: null, note: { code: 'peer-not-found' } });
  });

  test('an end that does not name the pod’s index is no match', () => {
    const other = withLinks(node, ({ name }) => (name === 'vetha' ? { peerIndex: 99 } : {}));
    expect(findPeer(eth0(pods.a), pods.a, other)).toMatchObject({ peer: null, note: { code: 'peer-not-found' } });
  });

  test.each([
    ["the pod's id for the node", withoutIds(pods.a), node],
    ["the node's id for the pod", pods.a, withoutIds(node)],
    ['its own inode', { ...pods.a, inode: null }, node],
  ])('without %s the indexes decide, and a note says so', (_, pod, on) => {
    expect(findPeer(eth0(pods.a), pod, on)).toMatchObject({ peer: { name: 'vetha' }, note: { code: 'peer-by-index' } });
  });

  test('two candidates that nothing tells apart are none', () => {
    const twins = { ...withoutIds(node), links: whole([...node.links.records, ...node.links.records]) };
    expect(findPeer(eth0(pods.a), withoutIds(pods.a), twins)).toMatchObject({
      peer: null,
      note: { code: 'peer-not-found' },
    });
  });

  test('an end in a namespace that is not the node’s', () => {
    expect(findPeer(eth0(pods.a), pods.a, { ...node, inode: 1 })).toMatchObject({
      peer: null,
      note: { code: 'peer-not-on-node' },
    });
  });

  test('an end in the pod itself', () => {
    const own = { ...eth0(pods.a), peerIndex: null, peerName: 'veth1' };
    expect(findPeer(own, pods.a, node)).toMatchObject({ peer: null, note: { code: 'peer-not-on-node' } });
  });

  test('macvlan has no other end: its link is the device below', () => {
    expect(findPeer({ ...eth0(pods.a), kind: 'macvlan' }, pods.a, node)).toEqual({ peer: null, note: null });
  });

  test('a node that was not read', () => {
    const absent: Stack = { ...node, links: { ...node.links, records: [], state: 'absent' } };
    expect(findPeer(eth0(pods.a), pods.a, absent)).toMatchObject({ peer: null, note: { code: 'peer-unknown' } });
  });
});
