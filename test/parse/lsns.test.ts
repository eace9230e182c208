import { expect, test } from '@jest/globals';
import { parseLsns } from '../../src/parse/lsns.ts';
import { parseNetns } from '../../src/parse/netns.ts';
import { fixture } from './fixture.ts';

test('lsns: ids that the namespace where it ran has for the others', () => {
  const { records } = parseLsns(fixture('node/netns.json'));
  const byFile = Object.fromEntries(records.map(record => [record.nsfs, record.netnsId]));
  expect(byFile).toMatchObject({
    '/run/netns/ni-fix-node': null,
    '/run/netns/ni-fix-a': 1,
    '/run/netns/ni-fix-b': 2,
    '/run/netns/ni-fix-c': 3,
  });
});

test('lsns: a tree, numbers and texts, several mounts', () => {
  const text = JSON.stringify({
    namespaces: [
      {
        ns: 1,
        pid: 1,
        netnsid: 'unassigned',
        nsfs: null,
        children: [{ ns: '2', pid: '0', netnsid: '4', nsfs: '/a\n/b' }],
      },
      { pid: 7 },
    ],
  });
  const { records, unread } = parseLsns(text);
  expect(records.map(({ inode, pid, netnsId, nsfs }) => [inode, pid, netnsId, nsfs])).toEqual([
    [1, 1, null, null],
    [2, null, 4, '/a'],
  ]);
  expect(unread).toEqual([{ raw: '{"pid":7}', line: null, why: 'no inode (NS)' }]);
});

test('netns.txt: inode and file, the odd line unread', () => {
  expect(parseNetns('4026532177 /proc/12/ns/net\n4026531833 /proc/self/ns/net\nstat: x\n')).toMatchObject({
    records: [{ inode: 4026532177, file: '/proc/12/ns/net' }, { inode: 4026531833 }],
    unread: [{ line: 3 }],
  });
});
