import { differencesOf } from '../analyse/service/drift.ts';
import { IncompleteError } from '../errors.ts';
import type { Note } from '../model/report.ts';
import type { RuleSet } from '../model/rules.ts';
import { lastChange, serviceEndpoints, serviceFacts } from '../model/service-facts.ts';
import type {
  Frontend,
  RuleBranch,
  ServiceBackend,
  ServiceEndpoint,
  ServiceFacts,
  ServiceOnNode,
  ServiceReport,
} from '../model/service-report.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { type NodeRecord, parseNodes } from '../parse/kubernetes/nodes.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import { nodePath, type PodTarget, type Snapshot } from '../parse/snapshot.ts';
import { withoutEvidence } from './evidence.ts';
import { readFrontends } from './frontends.ts';
import { hostOf } from './host.ts';
import { sectionReader } from './sections.ts';

export interface ServiceQuestion {
  target: PodTarget;
  /** Empty: every node of the snapshot. */
  nodes: readonly string[];
  evidence: boolean;
}

/**
 * A service, and how each node's rules send its traffic, from the snapshot alone. Throws IncompleteError
 * `service-not-in-snapshot` when the snapshot does not have it.
 */
export function serviceReport(snapshot: Snapshot, { target, nodes: asked, evidence }: ServiceQuestion): ServiceReport {
  const reader = sectionReader(snapshot);
  const services = reader.read('cluster/services.json', parseServices);
  const record = services.records.find(({ namespace, name }) => namespace === target.namespace && name === target.name);
  if (record === undefined)
    throw new IncompleteError(
      'service-not-in-snapshot',
      `service ${target.namespace}/${target.name} is not in the data`,
    );
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices);
  const service = serviceFacts(services, record, slices);
  const pods = reader.read('cluster/pods.json', parsePods);
  const nodes = reader.read('cluster/nodes.json', parseNodes);
  const endpoints = slices.state === 'absent' ? null : serviceEndpoints(slices, pods.records, service);
  const known = nodesIn(snapshot);
  const names = asked.length === 0 ? known : asked;
  const changed = lastChange(slices, service);
  const hasRules = service.type !== 'ExternalName' && !service.headless;
  const looked = hasRules ? names : [];
  const strangers: string[] = [];
  const onNodes = looked.map((name): ServiceOnNode => {
    const host = hostOf(reader, name);
    const place = nodes.records.find(node => node.name === name);
    const view = { host, node: place, pods: pods.records, endpoints: endpoints ?? [], evidence };
    const frontends = readFrontends(service, record.ipFamilies, view);
    const held = slices.state === 'whole' && rulesWhole(snapshot, name) && hasKubeProxy(host.rules);
    if (!hasKubeProxy(host.rules)) strangers.push(name);
    const truth = { service, endpoints: endpoints ?? [], node: { name, zone: place?.zone ?? null }, changed };
    return {
      node: name,
      backends: backendsOf(frontends),
      frontends,
      differences: held ? differencesOf(frontends, truth) : null,
    };
  });
  const report: ServiceReport = {
    apiVersion: 'netinspect/v1',
    kind: 'ServiceReport',
    time: snapshot.index.time,
    service,
    endpoints,
    nodes: onNodes,
    notes: [
      ...notesOf(service, endpoints, asked.length === 0 ? looked : [], nodes.records),
      ...strangers.map(strangerNote),
    ],
    gaps: reader.gaps.filter(({ subject }) => !beside.test(subject)),
  };
  return evidence ? report : withoutEvidence(report);
}

function nodesIn(snapshot: Snapshot): string[] {
  return [...new Set([...snapshot.files.keys()].flatMap(path => /^nodes\/([^/]+)\//.exec(path)?.[1] ?? []))].sort();
}

/** Sections of a node that say nothing of services. */
const beside = /^nodes\/.*\/(link|route[46]|rule[46])\.json$|\/sysctl\.txt$|\/conntrack\.txt$/;

const ruleSections = /^(ip6?tables-save\.(legacy|nft)|nft\.json|ipset\.save|ipvsadm\.save)$/;

/** False when a section of the node's rules is cut off, or could not be had: something may be there that we do not see. */
function rulesWhole({ index, files }: Snapshot, node: string): boolean {
  const folder = nodePath(node, '');
  const found = [...files.keys()].filter(
    path => path.startsWith(folder) && ruleSections.test(path.slice(folder.length)),
  );
  return (
    found.length > 0 &&
    found.every(path => {
      const info = index.sections[path];
      return info?.truncated !== true && (info?.exitCode ?? 0) === 0;
    })
  );
}

/** True when kube-proxy wrote some of the rules, whatever its mode. */
function hasKubeProxy({ tables, ipvs }: RuleSet): boolean {
  const written = tables.some(
    ({ backend, name, chains }) => (backend === 'nftables' && name === 'kube-proxy') || chains.has('KUBE-SERVICES'),
  );
  return written || (ipvs ?? []).length > 0;
}

function strangerNote(node: string): Note {
  const text = `${node} has no rules of kube-proxy: something else, such as an eBPF data plane, may serve services there`;
  return { code: 'no-kube-proxy', severity: 'warning', text };
}

function backendsOf(frontends: readonly Frontend[]): ServiceBackend[] {
  const found = new Set<ServiceBackend>();
  const visit = ({ backend, branches }: RuleBranch) => {
    found.add(backend);
    for (const branch of branches) visit(branch);
  };
  for (const { branches } of frontends) for (const branch of branches) visit(branch);
  return [...found];
}

function notesOf(
  service: ServiceFacts,
  endpoints: readonly ServiceEndpoint[] | null,
  looked: readonly string[],
  nodes: readonly NodeRecord[],
): Note[] {
  const name = `${service.namespace}/${service.name}`;
  const info = (code: string, text: string): Note[] => [{ code, severity: 'info', text }];
  if (service.type === 'ExternalName')
    return info('external-name', `service ${name} is a DNS alias of ${service.externalName}: no node has rules for it`);
  if (service.headless)
    return info(
      'headless',
      `service ${name} has no cluster IP: DNS gives its endpoints' addresses, no node has rules for it`,
    );
  const [only] = looked;
  if (only === undefined || looked.length > 1 || nodes.length < 2) return [];
  const why = endpoints?.some(({ node, ready }) => node === only && ready) ? ', which has a ready endpoint' : '';
  return info('one-node', `these are the rules of ${only}${why}; ${nodes.length - 1} more: --node NAME or --all-nodes`);
}
