import { apiPath } from '../collect/cluster.ts';
import type { Ask } from '../collect/source.ts';
import { addressNames } from '../model/address-names.ts';
import { dnsConfig } from '../model/dns.ts';
import { lookupOf } from '../model/dns-lookup.ts';
import { dnsNotes, externalName } from '../model/dns-notes.ts';
import type { DnsReport } from '../model/dns-report.ts';
import { parseDig } from '../parse/dig.ts';
import { parseHosts } from '../parse/hosts.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import { parseResolvConf } from '../parse/resolv-conf.ts';
import { type PodTarget, podPath, type Snapshot } from '../parse/snapshot.ts';
import { withoutEvidence } from './evidence.ts';
import { findPod } from './pod-facts.ts';
import { sectionReader } from './sections.ts';

/** Where NodeLocal DNSCache answers, before the cluster's DNS. */
const nodeCache = '169.254.20.10';

/** Names that are asked for when none is given: the API server, the pod's own services, one outside. */
const mostOwn = 3;

/** The question for the pod's node: these names, or those that tell most, asked of the DNS pods directly as well. */
export function askDns(names: readonly string[]): Ask {
  return async ({ pods: [pod], get }) => {
    const namespace = pod?.metadata.namespace ?? 'default';
    const servers = get<object>(
      apiPath('core', 'services', { namespace: 'kube-system', query: { labelSelector: 'k8s-app=kube-dns' } }),
    ).then(
      list => parseServices(JSON.stringify(list)).records,
      () => [],
    );
    const own = names.length > 0 ? [] : await ownServices(get, pod?.metadata.labels ?? {}, namespace);
    const slices = await Promise.all(
      (await servers).map(({ namespace: of, name }) =>
        get<object>(
          apiPath('discovery.k8s.io', 'endpointslices', {
            namespace: of,
            query: { labelSelector: `kubernetes.io/service-name=${name}` },
          }),
        ).then(
          list => parseEndpointSlices(JSON.stringify(list)).records,
          () => [],
        ),
      ),
    );
    const families = new Set(pod?.status?.podIPs?.map(({ ip }) => ip.includes(':')));
    const addresses = slices
      .flat()
      .flatMap(({ endpoints }) => endpoints.flatMap(endpoint => endpoint.addresses))
      .filter(address => families.has(address.includes(':')));
    const wanted = names.length > 0 ? names : ['kubernetes.default', ...own, externalName];
    return { words: ['dns', ...wanted, ...[...new Set(addresses)].map(address => `@${address}`)], pods: true };
  };
}

async function ownServices(
  get: <T>(path: string) => Promise<T>,
  labels: Record<string, string>,
  namespace: string,
): Promise<string[]> {
  const list = await get<object>(apiPath('core', 'services', { namespace })).catch(() => ({ items: [] }));
  return parseServices(JSON.stringify(list))
    .records.filter(({ selector }) => {
      const wanted = Object.entries(selector);
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
    })
    .map(({ name }) => name)
    .slice(0, mostOwn);
}

/**
 * How names are looked up in the pod, from the snapshot alone. `names`: those that were asked for; empty: all in the snapshot.
 * Throws IncompleteError when the snapshot does not have the pod.
 */
export function dnsReport(
  snapshot: Snapshot,
  target: PodTarget,
  { names, evidence }: { names: readonly string[]; evidence: boolean },
): DnsReport {
  const reader = sectionReader(snapshot);
  const { pod, pods, nodes } = findPod(reader, target);
  const node = pod.nodeName ?? '';
  const inside = (section: string) => podPath(node, target, section);
  const services = reader.read('cluster/services.json', parseServices);
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices);
  const known = addressNames({
    pods: pods.records,
    services: services.records,
    slices: slices.records,
    nodes: nodes.records,
  });
  const config = dnsConfig(reader.read(inside('resolv.conf'), parseResolvConf));
  const hosts = reader.read(inside('hosts'), parseHosts);
  const digs = reader.read(inside('dns.txt'), parseDig);
  const asked = [...new Set(digs.records.map(({ name }) => name))];
  const wanted = names.length === 0 ? asked : names;
  const lookups = wanted.filter(name => asked.includes(name)).map(name => lookupOf(name, digs, hosts, known.name));
  const report: DnsReport = {
    apiVersion: 'netinspect/v1',
    kind: 'DnsReport',
    time: snapshot.index.time,
    pod: { namespace: target.namespace, name: target.name, node: pod.nodeName },
    config,
    hosts: hosts.state === 'absent' ? null : hosts.records.map(({ address, names: of }) => ({ address, names: of })),
    lookups,
    notes: dnsNotes({
      pod: `${target.namespace}/${target.name}`,
      config,
      lookups,
      named: names.length > 0,
      clusterDns:
        config?.nameservers.some(server => server === nodeCache || known.front('udp', server, 53) !== null) ?? false,
    }),
    gaps: [
      ...reader.gaps,
      ...wanted
        .filter(name => !asked.includes(name))
        .map(name => ({ subject: name, why: 'was not asked for when the data was collected' })),
    ],
  };
  return evidence ? report : withoutEvidence(report);
}
