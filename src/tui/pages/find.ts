import type { Table } from '../../model/rules.ts';
import { meaningWords } from '../../render/chains.ts';
import { type CellLike, cell, type Layout } from '../../render/layout.ts';
import { list } from '../../render/words.ts';
import { fitted, line } from '../columns.ts';
import { type Documents, documentOf, type NodeDocument } from '../documents.ts';
import { headLine, type Page, widest } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';

/** Something that can be jumped to; its words are made when they are looked at. */
interface Hit {
  kind: string;
  name: string;
  /** Where it is, what addresses it has, what it is for. */
  about(): string;
  to: Place;
}

const heads = ['KIND', 'NAME', ''];

/** All that has a name or an address: of the API the lists, of nodes that were looked at the chains and sets. */
export function findPage(documents: Documents, of: 'everything' | 'chains', node: string | null, layout: Layout): Page {
  const hits = [...(of === 'chains' ? [] : listed(documents)), ...chainsOf(documents, node)];
  const kind = widest(hits.length === 0 ? [] : ['service', ...(of === 'chains' ? ['chain'] : [])]);
  const name = Math.max(12, Math.floor((layout.width - kind) * 0.45));
  const widths = fitted([kind, name, layout.width - kind - name - 4], layout.width);
  const textOf = (hit: Hit | undefined) => (hit === undefined ? '' : `${hit.name} ${hit.about()}`);
  return {
    title: of === 'chains' ? 'go to a chain' : 'go to a name or an address',
    head: headLine(heads, widths, layout),
    length: hits.length,
    start: 0,
    row(index) {
      const hit = hits[index];
      const cells: CellLike[] = hit === undefined ? [] : [cell(hit.kind, 'label'), cell(hit.name, 'name'), hit.about()];
      return { text: line(cells, widths, layout), to: hit?.to ?? null, raw: null };
    },
    text: index => textOf(hits[index]),
    rank: (index, word) => rankOf(hits[index], word),
  };
}

/** The best first: the very name or address, what begins with the word, all else. */
function rankOf(hit: Hit | undefined, word: string): number {
  const names = hit?.name.toLowerCase().split('/') ?? [];
  if (names.includes(word) || names.join('/') === word) return 0;
  if (hit?.about().toLowerCase().split(', ').includes(word)) return 0;
  return names.some(name => name.startsWith(word)) ? 1 : 2;
}

function listed(documents: Documents): Hit[] {
  const cluster = documentOf(documents, 'cluster', { kind: 'cluster', list: 'nodes' })?.list;
  if (cluster === undefined) return [];
  return [
    ...cluster.nodes.map(({ name, ips }) => ({
      kind: 'node',
      name,
      about: () => list(ips),
      to: { kind: 'node', node: name } as const,
    })),
    ...cluster.services.map(({ namespace, name, clusterIPs, ports }) => ({
      kind: 'service',
      name: `${namespace}/${name}`,
      about: () => list([...clusterIPs, ...ports]),
      to: { kind: 'service', namespace, name } as const,
    })),
    ...cluster.pods.map(({ namespace, name, ips, node }) => ({
      kind: 'pod',
      name: `${namespace}/${name}`,
      about: () => list([...ips, ...(node === null ? [] : [`on ${node}`])]),
      to: { kind: 'pod', namespace, name } as const,
    })),
  ];
}

/** Of the nodes that are there, the one that the user is on first. */
function chainsOf(documents: Documents, first: string | null): Hit[] {
  const nodes = [...documents.values()].flatMap(loaded =>
    loaded.state === 'ready' && loaded.document.kind === 'node' ? [loaded.document] : [],
  );
  const own = (document: NodeDocument) => (document.report.node.name === first ? 0 : 1);
  return nodes.sort((a, b) => own(a) - own(b)).flatMap(chainsOn);
}

function chainsOn({ report, rules, meaning }: NodeDocument): Hit[] {
  const node = report.node.name;
  // A name that several tables have is mostly looked for in nat.
  const order = ({ name, family }: Table) => (name === 'nat' ? 0 : 2) + (family === 'ip6' ? 1 : 0);
  return [...rules.tables]
    .sort((a, b) => order(a) - order(b))
    .flatMap(table => {
      const where = `${node} ${table.family} ${table.name}`;
      return [
        ...[...table.chains.keys()].map(chain => ({
          kind: 'chain',
          name: chain,
          about: () => list([where, meaningWords(meaning(table, chain))].filter(text => text !== '')),
          to: { kind: 'chain', node, table: refOf(table), chain } as const,
        })),
        ...[...table.sets.keys()].map(map => ({
          kind: 'set',
          name: `@${map}`,
          about: () => where,
          to: { kind: 'map', node, table: refOf(table), map } as const,
        })),
      ];
    });
}
