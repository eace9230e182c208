import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { frontendWays } from '../../../src/analyse/service/tree.ts';
import { loadRuleFiles } from '../../../src/app/rule-files.ts';
import { formatAddress, parsePrefix } from '../../../src/model/address.ts';
import type { RuleBranch } from '../../../src/model/service-report.ts';

/** Rules as kube-proxy of other versions writes them, printed by the kernel's own tools (layouts/record.sh). */
function ways(file: string, address: string, port: number, local: boolean) {
  const name = new URL(`layouts/${file}`, import.meta.url);
  const { host } = loadRuleFiles([{ name: file, text: readFileSync(name, 'utf8') }], { local: [] });
  const daddr = parsePrefix(address)?.value ?? null;
  const packet = { family: 'IPv4', daddr, local, protocol: 'tcp', port: BigInt(port) } as const;
  return frontendWays(host.rules, packet, {
    evidence: false,
    name: (family, value, at) => ({ address: formatAddress(value, family), port: Number(at), pod: null, node: null }),
  });
}

function ends(file: string, address: string, port: number, local = false): string[] {
  return ways(file, address, port, local).shares.map(({ when, endpoint, verdict, probability, masqueraded }) => {
    const end = endpoint === null ? verdict : `${endpoint.address}:${endpoint.port}`;
    const source = masqueraded === null ? '' : masqueraded ? ', masqueraded' : ', as it is';
    return `${when.join(' & ') || 'each'}: ${end} ${probability}${source}`;
  });
}

const inside = 'from 203.0.113.0/25';
const pods = 'from 10.180.0.0/16';

describe('loadBalancerSourceRanges', () => {
  test('since 1.25: others pass KUBE-FW by, and the filter drops them', () => {
    expect(ends('source-ranges.txt', '192.0.2.41', 80)).toEqual([
      `${inside}: 10.180.0.1:80 1, masqueraded`,
      `not ${inside}: drop 1, as it is`,
    ]);
  });

  test('the cluster IP and the node port are open to all', () => {
    expect(ends('source-ranges.txt', '10.96.0.41', 80)).toEqual(['each: 10.180.0.1:80 1']);
    expect(ends('source-ranges.txt', '192.0.2.11', 30041, true)).toEqual(['each: 10.180.0.1:80 1, masqueraded']);
  });

  test('nftables: dropped before the address is rewritten', () => {
    expect(ends('nftables-1.35.json', '192.0.2.41', 80)).toEqual([
      `not ${inside}: drop 1, as it is`,
      `${inside}: 10.180.0.1:80 1/2, masqueraded`,
      `${inside}: 10.180.0.2:80 1/2, masqueraded`,
    ]);
  });
});

describe('external policy Local until 1.23 (KUBE-XLB, KUBE-MARK-DROP)', () => {
  const near = `not ${pods} & not source local`;

  test.each([
    ['192.0.2.41', 80, false],
    ['192.0.2.11', 30041, true],
  ])('an endpoint here: %s:%i', (address, port, local) => {
    const clients = ends('local-1.23.txt', address, port, local).map(text =>
      text.replace(/, (masqueraded|as it is)$/, ''),
    );
    expect(clients).toEqual([
      `${pods}: 10.180.1.1:80 1/2`,
      `${pods}: 10.180.0.1:80 1/2`,
      `not ${pods} & source local: 10.180.1.1:80 1/2`,
      `not ${pods} & source local: 10.180.0.1:80 1/2`,
      `${near}: 10.180.0.1:80 1`,
    ]);
  });

  test('none here: marked to be dropped', () => {
    expect(ends('local-1.23.txt', '192.0.2.11', 30042, true)).toContain(`${near}: drop 1, as it is`);
  });
});

describe('affinity: the shares of a client that was not seen before; returning ones are shown', () => {
  const thirds = ['1', '2', '3'].map(last => `each: 10.180.0.${last}:80 1/3, as it is`);
  const affine = (branches: readonly RuleBranch[]): number =>
    branches.reduce((sum, { share, branches: below }) => sum + (share === 0 ? 1 : affine(below)), 0);

  test('iptables: xt_recent', () => {
    expect(ends('affinity.txt', '10.96.0.41', 80)).toEqual(thirds);
    expect(affine(ways('affinity.txt', '10.96.0.41', 80, false).branches)).toBe(3);
  });

  test('nftables: dynamic sets', () => {
    expect(ends('nftables-1.35.json', '10.96.0.42', 80)).toEqual([
      'each: 10.180.0.1:80 1/2, as it is',
      'each: 10.180.0.2:80 1/2, as it is',
    ]);
    expect(affine(ways('nftables-1.35.json', '10.96.0.42', 80, false).branches)).toBe(2);
  });
});

test('nftables until 1.35: each endpoint has a chain of its own', () => {
  expect(ends('nftables-1.35.json', '10.96.0.41', 80)).toEqual(['each: 10.180.0.1:80 1/2', 'each: 10.180.0.2:80 1/2']);
  expect(ends('nftables-1.35.json', '192.0.2.11', 30041, true)).toEqual([
    'each: 10.180.0.1:80 1/2, masqueraded',
    'each: 10.180.0.2:80 1/2, masqueraded',
  ]);
});

test('an address that no rule knows', () => {
  expect(ends('source-ranges.txt', '10.96.0.99', 80)).toEqual(['each: none 1, as it is']);
});
