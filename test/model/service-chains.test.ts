import { describe, expect, test } from '@jest/globals';
import { chainFinder, chainHash, type RuleSets, type ServicePath } from '../../src/model/service-chains.ts';
import { parseIptables } from '../../src/parse/iptables.ts';
import { parseIpvsadm } from '../../src/parse/ipvsadm.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import { ipsOf, section } from '../app/fixture.ts';
import { whole } from './fixture.ts';

// Known from kube-proxy's documentation and every cluster's own dump: the service default/kubernetes.
test('the hash in chain names', () => {
  expect(`KUBE-SVC-${chainHash('default/kubernetes:httpstcp', 16)}`).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y');
  expect(`service-${chainHash('ns1/svc1/tcp/p80', 8)}`).toBe('service-ULMVA6XW');
});

const [ip4, ip6] = ipsOf('cart');
const empty: RuleSets = { iptables: [], nft: whole([]), ipvs: whole([]) };
const path: ServicePath = {
  namespace: 'shop',
  service: 'cart',
  portName: 'named',
  protocol: 'TCP',
  address: ip4,
  port: 8080,
  family: 'IPv4',
};

function iptables(backend: 'iptables-nft' | 'iptables-legacy', file: string): RuleSets {
  const records = parseIptables(section(file)).records;
  return { ...empty, iptables: [{ backend, family: file.includes('ip6') ? 'IPv6' : 'IPv4', section: whole(records) }] };
}

const names = (rules: RuleSets, asked: ServicePath) =>
  chainFinder(rules)(asked).map(({ chain }) => chain.replace(/-[A-Z2-7]{16}$/, ''));

describe('iptables: each chain before those that it leads to', () => {
  // externalTrafficPolicy Local, so the node port's way to a local pod is KUBE-SVL, and the pods' KUBE-SVC.
  const all = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXT', 'KUBE-SVC', 'KUBE-SVL', 'KUBE-SEP'];

  test('on the pod’s node', () => {
    expect(names(iptables('iptables-nft', 'nodes/node1/iptables-save.nft'), path)).toEqual(all);
  });

  test('IPv6, its endpoint in brackets', () => {
    const asked: ServicePath = { ...path, address: ip6, family: 'IPv6' };
    expect(names(iptables('iptables-nft', 'nodes/node1/ip6tables-save.nft'), asked)).toEqual(all);
  });

  test('on another node there is no local chain to it', () => {
    expect(names(iptables('iptables-legacy', 'nodes/node2/iptables-save.legacy'), path)).not.toContain('KUBE-SVL');
  });

  test('the evidence is the rules by which a chain leads on, to the one that rewrites', () => {
    const found = chainFinder(iptables('iptables-nft', 'nodes/node1/iptables-save.nft'))(path);
    for (const { chain, evidence } of found) {
      expect(evidence?.length).toBeGreaterThan(0);
      for (const { raw } of evidence ?? []) expect(raw).toContain(`-A ${chain} `);
    }
    expect(found.at(-1)?.evidence).toMatchObject([{ raw: expect.stringContaining(`--to-destination ${ip4}:8080`) }]);
  });

  test('every chain that is named is in the dump', () => {
    const text = section('nodes/node1/iptables-save.nft');
    for (const { chain } of chainFinder(iptables('iptables-nft', 'nodes/node1/iptables-save.nft'))(path)) {
      expect(text).toContain(`\n:${chain} `);
    }
  });

  test.each([
    ['another port', { port: 8081 }],
    ['another address', { address: '10.244.1.254' }],
    ['another service', { service: 'cold' }],
    ['another protocol', { protocol: 'UDP' as const }],
    ['another family', { family: 'IPv6' as const }],
  ])('%s: none', (_, change) => {
    expect(names(iptables('iptables-nft', 'nodes/node1/iptables-save.nft'), { ...path, ...change })).toEqual([]);
  });
});

describe('nftables', () => {
  const rules: RuleSets = { ...empty, nft: whole(parseNftJson(section('nodes/node3/nft.json')).records) };
  const routed = (change: Partial<ServicePath>): ServicePath => ({ ...path, service: 'cart', ...change });

  test('maps and chains, from services to the one that rewrites', () => {
    const found = chainFinder(rules)(routed({})).map(({ chain }) => chain);
    const proof = chainFinder(rules)(routed({})).find(({ chain }) => chain === 'service-ips')?.evidence ?? [];
    expect(proof).not.toEqual([]);
    for (const { raw } of proof) expect(raw).toMatch(/^\{"element":.*-shop\/cart\/tcp\/named"/);
    expect(found.slice(0, 2)).toEqual(['services', expect.stringMatching(/^service-(ips|nodeports)$/)]);
    expect(found).toEqual(
      expect.arrayContaining(['service-ips', expect.stringMatching(/^service-[A-Z2-7]{8}-shop\/cart\/tcp\/named$/)]),
    );
  });

  test.each([
    ['another port', { port: 9 }],
    ['another service of the same pod', { service: 'cart-headless' }],
  ])('%s: none', (_, change) => {
    expect(chainFinder(rules)(routed(change))).toEqual([]);
  });

  // Written as pkg/proxy/nftables/proxier.go of 1.35 does; 1.36 has no such chains without affinity.
  test('before 1.36: a chain for each endpoint', () => {
    const rule = (chain: string, expr: object[]) => ({
      rule: { family: 'ip', table: 'kube-proxy', chain, handle: 1, expr },
    });
    const text = JSON.stringify({
      nftables: [
        ...['services', 'service-A-shop/cart/tcp/named', 'endpoint-B-shop/cart/tcp/named__10.0.0.1/8080'].map(name => ({
          chain: { family: 'ip', table: 'kube-proxy', name, handle: 1 },
        })),
        rule('services', [{ goto: { target: 'service-A-shop/cart/tcp/named' } }]),
        rule('service-A-shop/cart/tcp/named', [
          {
            vmap: {
              key: { numgen: {} },
              data: { set: [[0, { goto: { target: 'endpoint-B-shop/cart/tcp/named__10.0.0.1/8080' } }]] },
            },
          },
        ]),
        rule('endpoint-B-shop/cart/tcp/named__10.0.0.1/8080', [{ dnat: { addr: '10.0.0.1', port: 8080 } }]),
      ],
    });
    expect(
      chainFinder({ ...empty, nft: whole(parseNftJson(text).records) })({ ...path, address: '10.0.0.1' }).map(
        ({ chain }) => chain,
      ),
    ).toEqual(['services', 'service-A-shop/cart/tcp/named', 'endpoint-B-shop/cart/tcp/named__10.0.0.1/8080']);
  });
});

test('IPVS (unproven live): the virtual servers that have the pod as a real server', () => {
  const text =
    '-A -t 10.96.0.9:80 -s rr\n-a -t 10.96.0.9:80 -r 10.0.0.1:8080 -m -w 1\n-A -t 10.96.0.8:80 -s rr\n-a -t 10.96.0.8:80 -r 10.0.0.2:8080 -m -w 1\n';
  expect(
    chainFinder({ ...empty, ipvs: whole(parseIpvsadm(text).records) })({ ...path, address: '10.0.0.1' }),
  ).toMatchObject([
    {
      backend: 'ipvs',
      family: 'IPv4',
      table: 'virtual-server',
      chain: '10.96.0.9:80',
      evidence: [{ raw: '-a -t 10.96.0.9:80 -r 10.0.0.1:8080 -m -w 1' }],
    },
  ]);
});
