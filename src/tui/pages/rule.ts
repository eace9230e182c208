import { watchedChain } from '../../analyse/chains/watch.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import type { Table } from '../../model/rules.ts';
import { cell, hanging, type Layout } from '../../render/layout.ts';
import { fields } from '../../render/sections.ts';
import { visible } from '../../render/visible.ts';
import { list } from '../../render/words.ts';
import type { NodeDocument } from '../documents.ts';
import { heading, linesPage, type Page, plain } from '../page.ts';
import { showRule } from './rules.ts';

/** One rule: what it asks and does, where it leads, and how the tool printed it. */
export function rulePage(
  document: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  chain: string,
  index: number,
  layout: Layout,
): Page | null {
  const shown = showRule(document, cluster, table, chain, index);
  if (shown === null) return null;
  const { detail, effect, raw, leads } = shown;
  const where = detail.line !== null ? `line ${detail.line}` : detail.handle !== null ? `handle ${detail.handle}` : '';
  const { counters } = detail;
  const own = table.chains.get(chain);
  const rate =
    document.watch == null || own === undefined ? null : watchedChain(table, own, document.watch).rate(index);
  const perSecond = rate === null ? '' : `, ${Math.round(rate * 10) / 10} packets/s`;
  const pairs: [string, string][] = [
    ['Asks', list(detail.when, 'nothing: every packet')],
    ['Does', effect === '' ? 'nothing: it counts only' : effect],
    [
      'Counters',
      counters === null ? 'not printed' : `${counters.packets} packets, ${counters.bytes} bytes${perSecond}`,
    ],
    ['Comment', detail.comment ?? ''],
    ['Stands in', `${table.file} ${where}`],
  ];
  return linesPage(`${chain}, rule ${detail.number}`, [
    ...fields(
      pairs.filter(([, text]) => text !== '').map(([label, text]) => [label, visible(text)] as const),
      layout,
    ).map(plain),
    ...(detail.opaque ? hanging('  ', cell('? part of it is not modelled', 'doubt'), layout).map(plain) : []),
    ...(leads.length === 0 ? [] : heading('Leads to', layout)),
    ...leads.map(({ words, to }) => ({ text: `  → ${visible(words)}`, to, raw: null })),
    ...heading('As printed', layout),
    ...hanging('  ', visible(raw, 'nothing'), layout).map(plain),
  ]);
}
