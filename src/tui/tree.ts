import { leadsOf } from '../analyse/chains/leads.ts';
import type { ClusterList } from '../model/cluster-list.ts';
import type { Chain, Table } from '../model/rules.ts';
import { chainWords, shortMeaning } from './chain-words.ts';
import { documentOf, type NodeDocument } from './documents.ts';
import { tableOf } from './pages/node.ts';
import { ownerOf } from './pages/rules.ts';
import type { Place } from './place.ts';
import { type Frame, frameAt, type State } from './state.ts';

type ChainPlace = Extract<Place, { kind: 'chain' }>;

/** A chain in the tree beside the rules. */
export interface TreeRow {
  text: string;
  /** The chains from a root down to this one; null: a remark. */
  path: readonly string[] | null;
}

/** The chains of a table: the base chains, and what those on the user's way lead to. */
export interface Tree {
  title: string;
  rows: readonly TreeRow[];
  /** The row of the chain that the user is on. */
  cursor: number;
}

/** A chain with more rules leads to more chains than a tree can show. */
const most = 200;

/** The tree beside the current place; null: the place is not in a table, or not there. */
export function treeOf(state: State): Tree | null {
  const way = chainWay(state.way);
  if (way === null) return null;
  const { node, table: ref } = way.place;
  const document = documentOf(state.documents, 'node', { kind: 'node', node });
  const table = document === null ? undefined : tableOf(document, ref);
  if (document === null || table === undefined) return null;
  const key = JSON.stringify([ref, way.path]);
  const known = grown.find(each => each.document === document && each.key === key);
  if (known !== undefined) return known.tree;
  const cluster = documentOf(state.documents, 'cluster', { kind: 'cluster', list: 'nodes' })?.list ?? null;
  const tree = grow({ document, cluster, table, path: way.path });
  grown.unshift({ document, key, tree });
  grown.length = Math.min(grown.length, 4);
  return tree;
}

/** The last few trees. */
const grown: { document: NodeDocument; key: string; tree: Tree }[] = [];

function grow(ground: Ground): Tree {
  const { table, path } = ground;
  const roots = rootsOf(table);
  const [first = ''] = path;
  const all = roots.includes(first) ? roots : [...roots, first];
  const rows = all.flatMap(name => branch(ground, [name]));
  const cursor = rows.findIndex(row => row.path !== null && row.path.join(' ') === path.join(' '));
  return { title: `${table.family} ${table.name}`, rows, cursor: Math.max(0, cursor) };
}

const knownRoots = new WeakMap<Table, string[]>();

/** The base chains of a table, which may have a hundred thousand others. */
function rootsOf(table: Table): string[] {
  const known = knownRoots.get(table);
  if (known !== undefined) return known;
  const roots = [...table.chains.values()].filter(({ base }) => base !== null).map(({ name }) => name);
  knownRoots.set(table, roots);
  return roots;
}

interface Ground {
  document: NodeDocument;
  cluster: ClusterList | null;
  table: Table;
  path: readonly string[];
}

function branch(ground: Ground, at: readonly string[]): TreeRow[] {
  const { document, cluster, table, path } = ground;
  const name = at.at(-1) ?? '';
  const indent = '  '.repeat(at.length - 1);
  const about = shortMeaning(document.meaning(table, name), address => ownerOf(address, cluster));
  const own: TreeRow = { text: `${indent}${chainWords(name, about)}`, path: at };
  const chain = table.chains.get(name);
  if (chain === undefined || !at.every((each, index) => each === path[index])) return [own];
  const next = path[at.length];
  const children = chain.rules.length > most ? [] : childrenOf(chain, table);
  const shown = next === undefined || children.includes(next) ? children : [...children, next];
  const more = chain.rules.length > most ? [{ text: `${indent}  … ${chain.rules.length} rules`, path: null }] : [];
  return [own, ...shown.filter(child => !at.includes(child)).flatMap(child => branch(ground, [...at, child])), ...more];
}

function childrenOf({ rules }: Chain, table: Table): string[] {
  const names = Array.from({ length: rules.length }, (_, index) => leadsOf(rules.at(index)).chains).flat();
  return [...new Set(names)].filter(name => table.chains.has(name));
}

/** The chains that the user came by, in one table, up to the current place. */
function chainWay(way: readonly Frame[]): { place: ChainPlace; path: string[]; from: number } | null {
  let from = way.length;
  let place: ChainPlace | null = null;
  const path: string[] = [];
  for (let at = way.length - 1; at >= 0; at--) {
    const each = way[at]?.place;
    if (each === undefined || !('table' in each)) break;
    if (place !== null && (each.node !== place.node || JSON.stringify(each.table) !== JSON.stringify(place.table)))
      break;
    if (each.kind !== 'chain') {
      if (each.kind === 'table') break;
      continue;
    }
    place ??= each;
    if (path[0] !== each.chain) path.unshift(each.chain);
    from = at;
  }
  return place === null ? null : { place, path, from };
}

/** Moves to the chain that is so many rows further in the tree; the way is then the way down the tree. */
export function moveInTree(state: State, by: number): State {
  const tree = treeOf(state);
  const way = chainWay(state.way);
  if (tree === null || way === null) return state;
  const places = tree.rows.map((row, index) => ({ row, index })).filter(({ row }) => row.path !== null);
  const at = places.findIndex(({ index }) => index === tree.cursor);
  const to = places[Math.min(places.length - 1, Math.max(0, at + by))]?.row.path;
  if (to == null) return state;
  const { node, table } = way.place;
  const frames = to.map(chain => {
    const kept = state.way.slice(way.from).find(({ place }) => place.kind === 'chain' && place.chain === chain);
    return kept ?? frameAt({ kind: 'chain', node, table, chain });
  });
  return { ...state, way: [...state.way.slice(0, way.from), ...frames] };
}
