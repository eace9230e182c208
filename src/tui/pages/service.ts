import type { Frontend, RuleBranch, ServiceOnNode, ServiceReport } from '../../model/service-report.ts';
import { cell, type Layout, paint } from '../../render/layout.ts';
import { gapLines } from '../../render/sections.ts';
import { differenceLines, frontKind, frontWords, serviceLines } from '../../render/service.ts';
import { asking, effectWords, percent } from '../../render/service-tree.ts';
import { visibleReport } from '../../render/visible-report.ts';
import { line } from '../columns.ts';
import { heading, linesPage, type Page, plain, type Row } from '../page.ts';
import type { Place, TableRef } from '../place.ts';
import { podPlace } from './rules.ts';

/** A service: what it is, its endpoints, and on each node the tree of its rules; each rule leads on. */
export function servicePage(original: ServiceReport, layout: Layout): Page {
  const report = visibleReport(original);
  const gaps = gapLines(report.gaps, layout);
  return linesPage(`service ${report.service.namespace}/${report.service.name}`, [
    ...serviceLines(report, layout).slice(1).map(plain),
    ...report.nodes.flatMap(node => nodeRows(node, report, layout)),
    ...(gaps.length === 0 ? [] : [...heading('Not known', layout), ...gaps.map(plain)]),
  ]);
}

function nodeRows(node: ServiceOnNode, { time }: ServiceReport, layout: Layout): Row[] {
  const backends = node.backends.length === 0 ? 'no rules for it' : node.backends.join(', ');
  const title = paint(`${node.node} · ${backends}`, 'title', layout);
  return [
    plain(''),
    { text: title, to: { kind: 'node', node: node.node }, raw: null },
    ...differenceLines(node, time, layout).map(plain),
    ...node.frontends.flatMap(front => frontRows(front, node.node, layout)),
  ];
}

function frontRows(front: Frontend, node: string, layout: Layout): Row[] {
  const head = `  ${paint(frontWords(front), 'name', layout)}  ${frontKind(front)}`;
  const fromNode = front.fromNode ?? [];
  return [
    plain(head),
    ...(front.branches.length === 0 ? [plain(paint('    no rule takes it', 'label', layout))] : []),
    ...front.branches.flatMap(branch => branchRows(branch, { front, node, depth: 0 }, layout)),
    ...(fromNode.length === 0 ? [] : [plain(paint('    from the node itself:', 'label', layout))]),
    ...fromNode.flatMap(branch => branchRows(branch, { front, node, depth: 0 }, layout)),
  ];
}

function branchRows(
  branch: RuleBranch,
  at: { front: Frontend; node: string; depth: number; split?: boolean },
  layout: Layout,
): Row[] {
  const { front, node, depth, split = false } = at;
  const marks = branch.effect.kind === 'masquerade-mark';
  const odds = split && !marks ? `${percent(branch.share).padStart(6)}  ` : '';
  const otherwise = split && branch.chance === null && branch.when.length === 0 ? 'otherwise' : '';
  const head = depth === 0 ? `${branch.table ?? ''} ${branch.chain} `.trimStart() : '';
  const words = `${'  '.repeat(depth + 2)}${odds}${head}${asking(branch, otherwise)}${effectWords(branch)}`;
  const below = branch.branches.some(({ chance }) => chance !== null);
  return [
    {
      text: line([marks ? cell(words, 'label') : words], [layout.width], layout),
      to: leadOf(branch, front, node),
      raw: null,
    },
    ...branch.branches.flatMap(next => branchRows(next, { front, node, depth: depth + 1, split: below }, layout)),
  ];
}

/** The chain that a rule leads to, with the cursor on the rule that takes packets further there; or the pod. */
function leadOf(
  { effect, table, file, branches, line: own, handle, chain }: RuleBranch,
  front: Frontend,
  node: string,
) {
  const ref: TableRef = { file, family: front.family === 'IPv4' ? 'ip' : 'ip6', name: table ?? '' };
  const next = branches.find(branch => branch.effect.kind !== 'masquerade-mark');
  switch (effect.kind) {
    case 'jump':
    case 'goto':
      return {
        kind: 'chain',
        node,
        table: ref,
        chain: effect.chain,
        line: next?.line ?? null,
        handle: next?.handle ?? null,
      } satisfies Place;
    case 'endpoint':
      return effect.endpoint.pod === null ? null : podPlace(effect.endpoint.pod);
    case 'virtual-server':
      return { kind: 'ipvs', node } satisfies Place;
    default:
      return table === null ? null : ({ kind: 'chain', node, table: ref, chain, line: own, handle } satisfies Place);
  }
}
