import { describe, expect, test } from '@jest/globals';
import { dotText, type Graph, mermaidText } from '../../src/render/graph.ts';

const graph = (label: string): Graph => ({
  nodes: [
    { id: 'a "]', label },
    { id: 'b', label: 'end' },
  ],
  edges: [
    { from: 'a "]', to: 'b', label },
    { from: 'b', to: 'b', label: '' },
  ],
});

const labels: [label: string, mermaid: string, dot: string][] = [
  ['10.96.0.1:80/TCP → KUBE-SVC', '10.96.0.1:80/TCP → KUBE-SVC', '10.96.0.1:80/TCP → KUBE-SVC'],
  ['[fd00::1]:80', '#91;fd00::1#93;:80', '[fd00::1]:80'],
  ['say "hi"; end', 'say #34;hi#34;#59; end', 'say \\"hi\\"; end'],
  ['`md` #35; <b>&|', '#96;md#96; #35;35#59; #60;b#62;#38;#124;', '`md` #35; <b>&|'],
  ['back\\n', 'back#92;n', 'back\\\\n'],
  ['two\nlines', 'two<br/>lines', 'two\\nlines'],
  ['\u001b[31m\r', '#92;x1b#91;31m#92;x0d', '\\\\x1b[31m\\\\x0d'],
  ['日本語', '日本語', '日本語'],
];

describe('a graph keeps its form whatever stands in a label', () => {
  test.each(labels)('%j', (label, mermaid, dot) => {
    expect(mermaidText(graph(label))).toBe(
      `flowchart LR\n    n0["${mermaid}"]\n    n1["end"]\n    n0 -->|"${mermaid}"| n1\n    n1 --> n1\n`,
    );
    expect(dotText(graph(label))).toBe(
      `digraph {\n    rankdir=LR;\n    node [shape=box];\n    n0 [label="${dot}"];\n    n1 [label="end"];\n    n0 -> n1 [label="${dot}"];\n    n1 -> n1;\n}\n`,
    );
  });
});

test('an edge to nowhere is a defect', () => {
  expect(() => dotText({ nodes: [], edges: [{ from: 'x', to: 'y', label: '' }] })).toThrow('no node of the graph');
});
