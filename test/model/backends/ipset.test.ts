import { describe, expect, test } from '@jest/globals';
import { ipsets } from '../../../src/model/backends/ipset.ts';
import type { KeyPart, SetElement } from '../../../src/model/rules.ts';
import { parseIpset } from '../../../src/parse/ipset.ts';
import { section } from '../../app/fixture.ts';
import { fixture } from '../../parse/fixture.ts';

const read = (text: string) => ipsets(parseIpset(text).records, { file: 'sets' });
const { sets, unread } = read(fixture('guest/ipset/save.txt'));

const show = (part: KeyPart): string => {
  if ('name' in part) return `${part.bridgePort ? 'port ' : ''}${part.name}${part.prefix ? '*' : ''}`;
  const hex = (value: bigint) => value.toString(16);
  return part.low === part.high ? hex(part.low) : `${hex(part.low)}-${hex(part.high)}`;
};
const element = ({ key, nomatch }: SetElement) => `${nomatch ? 'not ' : ''}${key.map(show).join(' ')}`;
const elements = (name: string) => sets.get(name)?.elements?.map(element).sort() ?? null;

/** All IPv6 addresses that begin so. */
const under = (start: string) => `${start.padEnd(32, '0')}-${start.padEnd(32, 'f')}`;

describe('what the entries of each type hold, in numbers', () => {
  test.each([
    ['bitmap:ip', 'bip', ['a000005', 'a000007', 'a000008', 'a000009']],
    ['bitmap:ip netmask: the whole network', 'bnet', ['a010500-a0105ff']],
    ['bitmap:ip,mac: without address any', 'bipmac', ['a000101 aabbccddeeff', 'a000102 0-ffffffffffff']],
    ['bitmap:port', 'bport', ['3e8', '3e9', '3ea', '3eb', '50']],
    ['hash:ip', 'hip', ['a090909', 'a09090a']],
    ['hash:ip, IPv6', 'hip6', ['fd000000000000000000000000000001']],
    ['hash:ip netmask', 'hipmask', ['a030400-a0304ff']],
    ['hash:mac', 'hmac', ['10203040506']],
    ['hash:ip,mac', 'hipmac', ['a000001 10203040506']],
    ['hash:net', 'hnet', ['0-7fffffff', 'a010000-a01ffff', 'c0a80001', 'not 80000000-ffffffff', 'not a000000-affffff']],
    ['hash:net, IPv6', 'hnet6', [under('fd'), `not ${under('fd000001')}`]],
    ['hash:net,net', 'hnetnet', ['a000000-affffff c0a80000-c0a8ffff', 'not 80000000-ffffffff a020001']],
    [
      'hash:ip,port: protocol and port; ICMP: type * 256 + code',
      'hipport',
      ['1 304', '1 800', '1 c803', '11 35', '2f 0', '6 50', '70 0', '84 9', '88 7'].map(rest => `a000001 ${rest}`),
    ],
    ['hash:ip,port,ip', 'hipportip', ['a000001 6 50 a000001']],
    ['hash:ip,port,net', 'hipportnet', ['a000001 11 35 a000000-affffff', 'not a000002 11 35 a000000-affffff']],
    ['hash:net,port', 'hnetport', ['80000000-ffffffff 11 0', 'a000000-a0000ff 6 50']],
    ['hash:net,port,net', 'hnetportnet', ['a000000-a0000ff 6 50 c0a80000-c0a8ffff']],
    [
      'hash:net,iface',
      'hnetiface',
      ['a000000-affffff eth0', 'a000000-affffff port eth1', 'a030000-a03ffff veth*', 'not 0-ffffffff lo'],
    ],
    ['no entries', 'empty', []],
  ])('%s', (_, name, expected) => {
    expect(elements(name)).toEqual([...expected].sort());
  });
});

test('list:set has members in their order, not elements', () => {
  expect(sets.get('lset')).toMatchObject({ members: ['hip', 'hip6', 'hnet'], elements: [] });
});

