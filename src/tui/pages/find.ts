import type { Table } from '../../model/rules.ts';
import { meaningWords } from '../../render/chains.ts';
import { type CellLike, cell, type Layout } from '../../render/layout.ts';
import { list } from '../../render/words.ts';
import { searchText } from '../chain-words.ts';
import { fitted, line } from '../columns.ts';
import { type Documents, documentOf, type NodeDocument } from '../documents.ts';
import { headLine, type Page } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';

/** Something that can be jumped to. */
interface Hit {
  kind: string;
  name: string;
  /** Where it is, what addresses it has, what it is for. */
  about: string;
  /** What a filter looks at. */
  text: string;
  to: Place;
}

/** Things of one kind, made when they are looked at: there may be a hundred thousand chains. */
interface Shelf {
  length: number;
  at(index: number): Hit;
}

const heads = ['KIND', 'NAME', ''];

/** All that has a name or an address: of the API the lists, of nodes that were looked at the chains and sets. */
export function findPage(documents: Documents, of: 'everything' | 'chains', node: string | null, layout: Layout): Page {
  const shelves = [...(of === 'chains' ? [] : listed(documents)), ...chainsOf(documents, node)];
  const kind = 'service'.length;
  const name = Math.max(12, Math.floor((layout.width - kind) * 0.45));
  const widths = fitted([kind, name, layout.width - kind - name - 4], layout.width);
  const hitAt = (index: number): Hit | undefined => {
    let at = index;
    for (const shelf of shelves) {
      if (at < shelf.length) return shelf.at(at);
      at -= shelf.length;
    }
    return undefined;
  };
  return {
    title: of === 'chains' ? 'go to a chain' : 'go to a name or an address',
    head: headLine(heads, widths, layout),
    length: shelves.reduce((sum, { length }) => sum + length, 0),
    start: 0,
    row(index) {
      const hit = hitAt(index);
      const cells: CellLike[] = hit === undefined ? [] : [cell(hit.kind, 'label'), cell(hit.name, 'name'), hit.about];
      return { text: line(cells, widths, layout), to: hit?.to ?? null, raw: null };
    },
    text: index => hitAt(index)?.text ?? '',
    rank: (index, word) => rankOf(hitAt(index), word),
  };
}

/** The best first: the very name or address, what begins with the word, all else. */
function rankOf(hit: Hit | undefined, word: string): number {
  const names = hit?.name.toLowerCase().split('/') ?? [];
  if (names.includes(word) || names.join('/') === word) return 0;
  if (hit?.about.toLowerCase().split(', ').includes(word)) return 0;
  return names.some(name => name.startsWith(word)) ? 1 : 2;
}

function shelf<T>(things: readonly T[], hit: (thing: T) => Omit<Hit, 'text'> & { text?: string }): Shelf {
  return {
    length: things.length,
    at(index) {
      const made = hit(things[index] as T);
      return { ...made, text: made.text ?? `${made.name} ${made.about}` };
    },
  };
}

function listed(documents: Documents): Shelf[] {
  const cluster = documentOf(documents, 'cluster', { kind: 'cluster', list: 'nodes' })?.list;
  if (cluster === undefined) return [];
  return [
    shelf(cluster.nodes, ({ name, ips }) => ({
      kind: 'node',
      name,
      about: list(ips),
      to: { kind: 'node', node: name },
    })),
    shelf(cluster.services, ({ namespace, name, clusterIPs, ports }) => ({
      kind: 'service',
      name: `${namespace}/${name}`,
      about: list([...clusterIPs, ...ports]),
      to: { kind: 'service', namespace, name },
    })),
    shelf(cluster.pods, ({ namespace, name, ips, node }) => ({
      kind: 'pod',
      name: `${namespace}/${name}`,
      about: list([...ips, ...(node === null ? [] : [`on ${node}`])]),
      to: { kind: 'pod', namespace, name },
    })),
  ];
}

/** Of the nodes that are there, the one that the user is on first. */
function chainsOf(documents: Documents, first: string | null): Shelf[] {
  const nodes = [...documents.values()].flatMap(loaded =>
    loaded.state === 'ready' && loaded.document.kind === 'node' ? [loaded.document] : [],
  );
  const own = (document: NodeDocument) => (document.report.node.name === first ? 0 : 1);
  return nodes.sort((a, b) => own(a) - own(b)).flatMap(chainsOn);
}

function chainsOn({ report, rules, meaning }: NodeDocument): Shelf[] {
  const node = report.node.name;
  // A name that several tables have is mostly looked for in nat.
  const order = ({ name, family }: Table) => (name === 'nat' ? 0 : 2) + (family === 'ip6' ? 1 : 0);
  return [...rules.tables]
    .sort((a, b) => order(a) - order(b))
    .flatMap(table => {
      const where = `${node} ${table.family} ${table.name}`;
      const chains = shelf([...table.chains.values()], chain => {
        const about = meaningWords(meaning(table, chain.name, true));
        return {
          kind: 'chain',
          name: chain.name,
          about: list([where, about].filter(text => text !== '')),
          text: `${where} ${searchText(chain, table, meaning)}`,
          to: { kind: 'chain', node, table: refOf(table), chain: chain.name },
        };
      });
      const sets = shelf([...table.sets.keys()], map => ({
        kind: 'set',
        name: `@${map}`,
        about: where,
        to: { kind: 'map', node, table: refOf(table), map },
      }));
      return [chains, sets];
    });
}
