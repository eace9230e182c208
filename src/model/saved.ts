import type { CollectFailure, PodTarget } from '../parse/snapshot.ts';

/** What `snapshot` gives: the file that it wrote, and what is in it. */
export interface SnapshotReport {
  apiVersion: 'netinspect/v1';
  kind: 'SnapshotReport';
  file: string;
  /** RFC 3339: when the data was collected. */
  time: string;
  targets: { pods: PodTarget[]; nodes: string[] };
  /** How many sections it holds. */
  sections: number;
  failures: CollectFailure[];
}
