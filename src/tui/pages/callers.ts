import { callersOf } from '../../analyse/chains/view.ts';
import type { Table } from '../../model/rules.ts';
import type { Layout } from '../../render/layout.ts';
import { list } from '../../render/words.ts';
import type { NodeDocument } from '../documents.ts';
import { listPage, type Page } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';

/** The rules and map elements that lead to a chain. */
export function callersPage({ report }: NodeDocument, table: Table, chain: string, layout: Layout): Page {
  const callers = callersOf(table, chain);
  const on = { node: report.node.name, table: refOf(table) };
  return listPage(
    callers.length === 0 ? `no rule leads to ${chain}` : `who leads to ${chain} (${callers.length})`,
    ['FROM', 'RULE', 'WHEN'],
    callers.map(({ chain: from, map, number, line, handle, when }) => {
      const to: Place =
        from === null ? { kind: 'map', ...on, map: map ?? '' } : { kind: 'chain', ...on, chain: from, line, handle };
      return { cells: [from ?? `@${map}`, number === null ? '' : String(number), list(when)], to };
    }),
    layout,
  );
}
