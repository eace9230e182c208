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
  const exact = from?.loose ? [] : rowsWith(page, words.map(literal), from?.rows ?? null);
  const loose = exact.length === 0;
  const rows = loose ? rowsWith(page, words.map(scattered), from?.loose ? from.rows : null) : exact;
  const found = { filter, loose: loose && rows.length > 0, rows: ranked(page, rows, words[0] ?? '') };
  last.set(page, found);
  return found;
}

type Test = (text: string) => boolean;

function rowsWith(page: Page, words: readonly Test[], among: readonly number[] | null): number[] {
  const rows: number[] = [];
  const count = among?.length ?? page.length;
  for (let at = 0; at < count; at++) {
    const index = among?.[at] ?? at;
    const text = page.text(index);
    if (words.every(test => test(text))) rows.push(index);
  }
  return rows;
}

function literal(word: string): Test {
  const pattern = new RegExp(word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i');
  return text => pattern.test(text);
}

/** The letters of a word, in order, in one word of the text. */
function scattered(word: string): Test {
  return text => {
    let at = 0;
    for (const letter of text.toLowerCase()) {
      if (letter === ' ') at = 0;
      else if (letter === word[at]) at++;
      if (at === word.length) return true;
    }
    return false;
  };
}

function ranked(page: Page, rows: number[], word: string): number[] {
  const { rank } = page;
  if (rank === undefined || word === '') return rows;
  const groups = Map.groupBy(rows, index => rank(index, word));
  return [...groups.keys()].sort((a, b) => a - b).flatMap(key => groups.get(key) ?? []);
}
