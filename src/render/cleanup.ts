import type { CleanupReport, FoundDebugPod } from '../model/cleanup.ts';
import { cell, hanging, type Layout } from './layout.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';

/** What `cleanup` found and did, as text for a terminal. */
export function cleanupText(original: CleanupReport, layout: Layout): string {
  const report = visibleReport(original);
  const where = report.namespace === null ? '' : ` in namespace ${report.namespace} (no other was searched)`;
  if (report.pods.length === 0) return `${hanging('', `no debug pod is left${where}`, layout).join('\n')}\n`;
  const rows = report.pods.map(
    (pod): Row => ({
      cells: [
        cell(`${pod.namespace}/${pod.name}`, 'name'),
        pod.node ?? '',
        pod.user ?? '',
        pod.created ?? '',
        deed(pod, report.dryRun),
      ],
    }),
  );
  const scope = where === '' ? [] : hanging('', `only${where}`, layout);
  return `${[...table(['POD', 'NODE', 'USER', 'CREATED', 'ACTION'], rows, layout), ...scope].join('\n')}\n`;
}

function deed({ action, why }: FoundDebugPod, dryRun: boolean) {
  const reason = why === null ? '' : `: ${why}`;
  if (action === 'failed') return cell(`✗ not deleted${reason}`, 'bad');
  if (action === 'leave') return cell(`left${reason}`, 'label');
  return dryRun ? 'would be deleted' : cell('✓ deleted', 'good');
}
