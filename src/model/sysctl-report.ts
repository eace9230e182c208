import type { Evidence, Gap, Note } from './report.ts';

/** What `sysctl NODE [KEY[=VALUE]]` gives. */
export interface SysctlReport {
  apiVersion: 'netinspect/v1';
  kind: 'SysctlReport';
  /** RFC 3339: when it was read. */
  time: string;
  node: string;
  /** In the node's own network namespace. */
  sysctls: SysctlValue[];
  /** What was set; null: nothing was. */
  change: { key: string; before: string; after: string } | null;
  notes: Note[];
  gaps: Gap[];
}

export interface SysctlValue {
  key: string;
  value: string;
  /** What it is for; null: not one that we know. */
  meaning: string | null;
  /** What is wrong with this value, and what to do; null: nothing is. */
  advice: string | null;
  evidence?: Evidence[];
}
