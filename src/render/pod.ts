import type { ConntrackEntry, DnsConfig, PodReport, Socket } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, type Layout, paint } from './layout.ts';
import { pathLines } from './path.ts';
import { fields, gapLines, mtuLines, noteLines, nothing, overlayLines, routeTable, section } from './sections.ts';
import { serviceLines } from './services.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { answer, endpoint, interfaceCells, interfaceHeaders, known, list } from './words.ts';

/** A pod's report as text for a terminal; every name in it is made safe to print first. */
export function podText(original: PodReport, layout: Layout): string {
  const { head, sections } = podSections(original, layout);
  return `${[...head, ...sections.flatMap(([title, lines]) => section(title, lines, layout))].join('\n')}\n`;
}

/** The same in its parts; sections may be empty. */
export function podSections(
  original: PodReport,
  layout: Layout,
): { head: string[]; sections: (readonly [title: string, lines: string[]])[] } {
  const report = visibleReport(original);
  const sections: [string, string[]][] = [
    ['Notes', noteLines(report.notes, layout)],
    ['Path', pathLines(report, layout)],
    ['Containers', containerTable(report, layout)],
    ['Interfaces', interfaceTable(report, layout)],
    ['Routes in the pod', routeTable(report.routes, layout)],
    ['Gateways', gatewayTable(report, layout)],
    ['Bridge ports', memberTable(report, layout)],
    ['Host routes to the pod', report.attachment.kind === 'routed' ? routeTable(report.attachment.routes, layout) : []],
    ['Overlay', overlayLines(report.overlays, layout)],
    ['MTU along the way', mtuLines(report.mtu, layout)],
    ['DNS', report.dns === null ? [] : dnsLines(report.dns, layout)],
    ['Services', serviceLines(report, layout)],
    ['Sockets', socketTable(report.sockets, layout)],
    ['Conntrack', conntrackTable(report.conntrack, layout)],
    ['Not known', gapLines(report.gaps, layout)],
  ];
  return { head: headLines(report, layout), sections };
}

function headLines(report: PodReport, layout: Layout): string[] {
  const { pod, node, netns } = report;
  const running =
    pod.phase === 'Running'
      ? answer(pod.ready, 'Running, ready', 'Running, not ready', 'Running, readiness not known')
      : undefined;
  const status: CellLike = running ?? cell(`⚠ ${pod.phase}`, 'doubt');
  const host = netns === null ? '?' : `inode ${netns.inode}${netns.isNode ? " (the node's own)" : ''}`;
  const pairs: [string, CellLike][] = [['Status', status]];
  if (pod.reason !== null) pairs.push(['Reason', pod.reason]);
  pairs.push(['Node', node === null ? 'none yet' : `${node.name} (${list(node.ips, 'no address known')})`]);
  pairs.push(['IPs', list(report.ips, 'none')]);
  if (netns !== null || pod.phase === 'Running') pairs.push(['Network namespace', host]);
  if (pod.runtimeClass !== null) pairs.push(['Runtime class', pod.runtimeClass]);
  pairs.push(['Collected', report.time]);
  return [
    `${paint(`Pod ${pod.namespace}/${pod.name}`, 'title', layout)}`,
    ...fields(pairs, layout),
    ...evidenceLines(pod.evidence, layout),
    ...evidenceLines(node?.evidence, layout),
    ...evidenceLines(netns?.evidence, layout),
  ];
}

function containerTable({ containers }: PodReport, layout: Layout): string[] {
  const rows = containers.map(
    (container): Row => ({
      cells: [
        cell(container.name, 'name'),
        container.role,
        container.state,
        container.role === 'sandbox' || container.state.startsWith('terminated')
          ? ''
          : answer(container.ready, 'ready', 'not ready'),
        container.pids === null ? '?' : list(container.pids.map(String), 'none'),
        container.id?.slice(0, 13) ?? '',
      ],
      evidence: container.evidence,
    }),
  );
  return table(['NAME', 'ROLE', 'STATE', 'READY', 'PIDS', 'ID'], rows, layout);
}

