import { stripVTControlCharacters } from 'node:util';
import { chainView, tableView } from '../analyse/chains/view.ts';
import type { ChainsReport } from '../model/chains-report.ts';
import type { Table } from '../model/rules.ts';
import { chainsGraph } from '../render/chains-graph.ts';
import { type Graph, mermaidText } from '../render/graph.ts';
import { jsonText } from '../render/json.ts';
import { serviceGraph } from '../render/service-graph.ts';
import { traceGraph } from '../render/trace-graph.ts';
import { documentOf, type NodeDocument, type PlaceDocument } from './documents.ts';
import { geometryOf } from './geometry.ts';
import { tableOf } from './pages/node.ts';
import { documentKey, homeOf, type Place, placeName } from './place.ts';
import { rowAt, seenIn } from './select.ts';
import { current, type State } from './state.ts';

export type Format = 'text' | 'json' | 'mermaid';

/** The form that a file's name asks for. */
export function formatOf(file: string): Format {
  if (/\.json$/i.test(file)) return 'json';
  return /\.(mmd|mermaid)$/i.test(file) ? 'mermaid' : 'text';
}

/** A name for what is seen at a place. */
export function defaultFile(place: Place): string {
  const words = placeName(place).replace(/[^A-Za-z0-9.-]+/g, '-');
  return `netinspect-${words.replace(/^-+|-+$/g, '')}.txt`;
}

/** What is seen, in that form; `why` it has none. */
export function savedText(state: State, format: Format): { text: string } | { why: string } {
  if (format === 'text') return { text: pageText(state) };
  const { place } = current(state);
  const report = reportOf(state, place);
  if (report === null) return { why: `there is no ${format} of this: a name that ends in .txt saves its text` };
  if (format === 'json') return { text: jsonText(report) };
  const graph = graphOf(report);
  return graph === null
    ? { why: 'there is no picture of this: save it as .txt or .json' }
    : { text: mermaidText(graph) };
}

/** The rows that pass the filter, wide enough that little is cut. */
function pageText(state: State): string {
  const frame = current(state);
  const view = seenIn({ ...state, colour: false }, frame, Math.max(160, geometryOf(state).main));
  const lines = Array.from({ length: view.length }, (_, at) => rowAt(view, at)?.text ?? '');
  const head = view.page.head === null ? [] : [view.page.head];
  const text = [view.page.title, ...head, ...lines].map(line => stripVTControlCharacters(line).trimEnd()).join('\n');
  return `${text}\n`;
}

type Report = Extract<PlaceDocument, { report: unknown }>['report'] | ChainsReport;

/** The report that a place shows, as the command of its name prints it. */
function reportOf({ documents }: State, place: Place): Report | null {
  const home = homeOf(place);
  const loaded = home === null ? undefined : documents.get(documentKey(home));
  if (loaded?.state !== 'ready' || home === null) return null;
  const { document } = loaded;
  if (document.kind === 'cluster') return null;
  if (document.kind !== 'node' || place.kind === 'node') return document.report;
  const node = documentOf(documents, 'node', home);
  const table = node === null || !('table' in place) ? undefined : tableOf(node, place.table);
  if (node === null || table === undefined) return null;
  return chainsReport(node, table, 'chain' in place ? place.chain : null);
}

/** A table, or one chain of it with its rules. */
function chainsReport({ report, meaning }: NodeDocument, table: Table, name: string | null): ChainsReport {
  const chain = name === null ? undefined : table.chains.get(name);
  const { apiVersion, time, node } = report;
  const base = {
    apiVersion,
    kind: 'ChainsReport',
    time,
    node: node.name,
    summary: null,
    virtualServers: null,
  } as const;
  const rest = { notes: [], gaps: [] };
  if (chain === undefined) return { ...base, tables: [tableView(table, meaning)], chains: null, ...rest };
  return {
    ...base,
    tables: [tableView(table, meaning, [chain])],
    chains: [chainView(table, chain, meaning, true)],
    ...rest,
  };
}

function graphOf(report: Report): Graph | null {
  switch (report.kind) {
    case 'ServiceReport':
      return serviceGraph(report);
    case 'TraceReport':
      return traceGraph(report);
    case 'ChainsReport':
      return report.chains === null ? null : chainsGraph(report);
    default:
      return null;
  }
}
