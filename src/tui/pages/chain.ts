import { tableView } from '../../analyse/chains/view.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import type { Chain, Table } from '../../model/rules.ts';
import { hookWords, meaningWords } from '../../render/chains.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { list } from '../../render/words.ts';
import { fitted, line } from '../columns.ts';
import type { NodeDocument } from '../documents.ts';
import { headLine, type Page } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';
import { showRule } from './rules.ts';

const heads = ['#', 'PACKETS', 'MATCH', 'EFFECT'];

/** A chain's rules in words: only those on the screen are read. */
export function chainPage(
  document: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  chain: Chain,
  at: { line?: number | null; handle?: number | null },
  layout: Layout,
): Page {
  const { rules } = chain;
  const free = Math.max(20, layout.width - String(rules.length).length - 8 - 6);
  const match = Math.floor(free * 0.38);
  const widths = fitted([String(rules.length).length, 8, match, free - match], layout.width);
  const [summary] = tableView(table, document.meaning, [chain]).chains;
  const about = [
    chain.name,
    summary?.hook ? `${hookWords(summary)} at ${summary.hook.priority}, policy ${summary.hook.policy}` : '',
    meaningWords(summary?.meaning ?? null),
  ];
  const node = document.report.node.name;
  const place = (index: number): Place => ({ kind: 'rule', node, table: refOf(table), chain: chain.name, index });
  return {
    title: about.filter(text => text !== '').join(' · '),
    head: headLine(heads, widths, layout),
    length: rules.length,
    start: startAt(chain, at),
    row(index) {
      const shown = showRule(document, cluster, table, chain.name, index);
      if (shown === null) return { text: '', to: null, raw: null };
      const { detail, effect, leads, raw } = shown;
      const cells = [
        String(detail.number),
        detail.counters?.packets ?? '',
        list(detail.when),
        detail.opaque ? cell(effect, 'doubt') : effect,
      ];
      const [only, more] = leads;
      const own = place(index);
      return { text: line(cells, widths, layout), to: more === undefined ? (only?.to ?? own) : own, detail: own, raw };
    },
    text: index => rules.source(index).raw,
  };
}

/** The rule that stands in that line or has that handle, else the first. */
function startAt({ rules }: Chain, at: { line?: number | null; handle?: number | null }): number {
  if (at.line == null && at.handle == null) return 0;
  for (let index = 0; index < rules.length; index++) {
    const source = rules.source(index);
    if (at.line == null ? source.handle === at.handle : source.line === at.line) return index;
  }
  return 0;
}