function interfaceTable({ interfaces }: PodReport, layout: Layout): string[] {
  const rows = interfaces.flatMap((own): Row[] => [
    { cells: ['pod', ...interfaceCells(own)], evidence: own.evidence },
    ...(own.peer === null ? [] : [{ cells: ['node', ...interfaceCells(own.peer)], evidence: own.peer.evidence }]),
  ]);
  return table(['WHERE', ...interfaceHeaders], rows, layout);
}

function gatewayTable({ gateways }: PodReport, layout: Layout): string[] {
  const rows = gateways.map(
    (gateway): Row => ({
      cells: [gateway.family, gateway.address, cell(gateway.interface, 'name'), gateway.onNode ?? 'not found'],
      evidence: gateway.evidence,
    }),
  );
  return table(['FAMILY', 'ADDRESS', 'THROUGH', 'ON THE NODE'], rows, layout);
}

function memberTable({ attachment }: PodReport, layout: Layout): string[] {
  if (attachment.kind !== 'bridge') return [];
  const rows = attachment.members.map(
    (member): Row => ({
      cells: [
        cell(member.name, 'name'),
        String(member.index),
        member.pod ?? '?',
        member.hairpin === null ? '?' : member.hairpin ? 'on' : 'off',
      ],
      evidence: member.evidence,
    }),
  );
  return table(['PORT', 'INDEX', 'POD', 'HAIRPIN'], rows, layout);
}

function dnsLines(dns: DnsConfig, layout: Layout): string[] {
  const pairs: [string, CellLike][] = [
    ['nameserver', list(dns.nameservers, 'none')],
    ['search', dns.search.join(' ') || 'none'],
    ['ndots', String(dns.ndots)],
  ];
  const others = dns.options.filter(option => !option.startsWith('ndots:'));
  if (others.length > 0) pairs.push(['options', others.join(' ')]);
  return [...fields(pairs, layout), ...evidenceLines(dns.evidence, layout)];
}

function socketTable(sockets: readonly Socket[] | null, layout: Layout): string[] {
  if (sockets === null) return [];
  if (sockets.length === 0) return nothing('no listening TCP and no bound UDP socket', layout);
  const rows = sockets.map(
    (socket): Row => ({
      cells: [
        socket.protocol,
        endpoint(socket.address, socket.port),
        socket.family === 'IPv6' && socket.dualStack === true ? 'IPv4 and IPv6' : socket.family,
        cell(socket.container ?? '?', 'name'),
        known(socket.pid),
        socket.process ?? '',
      ],
      evidence: socket.evidence,
    }),
  );
  return table(['PROTOCOL', 'ADDRESS', 'FAMILY', 'CONTAINER', 'PID', 'PROCESS'], rows, layout);
}

function conntrackTable(entries: readonly ConntrackEntry[] | null, layout: Layout): string[] {
  if (entries === null) return [];
  if (entries.length === 0) return nothing("no entry with the pod's addresses", layout);
  const shown = [...entries].sort((a, b) => interest(a) - interest(b)).slice(0, mostEntries);
  const rows = shown.map(
    ({ protocol, state, timeout, original, dnat, snat, flags, evidence }): Row => ({
      cells: [
        protocol,
        state ?? '',
        endpoint(original.source, original.sourcePort),
        endpoint(original.destination, original.destinationPort),
        dnat === null ? '' : endpoint(dnat.address, dnat.port),
        snat === null ? '' : endpoint(snat.address, snat.port),
        timeout === null ? '' : `${timeout} s`,
        list(flags),
      ],
      evidence,
    }),
  );
  const lines = table(
    ['PROTOCOL', 'STATE', 'SOURCE', 'DESTINATION', 'DNAT TO', 'SNAT TO', 'EXPIRES', 'FLAGS'],
    rows,
    layout,
  );
  const rest = entries.length - shown.length;
  return rest === 0 ? lines : [...lines, ...nothing(`… and ${rest} more: -o json has them all`, layout)];
}

/** As many entries as a person reads; the rest is counted. */
const mostEntries = 20;

/** Unanswered and live connections come before those that only wait to be forgotten. */
function interest({ state, flags }: ConntrackEntry): number {
  if (flags.includes('UNREPLIED')) return 0;
  return state === 'TIME_WAIT' || state === 'CLOSE' ? 2 : 1;
}
