import { type Corpus, corpusOf, rowsNear, rowsWith } from './corpus.ts';
import type { Page } from './page.ts';

/** The rows of a page that a filter lets through. */
export interface Passing {
  /** Indexes into the page. */
  rows: readonly number[];
  /** No row has the words as they were typed: these have their letters, in that order. */
  loose: boolean;
}

interface Found extends Passing {
  filter: string;
  /** The rows in the page's order. */
  sorted: readonly number[];
}

const last = new WeakMap<Page, Found>();

/**
 * Rows that have every word of the filter, in any case; where there is none, rows that have the letters of each word in one
 * word of theirs (`kubsvc` finds KUBE-SVC-…). The rows of a chain keep their order, since it is what they mean; a page to
 * jump from ranks them.
 */
export function passing(page: Page, filter: string): Passing {
  const before = last.get(page);
  if (before?.filter === filter) return before;
  // Whoever types on narrows what is found.
  const from = before !== undefined && filter.startsWith(before.filter) ? before : null;
  const words = filter.toLowerCase().split(' ').filter(Boolean);
  const corpus = corpusOf(page);
  const exact = from?.loose ? [] : all(corpus, words, rowsWith, from?.sorted ?? null);
  const sorted = exact.length > 0 ? exact : all(corpus, words, rowsNear, from?.loose ? from.sorted : null);
  const loose = exact.length === 0 && sorted.length > 0;
  const found = { filter, loose, sorted, rows: ranked(page, sorted, words[0] ?? '') };
  last.set(page, found);
  return found;
}

type Search = (corpus: Corpus, word: string, among: readonly number[] | null) => readonly number[];

/** The rows that have all of the words. */
function all(corpus: Corpus, words: readonly string[], search: Search, among: readonly number[] | null) {
  let rows = among;
  for (const word of words) rows = search(corpus, word, rows);
  return rows ?? Array.from({ length: corpus.starts.length - 1 }, (_, row) => row);
}

/** So many rows are ranked at most: who sees more types on. */
const mostRanked = 5000;

function ranked(page: Page, rows: readonly number[], word: string): readonly number[] {
  const { rank } = page;
  if (rank === undefined || word === '' || rows.length > mostRanked) return rows;
  const groups = Map.groupBy(rows, index => rank(index, word));
  return [...groups.keys()].sort((a, b) => a - b).flatMap(key => groups.get(key) ?? []);
}
