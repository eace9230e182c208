import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { UsageError } from '../../src/errors.ts';
import { recorded } from './fixture.ts';

const root = new URL('../parse/fixtures/', import.meta.url);
const texts = ['guest/ipset/', 'guest/ipvs/', 'iproute2/', 'node/', '../../app/fixtures/one-host/'].flatMap(folder =>
  readdirSync(new URL(folder, root))
    .filter(name => !name.endsWith('.sh'))
    .map(name => ({ name: `${folder}${name}`, text: readFileSync(new URL(`${folder}${name}`, root), 'utf8') })),
);

/** The same numbers for the same seed (Numerical Recipes' linear congruential generator). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pieces = [
  '',
  ' ',
  '\n',
  '"',
  '{',
  '}',
  ',',
  ':',
  '-',
  '/',
  '0',
  '99999999999',
  ' via ',
  ' -j ',
  ' nomatch',
  '\u0000',
  'ä',
  '\\',
];

function spoilt(text: string, next: (below: number) => number): string {
  let result = text.slice(0, 20_000);
  for (let change = next(6); change >= 0; change--) {
    const at = next(result.length);
    result = result.slice(0, at) + pieces[next(pieces.length)] + result.slice(at + next(12));
  }
  return next(4) === 0 ? result.slice(0, next(result.length)) : result;
}

/** Reads it all; a refusal is an answer, too. True when it was read. */
function read(name: string, text: string): boolean {
  try {
    const { host, summary, unread } = loadRuleFiles([{ name, text }], { local: [] });
    expect(summary.unread).toBe(unread.length);
    return host !== null;
  } catch (error) {
    if (!(error instanceof UsageError)) throw new Error(`${name}: ${(error as Error).stack}\n${text}`);
    return false;
  }
}

test.each([1, 2, 3, 4])('spoilt dumps are read or refused in words, seed %i', seed => {
  const next = random(seed);
  const done = texts.flatMap(({ name, text }) => Array.from({ length: 5 }, () => read(name, spoilt(text, next))));
  expect(done.filter(whole => whole).length).toBeGreaterThan(done.length / 2);
});

test('sections of a real snapshot, spoilt', () => {
  const next = random(5);
  for (const [path, text] of recorded.files)
    if (path.startsWith('nodes/')) for (let round = 0; round < 2; round++) read(path, spoilt(text, next));
});
