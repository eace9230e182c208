import { tableView } from '../../analyse/chains/view.ts';
import type { Chain, Table } from '../../model/rules.ts';
import { hookWords, meaningWords } from '../../render/chains.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { searchText } from '../chain-words.ts';
import { fitted, line } from '../columns.ts';
import type { NodeDocument } from '../documents.ts';
import { headLine, type Page, type Row, widest } from '../page.ts';
import { refOf } from './node.ts';

const heads = ['CHAIN', 'RULES', 'HOOK', 'FOR'];

/** A table: its chains, then its sets and maps. Names beside hashes are found for the rows on the screen alone. */
export function tablePage({ report, meaning }: NodeDocument, table: Table, layout: Layout): Page {
  const node = report.node.name;
  const chains = [...table.chains.values()];
  const sets = [...table.sets.values()];
  const name = widest([...table.chains.keys(), ...[...table.sets.keys()].map(set => `@${set}`)]);
  const hook = widest(chains.map(({ base }) => (base === null ? '' : `${base.hook} ${base.type} ${base.priority}  `)));
  const about = Math.max(12, Math.min(44, layout.width - name - hook - 14));
  const widths = fitted([name, 7, Math.max(4, hook), about], layout.width);
  const ref = refOf(table);
  const chainRow = (chain: Chain): Row => {
    const [summary] = tableView(table, meaning, [chain]).chains;
    const where = summary?.hook ? `${hookWords(summary)} ${summary.hook.priority}` : '';
    const cells = [cell(chain.name, 'name'), String(chain.rules.length), where, meaningWords(summary?.meaning ?? null)];
    return {
      text: line(cells, widths, layout),
      to: { kind: 'chain', node, table: ref, chain: chain.name },
      raw: chain.source.raw,
    };
  };
  return {
    title: `${table.family} ${table.name} · ${table.backend}${table.dormant ? ' · dormant: not in use' : ''}`,
    head: headLine(heads, widths, layout),
    length: chains.length + sets.length,
    start: 0,
    row(index) {
      const chain = chains[index];
      if (chain !== undefined) return chainRow(chain);
      const set = sets[index - chains.length];
      const elements = set?.elements === null ? '?' : String(set?.elements?.length ?? 0);
      const cells = [cell(`@${set?.name}`, 'name'), elements, '', set?.type ?? ''];
      return {
        text: line(cells, widths, layout),
        to: set?.name == null ? null : { kind: 'map', node, table: ref, map: set.name },
        raw: set?.source.raw ?? null,
      };
    },
    text(index) {
      const chain = chains[index];
      return chain === undefined ? `@${sets[index - chains.length]?.name}` : searchText(chain, table, meaning);
    },
  };
}
