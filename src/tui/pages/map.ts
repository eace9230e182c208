import { chainOf } from '../../analyse/chains/leads.ts';
import { dataWords, keyWords } from '../../analyse/chains/view.ts';
import type { NamedSet, SetElement, Table } from '../../model/rules.ts';
import type { Layout } from '../../render/layout.ts';
import { fitted, line } from '../columns.ts';
import type { NodeDocument } from '../documents.ts';
import { headLine, linesPage, type Page, plain } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';

const heads = ['KEY', 'EFFECT'];

/** An nft set or map, an element a row; a verdict's chain is followed. */
export function mapPage({ report }: NodeDocument, table: Table, set: NamedSet, layout: Layout): Page {
  const title = `@${set.name} · ${set.type}`;
  const { elements } = set;
  if (elements === null) return linesPage(title, [plain('? what is in it is not known')]);
  const key = Math.floor(layout.width * 0.45);
  const widths = fitted([key, layout.width - key - 2], layout.width);
  const words = (element: SetElement | undefined): [string, string] =>
    element === undefined ? ['', ''] : [keyWords(element, set, table.family), dataWords(element, table.family)];
  return {
    title,
    head: headLine(heads, widths, layout),
    length: elements.length,
    start: 0,
    row(index) {
      const element = elements[index];
      return {
        text: line(words(element), widths, layout),
        to: leadOf(element, report.node.name, table),
        raw: element?.source.raw ?? null,
      };
    },
    text: index => words(elements[index]).join(' '),
  };
}

function leadOf(element: SetElement | undefined, node: string, table: Table): Place | null {
  const data = element?.data ?? null;
  const [chain] = data !== null && 'kind' in data ? chainOf(data) : [];
  return chain === undefined ? null : { kind: 'chain', node, table: refOf(table), chain };
}
