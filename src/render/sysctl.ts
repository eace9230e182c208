import type { SysctlReport, SysctlValue } from '../model/sysctl-report.ts';
import { evidenceLines } from './evidence.ts';
import { cell, hanging, type Layout, paint } from './layout.ts';
import { gapLines, noteLines, nothing, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';

/** A node's network sysctls as text: what needs attention first; one that was asked for as `sysctl` prints it. */
export function sysctlText(original: SysctlReport, one: boolean, layout: Layout): string {
  const report = visibleReport(original);
  const { node, sysctls, change, notes, gaps } = report;
  if (one) {
    const lines = [
      ...(change === null ? [] : [`${change.key} = ${change.before} → ${change.after} on ${node}`]),
      ...sysctls.flatMap(each => [
        ...(change === null ? [`${each.key} = ${each.value}`] : []),
        ...(each.meaning === null ? [] : hanging('  ', cell(each.meaning, 'label'), layout)),
        ...(each.advice === null ? [] : hanging(['  ', cell('⚠', 'doubt'), ' '], each.advice, layout)),
        ...evidenceLines(each.evidence, layout),
      ]),
      ...noteLines(notes, layout),
    ];
    return `${lines.join('\n')}\n`;
  }
  const shown = sysctls.filter(each => each.advice !== null || !isOfOneInterface(each));
  const advised = shown.filter(({ advice }) => advice !== null);
  const rest = shown.filter(({ advice }) => advice === null);
  const hidden = sysctls.length - shown.length;
  const lines = [
    paint(`Network sysctls of ${node}`, 'title', layout),
    ...section('Worth a look', rows(advised, layout), layout),
    ...section('Others', rows(rest, layout), layout),
    ...(hidden === 0 ? [] : nothing(`… and ${hidden} of single interfaces: -o json has them all`, layout)),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function rows(sysctls: readonly SysctlValue[], layout: Layout): string[] {
  return table(
    ['KEY', 'VALUE', 'MEANING'],
    sysctls.map(
      ({ key, value, meaning, advice, evidence }): Row => ({
        cells: [cell(key, 'name'), value, advice === null ? (meaning ?? '') : cell(`⚠ ${meaning}: ${advice}`, 'doubt')],
        evidence,
      }),
    ),
    layout,
  );
}

/** True for an interface's own setting (net.ipv4.conf.IFACE.rp_filter). */
function isOfOneInterface({ key }: SysctlValue): boolean {
  return /^net\.ipv[46]\.conf\.(?!(all|default)\.)/.test(key);
}
