import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { frontendWays } from '../../../src/analyse/service/tree.ts';
import { formatAddress, parsePrefix } from '../../../src/model/address.ts';
import { virtualServers } from '../../../src/model/backends/ipvs.ts';
import type { RuleSet } from '../../../src/model/rules.ts';
import { parseIpvsadm } from '../../../src/parse/ipvsadm.ts';

/** `ipvsadm --save --numeric` of a real kernel (test/parse/fixtures/guest/record.sh). */
const file = new URL('../../parse/fixtures/guest/ipvs/save.txt', import.meta.url);
const { servers } = virtualServers(parseIpvsadm(readFileSync(file, 'utf8')).records, { file: 'ipvsadm.save' });
const rules: RuleSet = { tables: [], ipsets: new Map(), ipvs: servers, recent: null };

function ways(address: string, port: number, protocol: 'tcp' | 'udp' | 'sctp' = 'tcp') {
  const prefix = parsePrefix(address);
  if (prefix === null) throw new Error(address);
  const packet = { family: prefix.family, daddr: prefix.value, local: true, protocol, port: BigInt(port) };
  return frontendWays(rules, packet, {
    evidence: true,
    name: (family, value, at) => ({ address: formatAddress(value, family), port: Number(at), pod: null, node: null }),
  });
}

const ends = (...args: Parameters<typeof ways>) =>
  ways(...args).shares.map(({ endpoint, verdict, probability }) =>
    endpoint === null ? `${verdict} ${probability}` : `${endpoint.address} ${endpoint.port} ${probability}`,
  );

describe('what a virtual server does with new connections', () => {
  test.each([
    ['rr, one of weight 0', '10.96.0.10', 80, 'tcp', ['10.244.1.2 8080 1']],
    ['wrr: by weight', '10.96.0.20', 443, 'tcp', ['172.31.99.1 6443 1/21846', '172.31.99.2 6443 21845/21846']],
    ['sh: depends on the client', '10.96.0.40', 80, 'tcp', ['192.0.2.7 80 null', '192.0.2.8 80 null']],
    ['no real server', '10.96.0.50', 80, 'tcp', ['reject 1']],
    ['lc with one real server', '10.96.0.10', 53, 'udp', ['10.244.3.7 53 1']],
    ['port 0: any port', '10.96.0.30', 999, 'udp', ['10.244.3.8 999 1']],
    ['SCTP', '10.96.0.10', 9, 'sctp', ['10.244.1.2 9 1']],
    ['IPv6', 'fd00:96::a', 80, 'tcp', ['fd00:244::2 8080 1']],
    ['another port than it has', '10.96.0.10', 81, 'tcp', ['none 1']],
    ['another protocol than it has', '10.96.0.20', 443, 'udp', ['none 1']],
  ] as const)('%s', (_what, address, port, protocol, expected) => {
    expect(ends(address, port, protocol)).toEqual(expected);
  });

  test('it is shown with its scheduler and persistence, real servers with their weights', () => {
    const [server] = ways('10.96.0.20', 443).branches;
    expect(server).toMatchObject({
      backend: 'ipvs',
      table: null,
      chain: '10.96.0.20:443',
      line: 4,
      raw: '-A -t 10.96.0.20:443 -s wrr -p 10800',
      effect: { kind: 'virtual-server', scheduler: 'wrr', persistence: 10800 },
      branches: [{ weight: 3, chance: '1/21846' }, { weight: 65535 }],
    });
  });

  test('one of weight 0 gets none, and is shown', () => {
    const [server] = ways('10.96.0.10', 80).branches;
    expect(server?.branches.map(({ weight, probability }) => [weight, probability])).toEqual([
      [1, '1'],
      [0, '0'],
    ]);
  });
});
