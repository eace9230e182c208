import type { Opened } from '../../app/open.ts';
import { clusterList, openNode } from '../../app/screen.ts';
import { IncompleteError } from '../../errors.ts';
import type { Snapshot } from '../../parse/snapshot.ts';
import type { PlaceDocument } from '../../tui/documents.ts';
import type { Loadable, TracePlace } from '../../tui/place.ts';

/** What names mean where the snapshot comes from. */
export type Names = Pick<Opened, 'pod' | 'service'>;

/** The document of a place from a snapshot that has what it needs. Throws as the reports do. */
export async function documentFrom(snapshot: Snapshot, home: Loadable, names: Names): Promise<PlaceDocument> {
  switch (home.kind) {
    case 'cluster':
      return { kind: 'cluster', list: clusterList(snapshot) };
    case 'node':
      return { kind: 'node', ...openNode(snapshot, home.node) };
    case 'pod': {
      const { podReport } = await import('../../app/pod.ts');
      return { kind: 'pod', report: podReport(snapshot, home, { evidence: false }) };
    }
    case 'service': {
      const { serviceReport } = await import('../../app/service.ts');
      const nodes = typeof home.nodes === 'object' ? home.nodes : [];
      return { kind: 'service', report: serviceReport(snapshot, { target: home, nodes, evidence: false }) };
    }
    case 'trace':
      return { kind: 'trace', report: await traceFrom(snapshot, home, names) };
  }
}

async function traceFrom(snapshot: Snapshot, { from, to, packet, reply }: TracePlace, names: Names) {
  const [{ tracer }, { readDestination, readEnd }, { packetWishes }, { located }] = await Promise.all([
    import('../../app/trace.ts'),
    import('../trace/ends.ts'),
    import('../trace/packet-flags.ts'),
    import('../trace/cluster.ts'),
  ]);
  const destination = readDestination(to, undefined);
  return tracer(snapshot)({
    source: located(readEnd(from, undefined), names),
    destination: { ...destination, end: located(destination.end, names) },
    wishes: packetWishes({ get: name => packet[name] }),
    allNodes: false,
    reply,
    evidence: false,
  });
}

/** The error for a node of which the snapshot has nothing. */
export function notLookedAt(node: string): IncompleteError {
  return new IncompleteError(
    'node-not-in-snapshot',
    `node ${node} was not looked at when the snapshot was taken`,
    `take one with it: kubectl netinspect snapshot node/${node}`,
  );
}
