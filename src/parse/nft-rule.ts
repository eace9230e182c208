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
  let last = 0;
  while (!cursor.done) {
    const from = cursor.position;
    try {
      if (cursor.take('comment') !== null) comment = cursor.word();
      else {
        statements.push({ body: readStatement(cursor), raw: cursor.since(from) });
        last = from;
      }
    } catch (error) {
      if (!(error instanceof NftSyntaxError || error instanceof RangeError)) throw error;
      // What begins with a sign belongs to the statement before, which then was not understood either.
      const goesOn = /^[^\w"@]/.test(text.slice(from));
      const raw = text.slice(goesOn ? last : from).trim();
      const known = goesOn ? statements.slice(0, -1) : statements;
      return { statements: [...known, { body: { unread: raw }, raw }], comment, problem: error.message };
    }
  }
  return { statements, comment, problem: null };
}
