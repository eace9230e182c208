import type { Graph } from '../render/graph.ts';
import type { Layout } from '../render/layout.ts';
import type { Terminal } from './command.ts';

/** A document that can be printed: every one carries its apiVersion and kind. */
export interface Document {
  apiVersion: 'netinspect/v1';
  kind: string;
}

/** The layout for stdout: its width (or COLUMNS), and colour as NO_COLOR, FORCE_COLOR and TERM allow. */
function layoutOf({ stdout, env }: Terminal): Layout {
  const columns = stdout.columns ?? Number(env['COLUMNS']);
  const width = Number.isInteger(columns) && columns > 0 ? Math.max(columns, 40) : Number.POSITIVE_INFINITY;
  return { width, colour: stdout.isTTY === true && stdout.hasColors(env) };
}

/** Gives a document in a format of `-o`; `text` is used for the formats that the document words itself. */
export async function format(
  document: Document,
  output: string,
  text: (layout: Layout) => string,
  terminal: Terminal,
): Promise<string> {
  if (output === 'json') return (await import('../render/json.ts')).jsonText(document);
  if (output === 'yaml') return (await import('../render/yaml.ts')).yamlText(document);
  return text(layoutOf(terminal));
}

/** Gives a graph in the language that `-o` names. */
export async function drawn(graph: Graph, output: 'mermaid' | 'dot'): Promise<string> {
  const { dotText, mermaidText } = await import('../render/graph.ts');
  return output === 'dot' ? dotText(graph) : mermaidText(graph);
}