test('a set with timeouts is dynamic; its family is that of its addresses', () => {
  expect([...sets.values()].filter(({ dynamic }) => dynamic).map(({ name }) => name)).toEqual(['bip', 'hip', 'hnet']);
  expect(['hip', 'hip6', 'bport', 'hmac', 'lset'].map(name => sets.get(name)?.family)).toEqual([
    'IPv4',
    'IPv6',
    null,
    null,
    null,
  ]);
});

test("every name that ipset has for a type and code of ICMP is that type's and code's number", () => {
  const names = fixture('guest/ipset/icmp-names.txt').trimEnd().split('\n');
  const expected = names.map(line => {
    const [protocol, type, code] = line.split(' ');
    return [protocol === 'icmp' ? 1n : 58n, BigInt(type ?? '') * 256n + BigInt(code ?? '')];
  });
  const found = names.map(line => {
    const [protocol, , , name] = line.split(' ');
    const [family, address] = protocol === 'icmp' ? ['inet', '10.0.0.1'] : ['inet6', 'fd00::1'];
    const text = `create s hash:ip,port family ${family}\nadd s ${address},${name}\n`;
    const key = read(text).sets.get('s')?.elements?.[0]?.key ?? [];
    return key.slice(1).map(part => 'low' in part && part.low);
  });
  expect(names.length).toBe(49);
  expect(found).toEqual(expected);
});

test('ipset list says the same as ipset save', () => {
  const listed = read(fixture('guest/ipset/list.txt')).sets;
  for (const [name, { elements: own, members }] of sets) {
    expect(listed.get(name)?.elements?.map(element).sort()).toEqual(own?.map(element).sort());
    expect(listed.get(name)?.members).toEqual(members);
  }
});

test("every entry of kube-proxy's sets is read", () => {
  const { sets: own, unread: lost } = read(section('nodes/node1/ipset.save'));
  expect(lost).toEqual([]);
  expect([...own.values()].filter(set => set.elements === null)).toEqual([]);
});

describe('what is not known is said', () => {
  test('ipset list -terse', () => {
    expect([...read(fixture('guest/ipset/terse.txt')).sets.values()].map(set => set.elements)).not.toContainEqual([]);
  });

  test('an entry that stands for values under a mask', () => {
    expect(unread.map(({ line, why }) => [line, why])).toEqual([
      [59, 'a set of type hash:ip,mark with these options is not modelled'],
    ]);
    expect(sets.get('hipmark')?.elements).toBeNull();
  });

  test.each([
    ['hash:ip', '10.0.0'],
    ['hash:ip', 'fd00::1'],
    ['hash:ip', '10.0.0.9-10.0.0.1'],
    ['hash:net', '10.0.0.0/33'],
    ['hash:ip,port', '10.0.0.1'],
    ['hash:ip,port', '10.0.0.1,tcp:http'],
    ['hash:ip,port', '10.0.0.1,nothing:80'],
    ['hash:ip,port', '10.0.0.1,tcp:70000'],
    ['hash:ip,port', '10.0.0.1,icmp:256/0'],
    ['bitmap:port', 'tcp:80'],
    ['hash:mac', '01:02:03'],
    ['hash:net,iface', '10.0.0.0/8,'],
    ['hash:ip,mark', '10.0.0.1,x'],
  ])('%s cannot hold %s: what else is in the set decides nothing', (type, entry) => {
    const result = read(`create s ${type}\nadd s 10.0.0.1,tcp:1\nadd s ${entry}\n`);
    expect(result.sets.get('s')?.elements).toBeNull();
    expect(result.unread.at(-1)).toEqual({ raw: `add s ${entry}`, line: 3, why: `not an entry of a ${type} set` });
  });

  test.each(['hash:ip,nothing', 'hash', 'cuckoo:ip', 'constructor:ip'])('a set of type %s', type => {
    const result = read(`create s ${type}\nadd s 10.0.0.1\n`);
    expect(result.sets.get('s')?.elements).toBeNull();
    expect(result.unread).toHaveLength(1);
  });

  test('an entry of a set that was not created', () => {
    expect(read('add s 10.0.0.1\n').unread).toEqual([{ raw: 'add s 10.0.0.1', line: 1, why: 'no set s was created' }]);
  });
});
