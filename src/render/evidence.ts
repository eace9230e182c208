import type { Evidence } from '../model/report.ts';
import { cell, hanging, type Layout, type Prefix } from './layout.ts';

/** What stands under a fact with --evidence: the section with its command, once for what follows of it, and the raw texts. */
export function evidenceLines(evidence: readonly Evidence[] | undefined, layout: Layout): string[] {
  if (layout.evidence === false) return [];
  const bar: Prefix = ['    ', cell('╎', 'label'), ' '];
  return (evidence ?? []).flatMap(({ section, command, raw }, at) => [
    ...(evidence?.[at - 1]?.section === section
      ? []
      : hanging(bar, cell(command === null ? section : `${section}: ${command}`, 'label'), layout)),
    ...raw.split('\n').flatMap(line => (line === '' ? [] : hanging(bar, line, layout))),
  ]);
}
