import type { Difference, Frontend, ServiceEndpoint, ServiceOnNode, ServiceReport } from '../model/service-report.ts';
import { age } from './age.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, hanging, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, section } from './sections.ts';
import { branchLines } from './service-tree.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { count, endpoint, list } from './words.ts';

/** A service's report as text for a terminal; every name in it is made safe to print first. */
export function serviceText(original: ServiceReport, layout: Layout): string {
  const report = visibleReport(original);
  const lines = [
    ...serviceLines(report, layout),
    ...report.nodes.flatMap(node => nodeLines(node, report, layout)),
    ...section('Not known', gapLines(report.gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

/** The service itself, its notes and its endpoints; the report is safe to print. */
export function serviceLines(report: ServiceReport, layout: Layout): string[] {
  return [
    ...headLines(report, layout),
    ...section('Notes', noteLines(report.notes, layout), layout),
    ...section('Endpoints', endpointTable(report, layout), layout),
  ];
}

function headLines({ service, time }: ServiceReport, layout: Layout): string[] {
  const affinity =
    service.affinitySeconds === null ? '' : ` (a client keeps its endpoint for ${service.affinitySeconds} s)`;
  const pairs: [string, string][] = [
    ['Type', service.headless ? `${service.type}, headless` : service.type],
    ['DNS alias of', service.externalName ?? ''],
    ['Cluster IPs', list(service.clusterIPs)],
    ['External IPs', list(service.externalIPs)],
    ['Load balancer', list([...service.loadBalancerIPs, ...service.loadBalancerHostnames])],
    ['Ports', list(service.ports.map(portWords))],
    ['Affinity', service.sessionAffinity === 'None' ? '' : `${service.sessionAffinity}${affinity}`],
    ['Policies', policyWords(service)],
    ['Health check', service.healthCheckNodePort === null ? '' : `node port ${service.healthCheckNodePort}`],
    ['Collected', time],
  ];
  return [
    paint(`Service ${service.namespace}/${service.name}`, 'title', layout),
    ...fields(
      pairs.filter(([, text]) => text !== ''),
      layout,
    ),
    ...evidenceLines(service.evidence, layout),
  ];
}

function portWords({ name, port, protocol, targetPort, nodePort }: ServiceReport['service']['ports'][number]): string {
  const extra = nodePort === null ? '' : ` (node port ${nodePort})`;
  return `${name === null ? '' : `${name} `}${port}/${protocol} → ${targetPort}${extra}`;
}

function policyWords({ internalTrafficPolicy, externalTrafficPolicy }: ServiceReport['service']): string {
  return [
    internalTrafficPolicy === null ? '' : `internal ${internalTrafficPolicy}`,
    externalTrafficPolicy === null ? '' : `external ${externalTrafficPolicy}`,
  ]
    .filter(text => text !== '')
    .join(', ');
}

function endpointTable({ endpoints, time }: ServiceReport, layout: Layout): string[] {
  if (endpoints === null) return hanging('  ', cell('? the EndpointSlices were not read', 'doubt'), layout);
  if (endpoints.length === 0) return hanging('  ', cell('✗ no EndpointSlice lists any', 'bad'), layout);
  const rows = endpoints.map(
    (each): Row => ({
      cells: [
        each.address,
        list(each.ports.map(({ port, protocol }) => `${port ?? 'any'}/${protocol}`)),
        cell(each.pod ?? '', 'name'),
        cell(each.node ?? '', 'name'),
        stateCell(each, time),
        [each.zone, ...hintWords(each)].filter(text => text !== null).join(', '),
      ],
    }),
  );
  return table(['ADDRESS', 'PORTS', 'POD', 'NODE', 'STATE', 'ZONE'], rows, layout);
}

function hintWords({ hints: { zones, nodes } }: ServiceEndpoint): string[] {
  return [
    ...(zones.length === 0 ? [] : [`for zone ${list(zones)}`]),
    ...(nodes.length === 0 ? [] : [`for node ${list(nodes)}`]),
  ];
}

function stateCell({ ready, serving, terminating, since }: ServiceEndpoint, now: string): CellLike {
  const long = age(since, now);
  const time = long === null ? '' : ` for ${long}`;
  if (terminating) return cell(`⚠ ending${serving ? ', still serving' : ''}${time}`, 'doubt');
  return ready ? cell('✓ ready', 'good') : cell(`✗ not ready${time}`, 'bad');
}

const kinds: Record<Frontend['kind'], string> = {
  'cluster-ip': 'cluster IP',
  'external-ip': 'external IP',
  'load-balancer-ip': 'load balancer',
  'node-port': 'node port',
};

function nodeLines(node: ServiceOnNode, { time }: ServiceReport, layout: Layout): string[] {
  const backends = node.backends.length === 0 ? 'no rules for it' : list(node.backends);
  // A chain that several front ends lead to is shown once.
  const shown = new Set<string>();
  return [
    '',
    paint(`${node.node} · ${backends}`, 'title', layout),
    ...differenceLines(node, time, layout),
    ...node.frontends.flatMap(front => [
      ...hanging(['  ', cell(frontWords(front), 'name'), '  '], frontKind(front), layout),
      ...(front.branches.length === 0 ? hanging('    ', cell('no rule takes it', 'label'), layout) : []),
      ...branchLines(front.branches, shown, layout),
      ...(front.fromNode === null
        ? []
        : [
            ...hanging('    ', cell('from the node itself:', 'label'), layout),
            ...branchLines(front.fromNode, shown, layout),
          ]),
    ]),
  ];
}

/** A front end: `10.96.0.1:443/TCP`. */
export function frontWords({ address, port, protocol, family }: Frontend): string {
  return address === null ? `${family} *:${port}/${protocol}` : `${endpoint(address, port)}/${protocol}`;
}

/** What kind of front end it is, of which port. */
export function frontKind({ kind, portName }: Frontend): string {
  return portName === null ? kinds[kind] : `${kinds[kind]} of port ${portName}`;
}

/** How the rules hold against the EndpointSlices. */
export function differenceLines({ differences }: ServiceOnNode, now: string, layout: Layout): string[] {
  if (differences === null)
    return hanging(
      '  ',
      cell('? not held against the EndpointSlices: these, or rules of kube-proxy, are not there or not whole', 'doubt'),
      layout,
    );
  const errors = differences.filter(({ severity }) => severity === 'error').length;
  const verdict =
    errors === 0
      ? cell('✓ as the EndpointSlices say', 'good')
      : cell(`✗ ${count(errors, 'difference')} from the EndpointSlices`, 'bad');
  return [
    ...hanging('  ', verdict, layout),
    ...differences.flatMap(each => hanging('    ', differenceCell(each, now), layout)),
  ];
}

function differenceCell(difference: Difference, now: string): CellLike {
  const { kind, severity, endpoint: where, pod, frontends, since, text } = difference;
  const about = where === null ? '' : ` ${where}${pod === null ? '' : ` (${pod})`}`;
  const long = age(since, now);
  const words = `${kind}${about}: ${text}${long === null ? '' : `, for ${long}`}; at ${list(frontends)}`;
  return severity === 'error' ? cell(`✗ ${words}`, 'bad') : cell(words, 'label');
}
