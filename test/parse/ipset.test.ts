import { describe, expect, test } from '@jest/globals';
import { parseIpset } from '../../src/parse/ipset.ts';
import { section } from '../app/fixture.ts';
import { fixture } from './fixture.ts';

// fixtures/guest/record.sh: ipset v7.17 on kernel 6.1, one set of every type.
const save = fixture('guest/ipset/save.txt');
const list = fixture('guest/ipset/list.txt');

const sets = (text: string) =>
  parseIpset(text).records.flatMap(record => (record.kind === 'set' ? [[record.name, record.type]] : []));
const entries = (text: string, name: string) =>
  parseIpset(text).records.flatMap(record => (record.kind === 'entry' && record.set === name ? [record] : []));

describe('ipset save', () => {
  test.each(['guest/ipset/save.txt', 'guest/ipset/save-sorted.txt'])('%s: every line is a record', path => {
    const { records, unread, problem } = parseIpset(fixture(path));
    expect({ unread, problem }).toEqual({ unread: [], problem: null });
    expect(records.map(({ raw }) => raw)).toEqual(fixture(path).trimEnd().split('\n'));
    expect(records.map(({ line }) => line)).toEqual(records.map((_, at) => at + 1));
  });

  test("kube-proxy's sets of a node that had been in IPVS mode", () => {
    expect(parseIpset(section('nodes/node1/ipset.save'))).toMatchObject({ unread: [], problem: null });
  });

  test('the type and the options of a set', () => {
    const set = parseIpset(save).records.find(record => record.kind === 'set' && record.name === 'hip');
    expect(set).toMatchObject({ type: 'hash:ip', entries: true });
    expect(set?.kind === 'set' && [...set.options].filter(([key]) => key !== 'initval')).toEqual([
      ['family', 'inet'],
      ['hashsize', '1024'],
      ['maxelem', '65536'],
      ['timeout', '0'],
      ['counters', null],
      ['comment', null],
      ['bucketsize', '12'],
    ]);
  });

  test.each([
    ['a word in a comment is no option', 'bip', '10.0.0.5', { nomatch: false }],
    ['nomatch beside counters and a comment', 'hnet', '128.0.0.0/1', { nomatch: true }],
    ['wildcard', 'hnetiface', '10.3.0.0/16,veth', { wildcard: true, nomatch: false }],
    ['protocol and port', 'hipportnet', '10.0.0.2,udp:53,10.0.0.0/8', { nomatch: true }],
  ])('%s', (_, set, entry, expected) => {
    expect(entries(save, set)).toContainEqual(expect.objectContaining({ entry, ...expected }));
  });
});

describe('ipset list', () => {
  const plain = ({ entry, nomatch, wildcard }: { entry: string; nomatch: boolean; wildcard: boolean }) =>
    `${entry} ${nomatch} ${wildcard}`;

  test('says the same as ipset save', () => {
    expect(parseIpset(list)).toMatchObject({ unread: [], problem: null });
    expect(sets(list)).toEqual(sets(save));
    for (const [name = ''] of sets(save))
      expect(entries(list, name).map(plain).sort()).toEqual(entries(save, name).map(plain).sort());
  });

  test('one set by name', () => {
    const [, ...rest] = parseIpset(fixture('guest/ipset/one.txt')).records;
    expect(rest.map(({ raw }) => raw)).toEqual(entries(list, 'hipport').map(({ raw }) => raw));
  });

  test('-terse: no set has entries, which is not the same as being empty', () => {
    const { records, problem } = parseIpset(fixture('guest/ipset/terse.txt'));
    expect(problem).toBeNull();
    expect(new Set(records.map(record => record.kind === 'set' && record.entries))).toEqual(new Set([false]));
    const empty = parseIpset(list).records.find(record => record.kind === 'set' && record.name === 'empty');
    expect(empty).toMatchObject({ entries: true });
  });
});

test("names of weave's kind, made of any characters", () => {
  const name = 'weave-?}8a?)Oi$epp:oB@JKrB0;:)b';
  const text = `create ${name} hash:ip family inet hashsize 1024 maxelem 65536 comment\nadd ${name} 10.32.0.5 comment "namespace: kube-system, pod: a nomatch"\n`;
  expect(parseIpset(text)).toMatchObject({
    records: [
      { kind: 'set', name },
      { kind: 'entry', set: name, entry: '10.32.0.5', nomatch: false },
    ],
    unread: [],
  });
});

describe('what cannot be read', () => {
  test.each([
    ['flush x\n', 'neither "create" nor "add", nor a set that "Name:" begins'],
    ['add\n', 'nothing after "add"'],
    ['Name: a\nwhatever\n', 'not "key: value"'],
  ])('%j is handed back', (text, why) => {
    expect(parseIpset(text).unread.map(unread => unread.why)).toEqual([why]);
  });

  test.each([
    ['the header', list.slice(0, list.indexOf('Type')), 'cut off: set bip has no "Type:"'],
    ['the entries', list.slice(0, list.indexOf('1002\n')), 'cut off: set bport has 5 entries and 3 are here'],
  ])('ipset list cut off in %s', (_, text, problem) => {
    expect(parseIpset(text).problem).toBe(problem);
  });
});
