import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { canonical, hostPort } from './address.ts';
import type { ChainMeaning } from './chains-report.ts';
import type { Table } from './rules.ts';
import { chainHash } from './service-chains.ts';

/**
 * Tells what kube-proxy made a chain for; null: it is not one of a service's, or nobody knows of which. `quick`: no rule is
 * read for it.
 */
export type ChainReader = (table: Table, chain: string, quick?: boolean) => ChainMeaning | null;

const roles: Record<string, ChainMeaning['role']> = {
  SVC: 'service',
  EXT: 'external',
  XLB: 'external',
  SVL: 'local',
  FW: 'firewall',
  SEP: 'endpoint',
};

const protocols = ['TCP', 'UDP', 'SCTP'] as const;

/** What the API knows that hashes can be compared with. */
export interface NamedThings {
  services: readonly ServiceRecord[];
  slices: readonly EndpointSliceRecord[];
}

/**
 * Recovers names from chain names: KUBE-SVC-HASH and its like hash `NAMESPACE/NAME:PORT` and the protocol, KUBE-SEP-HASH
 * the endpoint as well (kubernetes pkg/proxy/iptables/proxier.go), nftables chains have them in full (pkg/proxy/nftables).
 * Where the API does not know, comments of rules in the chain are tried: the hash tells whether they are right.
 */
export function chainReader(things: NamedThings): ChainReader {
  let services: Map<string, ChainMeaning> | undefined;
  let endpoints: Map<string, ChainMeaning> | undefined;
  return (table, chain, quick = false) => {
    if (table.name === 'kube-proxy') return nftMeaning(table, chain);
    const [, kind = '', hash = ''] = /^KUBE-(SVC|EXT|XLB|SVL|FW|SEP)-([A-Z2-7]{16})$/.exec(chain) ?? [];
    const role = roles[kind];
    if (role === undefined) return null;
    if (role === 'endpoint') {
      endpoints ??= endpointHashes(things);
      return endpoints.get(hash) ?? (quick ? null : byComment(table, chain, role, hash));
    }
    services ??= serviceHashes(things);
    const found = services.get(hash);
    if (found !== undefined) return { ...found, role };
    return quick ? null : byComment(table, chain, role, hash);
  };
}

function portName(namespace: string, service: string, port: string | null): string {
  return `${namespace}/${service}${port ? `:${port}` : ''}`;
}

function serviceHashes({ services }: NamedThings): Map<string, ChainMeaning> {
  const found = new Map<string, ChainMeaning>();
  for (const { namespace, name, ports } of services)
    for (const port of ports) {
      const service = portName(namespace, name, port.name);
      const protocol = protocols.find(each => each === port.protocol) ?? 'TCP';
      found.set(chainHash(service + protocol.toLowerCase(), 16), {
        role: 'service',
        service,
        protocol,
        endpoint: null,
        by: 'api',
      });
    }
  return found;
}

function endpointHashes({ slices }: NamedThings): Map<string, ChainMeaning> {
  const found = new Map<string, ChainMeaning>();
  for (const { namespace, service: name, ports, endpoints } of slices)
    for (const { name: port, protocol: text, port: number } of name === null ? [] : ports)
      for (const { addresses, pod, node } of number === null ? [] : endpoints)
        for (const address of addresses) {
          const service = portName(namespace, name ?? '', port);
          const protocol = protocols.find(each => each === text) ?? 'TCP';
          const hash = chainHash(service + protocol.toLowerCase() + hostPort(canonical(address), number ?? 0), 16);
          const endpoint = { address: canonical(address), port: number, pod, node };
          found.set(hash, { role: 'endpoint', service, protocol, endpoint, by: 'api' });
        }
  return found;
}

/** Comments begin with the service port: `default/web:http cluster IP`, `default/web:http -> 10.0.0.1:80`. */
function byComment(table: Table, chain: string, role: ChainMeaning['role'], hash: string): ChainMeaning | null {
  const rules = table.chains.get(chain)?.rules;
  for (let at = 0; at < Math.min(rules?.length ?? 0, 8); at++) {
    const rule = rules?.at(at);
    const service = /(?:^| )([^\s/]+\/[^\s/]+?)(?: |$)/.exec(rule?.comment ?? '')?.[1];
    if (service === undefined) continue;
    const target = /--to-destination (\S+)/.exec(rule?.source.raw ?? '')?.[1] ?? '';
    for (const protocol of protocols) {
      if (chainHash(service + protocol.toLowerCase() + (role === 'endpoint' ? target : ''), 16) !== hash) continue;
      return { role, service, protocol, endpoint: role === 'endpoint' ? endpointAt(target) : null, by: 'comment' };
    }
  }
  return null;
}

function endpointAt(target: string) {
  const [, address = '', port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(target) ?? [];
  return { address, port: port === undefined ? null : Number(port), pod: null, node: null };
}

/** `service-HASH-NAMESPACE/NAME/PROTOCOL/PORT`, endpoints with `__ADDRESS/PORT` (pkg/proxy/nftables/proxier.go). */
function nftMeaning(table: Table, chain: string): ChainMeaning | null {
  const parts =
    /^(service|external|firewall|endpoint)-[A-Z2-7]{8}-([^/]+)\/([^/]+)\/(tcp|udp|sctp)\/([^/_]*)(?:__(.+)\/(\d+))?$/.exec(
      chain,
    );
  const [, role, namespace = '', name = '', text, port = '', address, number] = parts ?? [];
  if (role === undefined) return null;
  // Chain names cannot have colons: IPv6 addresses have dots in their place.
  const text6 = table.family === 'ip6' ? address?.replaceAll('.', ':') : address;
  const endpoint =
    text6 === undefined ? null : { address: canonical(text6), port: Number(number), pod: null, node: null };
  return {
    role: role as ChainMeaning['role'],
    service: portName(namespace, name, port),
    protocol: protocols.find(each => each.toLowerCase() === text) ?? 'TCP',
    endpoint,
    by: 'name',
  };
}
