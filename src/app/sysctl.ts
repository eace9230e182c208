import type { Ask } from '../collect/source.ts';
import { ClusterError, IncompleteError } from '../errors.ts';
import type { Note } from '../model/report.ts';
import { cite } from '../model/section.ts';
import { meaningOf } from '../model/sysctl-meanings.ts';
import type { SysctlReport } from '../model/sysctl-report.ts';
import { nodePath, type Snapshot } from '../parse/snapshot.ts';
import { parseSysctls } from '../parse/sysctl.ts';
import { withoutEvidence } from './evidence.ts';
import { sectionReader } from './sections.ts';

/** The question for the node: its network sysctls, or one key, set first when a value is given. */
export function askSysctl(key: string | null, value: string | null): Ask {
  const words = ['sysctl', ...(key === null ? [] : [key]), ...(value === null ? [] : [value])];
  return async () => ({ words, pods: false });
}

/**
 * The node's network sysctls with their meaning, from the snapshot alone; `key`: that one alone. Throws IncompleteError when it is
 * not there, ClusterError `sysctl-not-set` when the kernel refused to set it.
 */
export function sysctlReport(
  snapshot: Snapshot,
  node: string,
  { key, value, evidence }: { key: string | null; value: string | null; evidence: boolean },
): SysctlReport {
  const reader = sectionReader(snapshot);
  const path = nodePath(node, 'sysctl.txt');
  const section = reader.read(path, parseSysctls);
  const values = Object.fromEntries(section.records.map(record => [record.key, record.value]));
  const records = section.records.filter(record => key === null || record.key === key);
  const notes: Note[] = [];
  let change: SysctlReport['change'] = null;
  if (key !== null && value !== null) {
    const [before] = reader.read(nodePath(node, 'sysctl-before.txt'), parseSysctls).records;
    const set = snapshot.index.sections[nodePath(node, 'sysctl-set.txt')];
    const [after] = records;
    if (set?.exitCode !== 0)
      throw new ClusterError(
        'sysctl-not-set',
        `${key} on ${node} was not set to ${value}: ${set?.stderr?.trim().replace(/^.*: /, '') || 'the kernel refused'}`,
        before === undefined ? undefined : `it is still ${before.value}`,
      );
    if (before !== undefined && after !== undefined) change = { key, before: before.value, after: after.value };
    notes.push({
      code: 'sysctl-does-not-last',
      severity: 'info',
      text: `it lasts until the node starts anew, or kubelet, kube-proxy or a CNI agent sets it; to keep it: echo '${key} = ${value}' >/etc/sysctl.d/99-${key.replaceAll(/[^a-z0-9]+/gi, '-')}.conf on the node`,
    });
  }
  if (key !== null && records.length === 0)
    throw new IncompleteError(
      'sysctl-not-found',
      `${node} has no ${key}: ${reader.gaps.find(gap => gap.subject === path)?.why ?? 'not in the data'}`,
      'its module may not be loaded; without a key all that matter are shown',
    );
  const report: SysctlReport = {
    apiVersion: 'netinspect/v1',
    kind: 'SysctlReport',
    time: snapshot.index.time,
    node,
    sysctls: records.map(record => {
      const known = meaningOf(record.key);
      return {
        key: record.key,
        value: record.value,
        meaning: known?.meaning ?? null,
        advice: known?.advice?.(record.value, values) ?? null,
        evidence: cite(section, record),
      };
    }),
    change,
    notes,
    gaps: [...reader.gaps],
  };
  return evidence ? report : withoutEvidence(report);
}
