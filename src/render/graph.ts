import { BugError } from '../errors.ts';
import { visible } from './visible.ts';

/** A directed graph that is drawn from left to right, in the order given. A label may have several lines. */
export interface Graph {
  nodes: readonly { id: string; label: string }[];
  /** Between ids of `nodes`; an empty label is left out. */
  edges: readonly { from: string; to: string; label: string }[];
}

/**
 * The graph as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html). Labels stand in quotes, with what could end
 * them or mean something in them as `#CODE;` (its "Entity codes to escape characters").
 */
export function mermaidText({ nodes, edges }: Graph): string {
  const name = namer(nodes);
  return lines([
    'flowchart LR',
    ...nodes.map(({ id, label }) => `    ${name(id)}["${mermaidLabel(label)}"]`),
    ...edges.map(({ from, to, label }) => {
      const words = label === '' ? '' : `|"${mermaidLabel(label)}"|`;
      return `    ${name(from)} -->${words} ${name(to)}`;
    }),
  ]);
}

/** The graph in the language of Graphviz (graphviz.org/doc/info/lang.html), labels as quoted strings. */
export function dotText({ nodes, edges }: Graph): string {
  const name = namer(nodes);
  return lines([
    'digraph {',
    '    rankdir=LR;',
    '    node [shape=box];',
    ...nodes.map(({ id, label }) => `    ${name(id)} [label="${dotLabel(label)}"];`),
    ...edges.map(({ from, to, label }) => {
      const words = label === '' ? '' : ` [label="${dotLabel(label)}"]`;
      return `    ${name(from)} -> ${name(to)}${words};`;
    }),
    '}',
  ]);
}

/** Short names that mean nothing in either language; what an id holds never reaches the output. */
function namer(nodes: Graph['nodes']): (id: string) => string {
  const names = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  return id => {
    const name = names.get(id);
    if (name === undefined) throw new BugError('graph', `an edge names ${id}, which is no node of the graph`);
    return name;
  };
}

function mermaidLabel(label: string): string {
  const escaped = (character: string) => `#${character.codePointAt(0)};`;
  return visible(label, 'lines')
    .split('\n')
    .map(line => line.replace(/[^\p{L}\p{N} .,:/@+=%·→…_()-]/gu, escaped))
    .join('<br/>');
}

function dotLabel(label: string): string {
  return visible(label, 'lines').replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
