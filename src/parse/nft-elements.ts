import { readConcatenation, readExpression } from './nft-expression.ts';
import { type NftCursor, NftSyntaxError } from './nft-tokens.ts';
import { readVerdict } from './nft-verdict.ts';
import { nftSeconds } from './nft-words.ts';

/** Reads `{ a, b : data, … }`: the elements of a set or map, as in the `elem` of libnftables-json(5). */
export function readElements(cursor: NftCursor): unknown[] {
  cursor.expect('{');
  const elements: unknown[] = [];
  while (cursor.take('}') === null) {
    elements.push(readElement(cursor));
    if (cursor.take(',') === null && !cursor.at('}')) {
      throw new NftSyntaxError(`"," or "}" expected after an element, not "${cursor.next().text}"`);
    }
  }
  return elements;
}

function readElement(cursor: NftCursor): unknown {
  const key = withDetails(cursor, readConcatenation(cursor));
  if (cursor.take(':') === null) return key;
  const data = readVerdict(cursor) ?? readExpression(cursor);
  return [withDetails(cursor, key), data];
}

/** What is printed beside an element: its timeout, comment and statements with their state. */
function withDetails(cursor: NftCursor, val: unknown): unknown {
  const details: Record<string, unknown> = {};
  for (;;) {
    const word = cursor.take('timeout', 'expires', 'comment', 'counter', 'limit', 'ct', 'quota', 'last');
    if (word === null) return Object.keys(details).length === 0 ? val : { elem: { val, ...details } };
    if (word === 'timeout' || word === 'expires') details[word] = nftSeconds(cursor.word());
    else if (word === 'comment') details[word] = cursor.word();
    else details[word] = skipState(cursor);
  }
}

/** The words of a statement in an element (`counter packets 3 bytes 4`), which decide nothing that is modelled. */
function skipState(cursor: NftCursor): string {
  const from = cursor.position;
  while (!cursor.done && !cursor.at(',', '}', ':', 'timeout', 'expires', 'comment')) cursor.next();
  return cursor.since(from);
}
