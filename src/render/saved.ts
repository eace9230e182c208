import type { SnapshotReport } from '../model/saved.ts';
import { cell, hanging, type Layout } from './layout.ts';
import { visibleReport } from './visible-report.ts';
import { count, list } from './words.ts';

/** What `snapshot` says: the file, what is in it, and what could not be collected. */
export function savedText(original: SnapshotReport, layout: Layout): string {
  const { file, sections, targets, failures } = visibleReport(original);
  const nodes = targets.nodes.length === 0 ? '' : `, nodes ${list(targets.nodes)}`;
  const pods = targets.pods.length === 0 ? '' : `, ${count(targets.pods.length, 'pod')}`;
  const lines = [
    ...hanging('', `${file}: ${count(sections, 'section')}${nodes}${pods}`, layout),
    ...failures.flatMap(({ subject, message }) => hanging('  ', cell(`✗ ${subject}: ${message}`, 'bad'), layout)),
  ];
  return `${lines.join('\n')}\n`;
}
