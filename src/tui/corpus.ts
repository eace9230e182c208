import type { Page } from './page.ts';

/** The texts of all rows of a page in one string, in lower case, a line each: searching it is quick however many they are. */
export interface Corpus {
  text: string;
  /** Where each row begins, and where the last one ends. */
  starts: Uint32Array;
}

const built = new WeakMap<Page, Corpus>();

/** The texts of a page; they are put together once. */
export function corpusOf(page: Page): Corpus {
  const known = built.get(page);
  if (known !== undefined) return known;
  const starts = new Uint32Array(page.length + 1);
  const rows: string[] = [];
  for (let row = 0, at = 0; row < page.length; row++) {
    const text = page.text(row).toLowerCase().replaceAll('\n', ' ');
    rows.push(text);
    at += text.length + 1;
    starts[row + 1] = at;
  }
  const corpus = { text: rows.join('\n'), starts };
  built.set(page, corpus);
  return corpus;
}

/** So few rows are looked at one by one. */
const few = 2000;

/** The rows, of those given, that have a word; it is in lower case. */
export function rowsWith(corpus: Corpus, word: string, among: readonly number[] | null): readonly number[] {
  const { text, starts } = corpus;
  if (among !== null && among.length <= few)
    return among.filter(row => text.slice(starts[row], starts[row + 1]).includes(word));
  const rows: number[] = [];
  let row = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, starts[row])) {
    while ((starts[row + 1] ?? text.length) <= at) row++;
    rows.push(row);
    row++;
    if (row >= starts.length - 1) break;
  }
  if (among === null) return rows;
  const wanted = new Set(among);
  return rows.filter(each => wanted.has(each));
}

const space = 32;

/** The rows, of those given, that have the letters of a word, in order, in one word of theirs. */
export function rowsNear({ text, starts }: Corpus, word: string, among: readonly number[] | null): readonly number[] {
  const letters = Array.from({ length: word.length }, (_, at) => word.charCodeAt(at));
  const isNear = (row: number): boolean => {
    let next = 0;
    const end = starts[row + 1] ?? text.length;
    for (let at = starts[row] ?? 0; at < end; at++) {
      const letter = text.charCodeAt(at);
      if (letter === letters[next]) next++;
      else if (letter === space) next = 0;
      if (next === letters.length) return true;
    }
    return false;
  };
  return (among ?? Array.from({ length: starts.length - 1 }, (_, row) => row)).filter(isNear);
}
