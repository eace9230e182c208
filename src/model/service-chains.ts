import { createHash } from 'node:crypto';
import type { IptablesRecord } from '../parse/iptables-save.ts';
import type { IpvsRecord } from '../parse/ipvsadm.ts';
import type { NftRecord } from '../parse/nft.ts';
import { canonical, hostPort } from './address.ts';
import { ChainGraph } from './chain-graph.ts';
import type { Family, ServicePort } from './report.ts';
import type { Section } from './section.ts';

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
  iptables: { backend: 'iptables-legacy' | 'iptables-nft'; family: Family; section: Section<IptablesRecord> }[];
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

/** kube-proxy's hash in chain names: SHA-256 of the text in base 32, its first characters. */
export function chainHash(text: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const digest = createHash('sha256').update(text).digest();
  let bits = 0n;
  for (let at = 0; at < 10; at++) bits = (bits << 8n) | BigInt(digest[at] ?? 0);
  return Array.from({ length }, (_, at) => alphabet[Number((bits >> BigInt(75 - 5 * at)) & 31n)]).join('');
}

/** `namespace/name:port`, or `namespace/name` for a port without a name (kubernetes pkg/proxy/types.go). */
function servicePortName({ namespace, service, portName }: ServicePath): string {
  return portName === null ? `${namespace}/${service}` : `${namespace}/${service}:${portName}`;
}

/** KUBE-SEP-HASH is the hash of service port, protocol and endpoint (pkg/proxy/iptables/proxier.go). */
function iptablesFinder({ backend, family, section }: RuleSets['iptables'][number]): ChainFinder {
  const graph = new ChainGraph();
  const builtIn = new Set<string>();
  for (const record of section.records) {
    const name = `${record.table} ${record.chain}`;
    graph.add(name);
    if (record.kind === 'rule' && record.target !== null) graph.lead(name, `${record.table} ${record.target}`);
    else if (record.kind === 'chain' && !/ - \[/.test(record.raw)) builtIn.add(name);
  }
  return path => {
    if (path.family !== family) return [];
    const endpoint = hostPort(path.address, path.port);
    const end = `KUBE-SEP-${chainHash(servicePortName(path) + path.protocol.toLowerCase() + endpoint, 16)}`;
    return graph
      .leadingTo([`nat ${end}`], name => builtIn.has(name))
      .map(name => {
        const [table = '', chain = ''] = name.split(' ');
        return { backend, family, table, chain };
      });
  };
}

/**
 * Chains end in NAMESPACE/SERVICE/PROTOCOL/PORT (pkg/proxy/nftables/proxier.go): `service-…` and `external-…` rewrite to
 * the endpoint themselves since 1.36, before that `endpoint-…__ADDRESS/PORT` does.
 */
function nftFinder(section: Section<NftRecord>): ChainFinder {
  const graphs: Record<Family, ChainGraph> = { IPv4: new ChainGraph(), IPv6: new ChainGraph() };
  const rewriting: Record<Family, Map<string, Set<string>>> = { IPv4: new Map(), IPv6: new Map() };
  const base = new Set<string>();
  for (const record of section.records) {
    if (record.table !== 'kube-proxy' || (record.family !== 'ip' && record.family !== 'ip6')) continue;
    const family: Family = record.family === 'ip' ? 'IPv4' : 'IPv6';
    const graph = graphs[family];
    graph.add(record.name);
    if (record.hook !== null) base.add(record.name);
    for (const to of record.leadsTo) graph.lead(record.name, to);
    for (const target of record.dnat) {
      const key = target.replace(/^\S+/, canonical);
      const chains = rewriting[family].get(key);
      if (chains === undefined) rewriting[family].set(key, new Set([record.name]));
      else chains.add(record.name);
    }
  }
  return path => {
    const suffix = `-${path.namespace}/${path.service}/${path.protocol.toLowerCase()}/${path.portName ?? ''}`;
    const chains = rewriting[path.family].get(`${canonical(path.address)} ${path.port}`) ?? new Set();
    const ends = [...chains].filter(name => name.endsWith(suffix) || name.includes(`${suffix}__`));
    return graphs[path.family]
      .leadingTo(ends, name => base.has(name))
      .map(chain => ({ backend: 'nftables', family: path.family, table: 'kube-proxy', chain }));
  };
}

/** Each virtual server that has the pod as a real server: IPVS knows no services, so `chain` is its address. */
function ipvsFinder(section: Section<IpvsRecord>): ChainFinder {
  const virtual = new Map<string, Set<string>>();
  for (const { kind, protocol, virtual: server, real } of section.records) {
    if (kind !== 'real' || real === null) continue;
    const key = `${protocol} ${real}`;
    const servers = virtual.get(key);
    if (servers === undefined) virtual.set(key, new Set([server]));
    else servers.add(server);
  }
  return path =>
    [...(virtual.get(`${path.protocol.toLowerCase()} ${hostPort(canonical(path.address), path.port)}`) ?? [])].map(
      chain => ({
        backend: 'ipvs',
        family: path.family,
        table: 'virtual-server',
        chain,
      }),
    );
}
