import type { PodReport } from '../../model/report.ts';
import { cell, type Layout, paint } from '../../render/layout.ts';
import { podSections } from '../../render/pod.ts';
import { visible } from '../../render/visible.ts';
import { visibleReport } from '../../render/visible-report.ts';
import { count } from '../../render/words.ts';
import { line } from '../columns.ts';
import { heading, linesPage, type Page, plain, type Row } from '../page.ts';
import type { Place } from '../place.ts';
import { podPicture } from './pod-picture.ts';

/** A pod: its path as a picture, what it leads to, then all else that is known. */
export function podPage(report: PodReport, layout: Layout): Page {
  const { head, sections } = podSections(report, layout);
  const shown = (wanted: (title: string) => boolean): Row[] =>
    sections
      .filter(([title, lines]) => wanted(title) && lines.length > 0)
      .flatMap(([title, lines]) => [...heading(title, layout), ...lines.map(plain)]);
  const page = linesPage(`pod ${report.pod.namespace}/${report.pod.name}`, [
    ...head.slice(1).map(plain),
    ...shown(title => title === 'Notes'),
    ...heading('Path', layout),
    ...podPicture(visibleReport(report), layout).map(plain),
    ...heading('Leads to', layout),
    ...leads(report, layout),
    ...shown(title => title !== 'Notes' && title !== 'Path'),
  ]);
  return { ...page, start: 0 };
}

function leads({ node, services }: PodReport, layout: Layout): Row[] {
  const rows: { words: string; to: Place }[] = [
    ...(node === null ? [] : [{ words: `node ${node.name}`, to: { kind: 'node', node: node.name } as const }]),
    ...(services ?? []).map(({ namespace, name, clusterIPs, headless, ports }) => ({
      words: `service ${namespace}/${name}  ${headless ? 'headless' : clusterIPs.join(', ')}  ${count(ports.length, 'port')}`,
      to: { kind: 'service', namespace, name } as const,
    })),
  ];
  if (services === null) return [...rows.map(row), plain(paint('  ? services not known', 'doubt', layout))];
  return rows.map(row);

  function row({ words, to }: { words: string; to: Place }): Row {
    return { text: line([cell(`  → ${visible(words)}`, 'name')], [layout.width], layout), to, raw: null };
  }
}
