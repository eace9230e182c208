import type { TraceReport } from '../model/trace-report.ts';
import type { Graph } from './graph.ts';
import { hopName, packetWords } from './trace.ts';
import { type TraceNode, traceTree } from './trace-tree.ts';

/** The report as a graph: a box for each packet and for each stretch that its ways share, edges with their share. */
export function traceGraph({ paths, source }: TraceReport): Graph {
  const nodes: { id: string; label: string }[] = [];
  const edges: { from: string; to: string; label: string }[] = [];
  const add = (label: string) => {
    const id = String(nodes.length);
    nodes.push({ id, label });
    return id;
  };
  const grow = (from: string, next: readonly TraceNode[]) => {
    for (const node of next) {
      const place = node.entered && node.hop !== null ? [hopName(node.hop)] : [];
      const id = add([...place, ...node.tokens.map(({ text }) => text)].join('\n'));
      edges.push({ from, to: id, label: next.length > 1 ? node.share : '' });
      grow(id, node.next);
    }
  };
  for (const path of paths) {
    const name = path.direction === 'request' && source.kind !== 'address' ? [source.name] : [];
    grow(add([...name, packetWords(path.packet)].join('\n')), traceTree(path.outcomes));
  }
  return { nodes, edges };
}
