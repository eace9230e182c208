import type { PacketInput, TraceStep } from '../model/trace.ts';
import type { TraceHop, TracePath, TraceReport } from '../model/trace-report.ts';
import { cell, hanging, type Layout } from './layout.ts';
import { type TraceNode, traceTree } from './trace-tree.ts';
import type { Token } from './trace-words.ts';
import { visibleReport } from './visible-report.ts';
import { endpoint } from './words.ts';

/** The report for people: one line a hop, branches with their share, the steps' rules where the report has them. */
export function traceText(unsafe: TraceReport, layout: Layout): string {
  const report = visibleReport(unsafe);
  const lines = report.paths.flatMap(path => [...pathLines(path, report, layout), '']);
  const notes = report.notes.flatMap(note =>
    hanging(['', cell(note.severity === 'warning' ? '⚠' : '·', 'doubt'), ' '], note.text, layout),
  );
  const gaps = report.gaps.flatMap(({ subject, why }) =>
    hanging(['', cell('?', 'doubt'), ' '], `${subject}: ${why}`, layout),
  );
  const end = [...notes, ...gaps];
  return `${[...lines.slice(0, end.length === 0 ? -1 : undefined), ...end].join('\n')}\n`;
}

/** `10.0.1.2 → 10.96.0.1:80/tcp`. */
export function packetWords({ source, sourcePort, destination, port, protocol }: PacketInput): string {
  return `${endpoint(source, sourcePort ?? null)} → ${endpoint(destination, port ?? null)}/${protocol}`;
}

function pathLines(path: TracePath, { source, destination }: TraceReport, layout: Layout): string[] {
  const ends = path.direction === 'reply' ? [destination, source] : [source, destination];
  const named = ends.some(({ kind }) => kind !== 'address') ? ` · ${ends.map(({ name }) => name).join(' → ')}` : '';
  const at = path.node === null ? '' : ` · from ${path.node}`;
  const reply = path.direction === 'reply' ? 'replies to ' : '';
  const head = hanging('', cell(`${reply}${packetWords(path.packet)}${named}${at}`, 'title'), layout);
  const assumed = [...new Set(path.outcomes.flatMap(outcome => outcome.assumed))];
  const unknown = [...new Set(path.outcomes.flatMap(outcome => outcome.unknown))];
  return [
    ...head,
    ...branchLines(traceTree(path.outcomes), '  ', layout),
    ...unknown.flatMap(raw => hanging(['  ', cell('? not decided:', 'doubt'), ' '], raw, layout)),
    ...assumed.flatMap(text => hanging(['  ', cell('assumed:', 'label'), ' '], text, layout)),
  ];
}

/** Where the ways part, each stands under its share, indented. */
function branchLines(nodes: readonly TraceNode[], indent: string, layout: Layout): string[] {
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1)
    return [...nodeLines(only, indent, indent, '', layout), ...branchLines(only.next, indent, layout)];
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    const under = `${indent}${last ? '   ' : '│  '}`;
    return [
      ...nodeLines(node, `${indent}${last ? '└' : '├'} `, under, node.share, layout),
      ...branchLines(node.next, under, layout),
    ];
  });
}

function nodeLines(node: TraceNode, first: string, under: string, share: string, layout: Layout): string[] {
  const place = node.entered && node.hop !== null ? hopName(node.hop) : '';
  const parts: Token[] = [
    ...(share === '' ? [] : [{ text: share, meaning: 'title' as const, steps: [] }]),
    ...(place === '' ? [] : [{ text: place, meaning: 'plain' as const, steps: [] }]),
    ...node.tokens,
  ];
  const text = parts.map(part => part.text).join(' · ');
  const meaning = parts.at(-1)?.meaning ?? 'plain';
  const following = `${under}  `;
  const narrow = { ...layout, width: layout.width - Math.max(0, following.length - first.length) };
  const lines = hanging(first, meaning === 'name' ? text : cell(text, meaning), narrow).map((line, index) =>
    index === 0 ? line : following + line.slice(first.length),
  );
  const steps = node.tokens.flatMap(token => token.steps);
  const rules = steps.filter((step, index) => steps.findIndex(other => other.raw === step.raw) === index);
  return [...lines, ...rules.flatMap(step => evidence(step, following, layout))];
}

/** Where a hop is, in words. */
export function hopName({ place, name, in: input, lookedAt, carrier }: TraceHop): string {
  const by = input === null ? '' : ` in by ${input}`;
  switch (place) {
    case 'rules':
      return `rules${by}`;
    case 'network':
      return 'network';
    case 'pod':
      return `pod ${name}${by}`;
    case 'node':
      return `${name}${by}${lookedAt ? '' : ' (not looked at)'}${carrier === null ? '' : ` · carried in ${carrier}`}`;
    default:
      return place satisfies never;
  }
}

/** The rule that stands behind a step; only in a report with evidence. */
function evidence(step: TraceStep, indent: string, layout: Layout): string[] {
  if (step.raw === undefined) return [];
  const at = step.line === null ? (step.handle === null ? '' : ` handle ${step.handle}`) : `:${step.line}`;
  return hanging([indent, cell('╎', 'label'), ' '], `${step.file ?? ''}${at} ${step.raw}`.trim(), layout);
}
