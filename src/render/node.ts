import type { NodeReport } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, nothing, overlayLines, routeTable, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { answer, interfaceCells, interfaceHeaders, known, list } from './words.ts';

/** A node's report as text for a terminal; every name in it is made safe to print first. */
export function nodeText(original: NodeReport, layout: Layout): string {
  const report = visibleReport(original);
  const lines = [
    ...headLines(report, layout),
    ...section('Notes', noteLines(report.notes, layout), layout),
    ...section('Interfaces', interfaceTable(report, layout), layout),
    ...section('Bridges', bridgeTable(report, layout), layout),
    ...section('Overlay', overlayLines(report.overlays, layout), layout),
    ...section('Routing rules', ruleTable(report, layout), layout),
    ...section('Routes', routeTable(report.routes, layout), layout),
    ...section('CNI', cniLines(report, layout), layout),
    ...section('Sysctls', sysctlLines(report, layout), layout),
    ...section('Not known', gapLines(report.gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function headLines({ node, kubeProxy, conntrack, time }: NodeReport, layout: Layout): string[] {
  const mode: CellLike = kubeProxy.mode === 'unknown' ? cell('? not known', 'doubt') : kubeProxy.mode;
  const backends = kubeProxy.backends.length === 0 ? '' : ` (rules in ${list(kubeProxy.backends)})`;
  return [
    paint(`Node ${node.name}`, 'title', layout),
    ...fields(
      [
        ['Status', answer(node.ready, 'Ready', 'not Ready')],
        ['IPs', list(node.ips, 'none known')],
        ['Pod CIDRs', list(node.podCIDRs, 'none')],
        [
          'System',
          [node.osImage, node.kernel, node.containerRuntime, node.kubeletVersion && `kubelet ${node.kubeletVersion}`]
            .filter(Boolean)
            .join(', ') || '?',
        ],
        ['kube-proxy', typeof mode === 'string' ? `${mode}${backends}` : { ...mode, text: `${mode.text}${backends}` }],
        ['conntrack', conntrack === null ? cell('? not known', 'doubt') : conntrackUse(conntrack)],
        ['Collected', time],
      ],
      layout,
    ),
    ...evidenceLines(node.evidence, layout),
    ...evidenceLines(kubeProxy.evidence, layout),
    ...evidenceLines(conntrack?.evidence, layout),
  ];
}

function conntrackUse({ count, max }: { count: number; max: number }): CellLike {
  const share = max > 0 ? (100 * count) / max : 0;
  const text = `${count} of ${max} entries (${share < 1 && count > 0 ? '<1' : Math.round(share)} %)`;
  return share >= 80 ? cell(`⚠ ${text}`, 'doubt') : text;
}

function interfaceTable({ interfaces }: NodeReport, layout: Layout): string[] {
  return table(
    interfaceHeaders,
    interfaces.map((link): Row => ({ cells: interfaceCells(link), evidence: link.evidence })),
    layout,
  );
}

function bridgeTable({ bridges }: NodeReport, layout: Layout): string[] {
  return table(
    ['BRIDGE', 'PORTS'],
    bridges.map(
      ({ name, members, evidence }): Row => ({ cells: [cell(name, 'name'), list(members, 'none')], evidence }),
    ),
    layout,
  );
}

function ruleTable({ rules }: NodeReport, layout: Layout): string[] {
  const rows = rules.map(
    (rule): Row => ({
      cells: [rule.family, String(rule.priority), rule.text, rule.table ?? ''],
      evidence: rule.evidence,
    }),
  );
  return table(['FAMILY', 'PRIORITY', 'RULE', 'TABLE'], rows, layout);
}

function cniLines({ cni }: NodeReport, layout: Layout): string[] {
  if (cni === null) return nothing('no configuration that could be read', layout);
  const pairs: [string, CellLike][] = [
    ['file', cni.file],
    ['network', known(cni.name)],
    ['plugins', list(cni.plugins, 'none')],
  ];
  return [...fields(pairs, layout), ...evidenceLines(cni.evidence, layout)];
}

function sysctlLines({ sysctls }: NodeReport, layout: Layout): string[] {
  const names = Object.keys(sysctls).sort();
  const shown = names.filter(name => !isAsDefault(name, sysctls));
  if (shown.length === 0) return [];
  const pairs = shown.map((name): [string, CellLike] => [name, sysctls[name] ?? '']);
  const hidden = names.length - shown.length;
  const rest = `… and ${hidden} of single interfaces that equal the default's: -o json has them all`;
  return [...fields(pairs, layout), ...(hidden === 0 ? [] : nothing(rest, layout))];
}

/** True for an interface's own setting (net.ipv4.conf.IFACE.rp_filter) that equals the one of `default`. */
function isAsDefault(name: string, sysctls: Record<string, string>): boolean {
  const [, prefix, iface, setting] = /^(net\.ipv[46]\.conf)\.([^.]+)\.(\w+)$/.exec(name) ?? [];
  if (iface === undefined || iface === 'all' || iface === 'default') return false;
  return sysctls[name] === sysctls[`${prefix}.default.${setting}`];
}
