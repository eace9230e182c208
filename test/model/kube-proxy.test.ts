import { describe, expect, test } from '@jest/globals';
import { kubeProxyOf, type ProxyFacts } from '../../src/model/kube-proxy.ts';
import { parseIptables } from '../../src/parse/iptables.ts';
import { parseIpvsadm } from '../../src/parse/ipvsadm.ts';
import { parseLinks } from '../../src/parse/link.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import { section } from '../app/fixture.ts';
import { whole } from './fixture.ts';

const read = (path: string) => ({
  backend: path.endsWith('legacy') ? ('iptables-legacy' as const) : ('iptables-nft' as const),
  family: 'IPv4' as const,
  section: whole(parseIptables(section(path)).records),
});
const nothing: ProxyFacts = {
  rules: { iptables: [], nft: whole([]), ipvs: whole([]) },
  links: whole([]),
  config: whole([]),
};
const nft = whole(parseNftJson(section('nodes/node3/nft.json')).records);
const configured = (mode: string) => whole([{ raw: `mode: ${mode}`, mode }]);
const onNode1 = { ...nothing.rules, iptables: [read('nodes/node1/iptables-save.nft')] };

// What kube-proxy's IPVS mode leaves (pkg/proxy/ipvs/proxier.go); this machine's kernel has no ip_vs (unproven live here).
const ipvs: ProxyFacts = {
  ...nothing,
  rules: {
    iptables: [
      {
        backend: 'iptables-nft',
        family: 'IPv4',
        section: whole(parseIptables('*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-NODE-PORT - [0:0]\nCOMMIT\n').records),
      },
    ],
    nft: whole([]),
    ipvs: whole(parseIpvsadm('-A -t 10.96.0.1:443 -s rr\n').records),
  },
  links: whole(parseLinks('[{"ifindex":4,"ifname":"kube-ipvs0","linkinfo":{"info_kind":"dummy"}}]').records),
};

describe('mode and backends', () => {
  test.each<[string, ProxyFacts, string, string[], string[]]>([
    ['iptables-nft', { ...nothing, rules: onNode1 }, 'iptables', ['iptables-nft'], []],
    [
      'iptables-legacy',
      { ...nothing, rules: { ...nothing.rules, iptables: [read('nodes/node2/iptables-save.legacy')] } },
      'iptables',
      ['iptables-legacy'],
      [],
    ],
    [
      "nftables; the kubelet's own iptables chains are not kube-proxy's",
      { ...nothing, rules: { ...nothing.rules, nft, iptables: [read('nodes/node3/iptables-save.nft')] } },
      'nftables',
      ['nftables'],
      [],
    ],
    ['IPVS (unproven live)', ipvs, 'ipvs', ['iptables-nft', 'ipvs'], []],
    ['nothing, all read', nothing, 'none', [], []],
    ['nothing, but configured', { ...nothing, config: configured('iptables') }, 'none', [], ['proxy-rules-missing']],
    [
      'nothing, not all read',
      { ...nothing, rules: { ...nothing.rules, nft: { ...whole([]), state: 'absent' } } },
      'unknown',
      [],
      [],
    ],
    [
      'rules of another mode than configured',
      { ...nothing, rules: onNode1, config: configured('nftables') },
      'iptables',
      ['iptables-nft'],
      ['proxy-mode-differs'],
    ],
    [
      'rules of two modes',
      { ...nothing, rules: { ...onNode1, nft } },
      'unknown',
      ['iptables-nft', 'nftables'],
      ['several-proxy-modes'],
    ],
    [
      'rules of two modes, one configured',
      { ...nothing, rules: { ...onNode1, nft }, config: configured('nftables') },
      'nftables',
      ['iptables-nft', 'nftables'],
      ['several-proxy-modes'],
    ],
    ['configured by default', { ...nothing, rules: onNode1, config: configured('') }, 'iptables', ['iptables-nft'], []],
  ])('%s', (_, facts, mode, backends, codes) => {
    const { kubeProxy, notes } = kubeProxyOf(facts);
    expect(kubeProxy).toMatchObject({ mode, backends });
    expect(notes.map(({ code }) => code)).toEqual(codes);
  });
});
