import type { JsonObject } from './json.ts';
import type { NftCursor } from './nft-tokens.ts';

export const verdicts: readonly string[] = ['accept', 'drop', 'continue', 'return', 'jump', 'goto'];

/** Reads accept, drop, continue, return, jump or goto; null when the next word is none of them. */
export function readVerdict(cursor: NftCursor): JsonObject | null {
  const word = cursor.take(...verdicts);
  if (word === null) return null;
  return { [word]: word === 'jump' || word === 'goto' ? { target: cursor.word() } : null };
}
