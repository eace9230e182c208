import { nodesOf } from '../collect/bundle-source.ts';
import { writeSnapshot } from '../collect/snapshot-write.ts';
import type { SnapshotReport } from '../model/saved.ts';
import type { Snapshot } from '../parse/snapshot.ts';

export { snapshotForm } from '../collect/snapshot-write.ts';

/** Writes a snapshot (collect/snapshot-write.ts) and says what is in it. */
export async function saveSnapshot(file: string, snapshot: Snapshot): Promise<SnapshotReport> {
  await writeSnapshot(file, snapshot);
  const { time, failures, targets } = snapshot.index;
  return {
    apiVersion: 'netinspect/v1',
    kind: 'SnapshotReport',
    file,
    time,
    targets: { pods: targets.pods, nodes: nodesOf(snapshot) },
    sections: snapshot.files.size,
    failures,
  };
}
