import type { NftRuleBody, NftStatement } from './nft-records.ts';
import { readStatement } from './nft-statement.ts';
import { NftCursor, NftSyntaxError } from './nft-tokens.ts';

/**
 * Reads one rule of `nft list ruleset`. From the first word that nobody knows on, the rest of the rule is one statement
 * `unread`: where it ends and another begins only nft itself could say.
 */
export function readRule(text: string): NftRuleBody {
  const cursor = new NftCursor(text);
  const statements: NftStatement[] = [];
  let comment: string | null = null;
  while (!cursor.done) {
    const from = cursor.position;
    try {
      if (cursor.take('comment') !== null) comment = cursor.word();
      else statements.push({ body: readStatement(cursor), raw: cursor.since(from) });
    } catch (error) {
      if (!(error instanceof NftSyntaxError || error instanceof RangeError)) throw error;
      const raw = text.slice(from).trim();
      return { statements: [...statements, { body: { unread: raw }, raw }], comment, problem: error.message };
    }
  }
  return { statements, comment, problem: null };
}
