import type { Cluster } from '../../collect/cluster.ts';
import type { ConntrackReport } from '../../model/conntrack-report.ts';
import type { Snapshot } from '../../parse/snapshot.ts';
import type { Call } from '../command.ts';
import { needsLive, type Work, withRemote } from '../remote.ts';
import type { ConntrackWish, Namer } from './wish.ts';

/** Work on live connection tables: what was asked for, as it is at first, and the nodes to go on with. */
interface LiveTables extends Work {
  wish: ConntrackWish;
  snapshot: Snapshot;
  report: ConntrackReport;
}

/** Takes the question's answer once, then works on in the same debug pods. Throws UsageError for a saved snapshot. */
export async function withTables<T>(
  call: Call,
  read: (source: Namer) => ConntrackWish,
  work: (tables: LiveTables) => Promise<T>,
): Promise<T> {
  needsLive(call, 'conntrack with --follow, --delete or --all');
  return withRemote(call, async live => {
    const { conntrackReport } = await import('../../app/conntrack.ts');
    const wish = read(namerOf(await live.remote.cluster()));
    const snapshot = await live.source.collect(wish.request);
    const report = conntrackReport(snapshot, { ...wish, evidence: false });
    return work({ ...live, wish, snapshot, report });
  });
}

function namerOf({ namespace: own }: Cluster): Namer {
  const named: Namer['pod'] = ({ namespace, name }) => ({ namespace: namespace ?? own, name });
  return { pod: named, service: named };
}
