import type { Evidence } from './report.ts';

/** The records of one section of the snapshot. */
export interface Section<T> {
  /** Its path in the snapshot. */
  path: string;
  /** What gave it; null when the snapshot does not say. */
  command: string | null;
  records: readonly T[];
  /** whole: all that the tool said was read; partial: some of it is missing; absent: not known at all. */
  state: 'whole' | 'partial' | 'absent';
}

/** The evidence for a fact: these records of the section. */
export function cite(section: Section<unknown>, ...records: { raw: string }[]): Evidence[] {
  return records.map(({ raw }) => ({ section: section.path, command: section.command, raw }));
}
