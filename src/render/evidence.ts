import type { Evidence } from '../model/report.ts';
import { cell, hanging, type Layout, type Prefix } from './layout.ts';

/** What stands under a fact with --evidence: the section, its command, the raw text. */
export function evidenceLines(evidence: readonly Evidence[] | undefined, layout: Layout): string[] {
  const bar: Prefix = ['    ', cell('╎', 'label'), ' '];
  return (evidence ?? []).flatMap(({ section, command, raw }) => [
    ...hanging(bar, cell(command === null ? section : `${section}: ${command}`, 'label'), layout),
    ...raw.split('\n').flatMap(line => (line === '' ? [] : hanging(bar, line, layout))),
  ]);
}
