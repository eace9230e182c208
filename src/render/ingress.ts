import type { IngressBackend, IngressReport, IngressRule, IngressTls } from '../model/ingress-report.ts';
import { type CellLike, cell, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, nothing, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';

/** The rules of an ingress, or those that take a URL in the order in which they are tried, as text. */
export function ingressText(original: IngressReport, layout: Layout): string {
  const report = visibleReport(original);
  const { ingress, url, rules, notes, gaps, time } = report;
  const [first] = rules;
  const next =
    first?.backend?.portExists === true
      ? `kubectl netinspect trace internet svc/${first.backend.service}:${first.backend.port}`
      : null;
  const lines = [
    paint(
      ingress === null ? `${url?.tls ? 'https' : 'http'}://${url?.host}${url?.path}` : `Ingress ${ingress}`,
      'title',
      layout,
    ),
    ...fields([['Collected', time], ...(next === null ? [] : [['Go on', next] as const])], layout),
    ...section('Notes', noteLines(notes, layout), layout),
    ...section('Rules', rules.length === 0 ? nothing('none', layout) : ruleTable(rules, layout), layout),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function ruleTable(rules: readonly IngressRule[], layout: Layout): string[] {
  const rows = rules.map(
    (rule): Row => ({
      cells: [
        rule.takes === true ? cell('→', 'good') : '',
        cell(rule.ingress, 'name'),
        rule.class ?? '',
        rule.host ?? '*',
        rule.pathType === 'default' ? '(default backend)' : `${rule.path} ${rule.pathType}`,
        rule.backend === null ? cell('✗ none', 'bad') : `${rule.backend.service}:${rule.backend.port}`,
        rule.backend === null ? '' : backendCell(rule.backend),
        rule.tls === null ? '' : tlsCell(rule.tls),
      ],
      evidence: rule.evidence,
    }),
  );
  return table(['TAKES', 'INGRESS', 'CLASS', 'HOST', 'PATH', 'BACKEND', 'ENDPOINTS', 'TLS'], rows, layout);
}

function backendCell({ exists, portExists, ready, total }: IngressBackend): CellLike {
  if (exists === false) return cell('✗ no such service', 'bad');
  if (portExists === false) return cell('✗ no such port', 'bad');
  if (ready === null || total === null) return cell('? not known', 'doubt');
  return ready === 0 ? cell(`✗ 0 of ${total} ready`, 'bad') : `${ready} of ${total} ready`;
}

function tlsCell({ secret, exists, matches, notAfter }: IngressTls): CellLike {
  if (secret === null) return "the controller's";
  if (exists === false) return cell(`✗ ${secret}: no certificate`, 'bad');
  if (exists === null) return cell(`? ${secret} not read`, 'doubt');
  if (matches === false) return cell(`✗ ${secret}: not for this host`, 'bad');
  return `${secret}${notAfter === null ? '' : ` until ${notAfter.slice(0, 10)}`}`;
}
