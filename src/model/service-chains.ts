import { hash } from 'node:crypto';
import type { IptablesTable, RuleLines } from '../parse/iptables-records.ts';
import { jumpOf } from '../parse/iptables-rule.ts';
import type { IpvsRecord } from '../parse/ipvsadm-records.ts';
import type { NftRecord } from '../parse/nft-records.ts';
import { canonical, hostPort } from './address.ts';
import { ChainGraph } from './chain-graph.ts';
import { type NftLead, nftLeads } from './nft-leads.ts';
import type { Family, ServicePort } from './report.ts';
import { cite, type Section } from './section.ts';

/** A service port and one of the pod's addresses behind it. */
export interface ServicePath {
  namespace: string;
  service: string;
  /** The port's name; null when it has none. */
  portName: string | null;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  /** The pod's address and port. */
  address: string;
  port: number;
  family: Family;
}

/** The rule sets of a node that can lead to services. */
export interface RuleSets {
  iptables: { backend: 'iptables-legacy' | 'iptables-nft'; family: Family; section: Section<IptablesTable> }[];
  nft: Section<NftRecord>;
  ipvs: Section<IpvsRecord>;
}

type Chains = ServicePort['chains'];

/** Finds the names of the chains (maps, virtual servers) that lead to a pod through a service port. */
export type ChainFinder = (path: ServicePath) => Chains;

/** Reads the rule sets once; the finder that it gives is cheap for each path. */
export function chainFinder(rules: RuleSets): ChainFinder {
  const finders = [
    ...rules.iptables.filter(({ section }) => section.records.length > 0).map(iptablesFinder),
    ...(rules.nft.records.length > 0 ? [nftFinder(rules.nft)] : []),
    ...(rules.ipvs.records.length > 0 ? [ipvsFinder(rules.ipvs)] : []),
  ];
  return path => finders.flatMap(find => find(path));
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** kube-proxy's hash in chain names: SHA-256 of the text in base 32, its first characters. */
export function chainHash(text: string, length: number): string {
  const digest = hash('sha256', text, 'buffer');
  let name = '';
  for (let bit = 0; name.length < length; bit += 5) {
    const at = bit >> 3;
    const pair = ((digest[at] ?? 0) << 8) | (digest[at + 1] ?? 0);
    name += base32[(pair >> (11 - (bit & 7))) & 31];
  }
  return name;
}

/** `namespace/name:port`, or `namespace/name` for a port without a name (kubernetes pkg/proxy/types.go). */
function servicePortName({ namespace, service, portName }: ServicePath): string {
  return portName === null ? `${namespace}/${service}` : `${namespace}/${service}:${portName}`;
}

/** KUBE-SEP-HASH is the hash of service port, protocol and endpoint (pkg/proxy/iptables/proxier.go). */
function iptablesFinder({ backend, family, section }: RuleSets['iptables'][number]): ChainFinder {
  const graph = new ChainGraph<{ raw: string }>();
  const builtIn = new Set<string>();
  for (const table of section.records) {
    for (const { name: chain, policy, rules } of table.chains.values()) {
      const name = `${table.name} ${chain}`;
      graph.add(name);
      if (policy !== null && policy !== '-') builtIn.add(name);
      for (let at = 0; at < rules.length; at++) {
        const target = jumpOf(rules.rule(at));
        if (target !== null) graph.lead(name, `${table.name} ${target}`, lazily(rules, at));
      }
    }
  }
  return path => {
    if (path.family !== family) return [];
    const endpoint = hostPort(path.address, path.port);
    const end = `KUBE-SEP-${chainHash(servicePortName(path) + path.protocol.toLowerCase() + endpoint, 16)}`;
    return graph
      .leadingTo([`nat ${end}`], 'nat DNAT', name => builtIn.has(name))
      .map(({ name, steps }) => {
        const [table = '', chain = ''] = name.split(' ');
        return { backend, family, table, chain, evidence: cite(section, ...steps) };
      });
  };
}

/** A rule as a step, its text cut out when it is shown. */
function lazily(rules: RuleLines, at: number): { raw: string } {
  return {
    get raw() {
      return rules.raw(at);
    },
  };
}

/**
 * Chains end in NAMESPACE/SERVICE/PROTOCOL/PORT (pkg/proxy/nftables/proxier.go): `service-…` and `external-…` rewrite to
 * the endpoint themselves since 1.36, before that `endpoint-…__ADDRESS/PORT` does.
 */
function nftFinder(section: Section<NftRecord>): ChainFinder {
  const graphs = { IPv4: new ChainGraph<NftLead>(), IPv6: new ChainGraph<NftLead>() };
  const base = new Set<string>();
  for (const record of section.records) {
    if (record.kind === 'table' || record.kind === 'object' || record.table !== 'kube-proxy') continue;
    if (record.family !== 'ip' && record.family !== 'ip6') continue;
    const family: Family = record.family === 'ip' ? 'IPv4' : 'IPv6';
    const graph = graphs[family];
    const name = record.kind === 'rule' ? record.chain : record.name;
    graph.add(name);
    if (record.kind === 'chain' && record.base !== null) base.add(name);
    for (const lead of nftLeads(record)) {
      for (const to of lead.to) graph.lead(name, to, lead);
      for (const target of lead.dnat) graph.lead(name, `dnat ${target.replace(/^\S+/, canonical)}`, lead);
    }
  }
  return path => {
    const suffix = `-${path.namespace}/${path.service}/${path.protocol.toLowerCase()}/${path.portName ?? ''}`;
    const graph = graphs[path.family];
    const goal = `dnat ${canonical(path.address)} ${path.port}`;
    const ends = graph.callers(goal).filter(name => name.endsWith(suffix) || name.includes(`${suffix}__`));
    return graph
      .leadingTo(ends, goal, name => base.has(name))
      .map(({ name, steps }) => ({
        backend: 'nftables',
        family: path.family,
        table: 'kube-proxy',
        chain: name,
        evidence: cite(section, ...steps),
      }));
  };
}

/** Each virtual server that has the pod as a real server: IPVS knows no services, so `chain` is its address. */
function ipvsFinder(section: Section<IpvsRecord>): ChainFinder {
  const servers = Map.groupBy(
    section.records.filter(record => record.kind === 'real'),
    ({ protocol, real }) => `${protocol} ${real}`,
  );
  return path =>
    (servers.get(`${path.protocol.toLowerCase()} ${hostPort(canonical(path.address), path.port)}`) ?? []).map(
      record => ({
        backend: 'ipvs',
        family: path.family,
        table: 'virtual-server',
        chain: record.virtual,
        evidence: cite(section, record),
      }),
    );
}
