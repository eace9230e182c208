import { chainsNamed } from '../../analyse/chains/select.ts';
import { tableView } from '../../analyse/chains/view.ts';
import { hookWords, meaningWords } from '../../render/chains.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { documentOf, type NodeDocument } from '../documents.ts';
import { linesPage, listPage, type Page, plain } from '../page.ts';
import { current, frameAt, type State } from '../state.ts';
import { refOf } from './node.ts';

/** The chains of a node that a name may mean. */
export function chainsPage({ report, rules, meaning }: NodeDocument, named: string, layout: Layout): Page {
  const node = report.node.name;
  const found = chainsNamed(rules, named);
  if (found.length === 0)
    return linesPage(named, [plain(`✗ no chain of ${node} is called ${named}`), plain('g: go to a chain')]);
  return listPage(
    `${named} (${found.length})`,
    ['FAMILY', 'TABLE', 'CHAIN', 'RULES', 'FOR'],
    found.map(({ table, chain }) => {
      const [summary] = tableView(table, meaning, [chain]).chains;
      const about = summary?.hook ? hookWords(summary) : meaningWords(summary?.meaning ?? null);
      return {
        cells: [table.family, table.name, cell(chain.name, 'name'), String(chain.rules.length), about],
        to: { kind: 'chain', node, table: refOf(table), chain: chain.name } as const,
      };
    }),
    layout,
  );
}

/** The state with the one chain that the current place names in its stead. */
export function settled(state: State): State {
  const { place } = current(state);
  if (place.kind !== 'chains') return state;
  const { node, named } = place;
  const document = documentOf(state.documents, 'node', { kind: 'node', node });
  const [only, more] = document === null ? [] : chainsNamed(document.rules, named);
  if (only === undefined || more !== undefined) return state;
  const { table, chain } = only;
  const to = frameAt({ kind: 'chain', node, table: refOf(table), chain: chain.name });
  return { ...state, way: [...state.way.slice(0, -1), to] };
}
