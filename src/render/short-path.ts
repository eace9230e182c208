import type { PathReport, PathWay } from '../model/path-report.ts';
import { type CellLike, cell, type Layout, paint } from './layout.ts';
import { gapLines, noteLines, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { list } from './words.ts';

/** The short answer as a table: one row for ways that are alike. */
export function shortPathText(original: PathReport, layout: Layout): string {
  const report = visibleReport(original);
  const { source, destination, ways, notes, gaps } = report;
  const several = new Set(ways.map(({ node }) => node)).size > 1;
  const rows = ways.map(
    (way): Row => ({
      cells: [
        way.family,
        several ? (way.node ?? '?') : '',
        way.probability ?? '?',
        verdictCell(way),
        list([
          ...new Set(way.ends.map(({ to, end }) => (end === null || end.name === to ? to : `${end.name} (${to})`))),
        ]),
        way.sameNode === null
          ? ''
          : way.sameNode
            ? 'same node'
            : `to ${list([...new Set(way.ends.map(({ end }) => end?.node ?? '?'))])}`,
        list(way.networks),
        list([...new Set(way.links.map(linkWords))], 'in one namespace'),
        natWords(way),
      ],
    }),
  );
  const where = source.node === null ? '' : ` on ${source.node}`;
  const lines = [
    paint(`${source.name}${where} → ${destination.name}`, 'title', layout),
    ...table(['FAMILY', 'FROM', 'SHARE', 'VERDICT', 'ENDS AT', 'NODE', 'NETWORKS', 'HOW', 'NAT'], rows, layout),
    ...section('Notes', noteLines(notes, layout), layout),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function verdictCell({ verdict }: PathWay): CellLike {
  if (verdict === 'accept') return cell('✓ accepted', 'good');
  return verdict === 'unknown'
    ? cell('? not known', 'doubt')
    : cell(`✗ ${verdict === 'drop' ? 'dropped' : 'rejected'}`, 'bad');
}

function linkWords(link: PathWay['links'][number]): string {
  if (link.kind === 'bridge') return `bridge ${link.bridge}`;
  if (link.kind === 'tunnel') return `encapsulated: ${link.type} ${link.device}`;
  return link.nextHop === null ? 'routed, directly connected' : `routed by ${link.nextHop}`;
}

function natWords({ nat }: PathWay): string {
  const parts = [
    ...(nat.dnat ? ['destination'] : []),
    ...(nat.snat === null ? [] : [nat.snat === 'masquerade' ? 'source (masquerade)' : `source (${nat.snat})`]),
  ];
  return parts.length === 0 ? 'none' : parts.join(', ');
}
