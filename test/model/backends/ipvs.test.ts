import { describe, expect, test } from '@jest/globals';
import { virtualServers } from '../../../src/model/backends/ipvs.ts';
import { parseIpvsadm } from '../../../src/parse/ipvsadm.ts';
import { fixture } from '../../parse/fixture.ts';

const read = (text: string) => virtualServers(parseIpvsadm(text).records, { file: 'ipvsadm.save' });

// fixtures/guest/record.sh: ipvsadm v1.31 in a virtual machine with kernel 6.1.
describe('virtual servers, recorded in a virtual machine', () => {
  const { servers, unread } = read(fixture('guest/ipvs/save.txt'));

  test('all are read, with their real servers in order', () => {
    expect(unread).toEqual([]);
    expect(servers).toHaveLength(18);
    expect(servers[1]).toEqual({
      protocol: 'tcp',
      address: 0x0a600014n,
      family: 'IPv4',
      port: 443,
      fwmark: null,
      scheduler: 'wrr',
      persistence: 10800,
      onePacket: false,
      realServers: [
        expect.objectContaining({
          family: 'IPv4',
          address: 0xac1f6301n,
          port: 6443,
          weight: 3,
          forwarding: 'masquerade',
        }),
        expect.objectContaining({ address: 0xac1f6302n, weight: 65535 }),
      ],
      source: { file: 'ipvsadm.save', line: 4, handle: null, raw: '-A -t 10.96.0.20:443 -s wrr -p 10800' },
    });
  });

  test.each([
    ['a firewall mark', 7, 'IPv4', [{ address: 0x0af40102n, port: 0, weight: 1 }]],
    ['a firewall mark of IPv6', 8, 'IPv6', [{ address: 0xfd000244000000000000000000000002n, weight: 4 }]],
  ])('%s', (_, fwmark, family, realServers) => {
    expect(servers.find(server => server.fwmark === fwmark)).toMatchObject({
      protocol: null,
      address: null,
      port: 0,
      family,
      realServers,
    });
  });

  test('one without real servers is there: it rejects', () => {
    expect(servers.find(({ address }) => address === 0x0a600032n)).toMatchObject({ scheduler: 'mh', realServers: [] });
  });

  test('/proc/net/ip_vs: a firewall mark has the family of its real servers', () => {
    const own = read(fixture('guest/ipvs/proc.txt')).servers.filter(server => server.fwmark !== null);
    expect(own.map(({ fwmark, family }) => [fwmark, family])).toEqual([
      [7, 'IPv4'],
      [8, 'IPv6'],
    ]);
  });
});

describe('what cannot be taken is said', () => {
  test('a firewall mark in /proc/net/ip_vs without real servers has no family', () => {
    const head = fixture('guest/ipvs/proc-empty.txt');
    expect(read(`${head}FWM  00000007 rr\n`)).toEqual({
      servers: [],
      unread: [{ raw: 'FWM  00000007 rr', line: 4, why: 'the family of this firewall mark is not said' }],
    });
  });

  test.each([
    ['-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1', 'a real server without its virtual server'],
    ['-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2:99999 -m', '10.0.0.2:99999 is not an address and a port'],
    ['-A -t 300.0.0.1:80 -s rr', '300.0.0.1:80 is not an address and a port'],
  ])('%j', (text, why) => {
    expect(read(text).unread.map(each => each.why)).toEqual([why]);
  });

  test('the same firewall mark in both families: each has its own real servers', () => {
    const text = '-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0 -m -w 1\n-A -f 1 -6 -s rr\n-a -f 1 -6 -r [fd00::1]:0 -m -w 1\n';
    expect(
      read(text).servers.map(({ family, realServers }) => [family, ...realServers.map(real => real.family)]),
    ).toEqual([
      ['IPv4', 'IPv4'],
      ['IPv6', 'IPv6'],
    ]);
  });
});
