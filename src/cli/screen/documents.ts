import { clusterList, openNode } from '../../app/screen.ts';
import { IncompleteError } from '../../errors.ts';
import type { Snapshot } from '../../parse/snapshot.ts';
import type { PlaceDocument } from '../../tui/documents.ts';
import type { Loadable } from '../../tui/place.ts';
import type { Names } from './trace.ts';

/** The document of a place from a snapshot that has what it needs. Throws as the reports do. */
export async function documentFrom(snapshot: Snapshot, home: Loadable, names: Names): Promise<PlaceDocument> {
  switch (home.kind) {
    case 'cluster':
      return { kind: 'cluster', list: clusterList(snapshot) };
    case 'node':
      return { kind: 'node', ...openNode(snapshot, home.node) };
    case 'pod': {
      const { podReport } = await import('../../app/pod.ts');
      return { kind: 'pod', report: podReport(snapshot, home, { evidence: true }) };
    }
    case 'service': {
      const { serviceReport } = await import('../../app/service.ts');
      const nodes = typeof home.nodes === 'object' ? home.nodes : [];
      return { kind: 'service', report: serviceReport(snapshot, { target: home, nodes, evidence: true }) };
    }
    case 'trace':
      return { kind: 'trace', report: (await import('./trace.ts')).traceFrom(snapshot, home, names) };
  }
}

/** The error for a node of which the snapshot has nothing. */
export function notLookedAt(node: string): IncompleteError {
  return new IncompleteError(
    'node-not-in-snapshot',
    `node ${node} was not looked at when the snapshot was taken`,
    `take one with it: kubectl netinspect snapshot node/${node}`,
  );
}
