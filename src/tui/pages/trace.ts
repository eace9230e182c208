import type { TraceStep } from '../../model/trace.ts';
import type { TraceHop, TracePath, TraceReport } from '../../model/trace-report.ts';
import { type CellLike, cell, hanging, type Layout, paint } from '../../render/layout.ts';
import { hopName, packetWords } from '../../render/trace.ts';
import { type TraceNode, traceTree } from '../../render/trace-tree.ts';
import type { Token } from '../../render/trace-words.ts';
import { visibleReport } from '../../render/visible-report.ts';
import { line } from '../columns.ts';
import { heading, linesPage, type Page, plain, type Row } from '../page.ts';
import type { Place } from '../place.ts';

/** What a row of a branch is drawn with. */
interface Ground {
  path: TracePath;
  layout: Layout;
}

/** A trace: hop by hop, what happened there; where ways part, each under its share. Enter goes to the rule that decided. */
export function tracePage(original: TraceReport, layout: Layout): Page {
  const report = visibleReport(original);
  const { source, destination, paths, notes, gaps } = report;
  const remarks: [string, CellLike, string][] = [
    ...notes.map(({ severity, text }): [string, CellLike, string] => [
      'Notes',
      cell(severity === 'warning' ? '⚠' : '·', 'doubt'),
      text,
    ]),
    ...gaps.map(({ subject, why }): [string, CellLike, string] => [
      'Not known',
      cell('?', 'doubt'),
      `${subject}: ${why}`,
    ]),
  ];
  const shown = (title: string): Row[] => {
    const own = remarks.filter(([of]) => of === title);
    if (own.length === 0) return [];
    const lines = own.flatMap(([, sign, text]) =>
      hanging(['  ', typeof sign === 'string' ? cell(sign, 'plain') : sign, ' '], text, layout),
    );
    return [...heading(title, layout), ...lines.map(plain)];
  };
  return linesPage(`trace ${source.name} → ${destination.name}`, [
    ...paths.flatMap((path, index) => [...(index === 0 ? [] : [plain('')]), ...pathRows(path, report, layout)]),
    ...shown('Notes'),
    ...shown('Not known'),
  ]);
}

function pathRows(path: TracePath, { source, destination }: TraceReport, layout: Layout): Row[] {
  const ends = path.direction === 'reply' ? [destination, source] : [source, destination];
  const at = path.node === null ? '' : ` · from ${path.node}`;
  const reply = path.direction === 'reply' ? 'replies to ' : '';
  const title = `${reply}${packetWords(path.packet)} · ${ends.map(({ name }) => name).join(' → ')}${at}`;
  const once = (texts: string[]) => [...new Set(texts)];
  const unknown = once(path.outcomes.flatMap(outcome => outcome.unknown));
  const assumed = once(path.outcomes.flatMap(outcome => outcome.assumed));
  return [
    ...hanging('', cell(title, 'title'), layout).map(plain),
    ...branchRows(traceTree(path.outcomes), '  ', { path, layout }),
    ...unknown.flatMap(raw => hanging(['  ', cell('? not decided:', 'doubt'), ' '], raw, layout)).map(plain),
    ...assumed.flatMap(text => hanging(['  ', cell('assumed:', 'label'), ' '], text, layout)).map(plain),
  ];
}

function branchRows(nodes: readonly TraceNode[], indent: string, ground: Ground): Row[] {
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1)
    return [...nodeRows(only, indent, indent, '', ground), ...branchRows(only.next, indent, ground)];
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    const under = `${indent}${last ? '   ' : '│  '}`;
    return [
      ...nodeRows(node, `${indent}${last ? '└' : '├'} `, under, node.share, ground),
      ...branchRows(node.next, under, ground),
    ];
  });
}

/** A hop, or the part of it behind a fork: where it is, then a row for each thing that happened. */
function nodeRows(node: TraceNode, first: string, under: string, share: string, ground: Ground): Row[] {
  const { layout } = ground;
  const place = node.entered && node.hop !== null ? hopName(node.hop) : '';
  const head = [share === '' ? '' : paint(share, 'title', layout), paint(place, 'title', layout)];
  const text = head.filter(part => part !== '').join(' · ');
  const hop: Place | null = node.entered && node.hop !== null ? placeOf(node.hop) : null;
  return [
    ...(text === '' ? [] : [{ text: `${first}${text}`, to: hop, raw: null }]),
    ...node.tokens.map(token => tokenRow(token, node, `${under}  `, ground)),
  ];
}

function tokenRow(token: Token, { hop }: TraceNode, indent: string, { path, layout }: Ground): Row {
  const [step] = token.steps;
  const where = step === undefined ? '' : ruleWords(step);
  const width = Math.max(1, layout.width - indent.length);
  const side = Math.min(where.length, Math.floor(width / 3));
  const cells: CellLike[] = [
    cell(token.meaning === 'name' ? `→ ${token.text}` : token.text, token.meaning),
    ...(side === 0 ? [] : [cell(where, 'label')]),
  ];
  const widths = side === 0 ? [width] : [width - side - 2, side];
  const to = hop?.place === 'node' && hop.name !== null && step !== undefined ? ruleOf(step, hop.name, path) : null;
  return { text: `${indent}${line(cells, widths, layout)}`, to, raw: step?.raw ?? null };
}

/** Where a step's rule stands. */
function ruleWords({ chain, line: number, handle }: TraceStep): string {
  if (chain === null) return '';
  const at = number !== null ? `:${number}` : handle !== null ? ` handle ${handle}` : '';
  return `${chain}${at}`;
}

/** The rule that decided, in its chain. */
function ruleOf({ file, table, chain, line: number, handle }: TraceStep, node: string, path: TracePath): Place | null {
  if (file === null || table === null || chain === null) return null;
  const family = path.family === 'IPv4' ? 'ip' : 'ip6';
  return { kind: 'chain', node, table: { file, family, name: table }, chain, line: number, handle };
}

/** The page of a hop's pod or node. */
function placeOf({ place, name }: TraceHop): Place | null {
  if (name === null || (place !== 'pod' && place !== 'node')) return null;
  if (place === 'node') return { kind: 'node', node: name };
  const slash = name.indexOf('/');
  return { kind: 'pod', namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}
