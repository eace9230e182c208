import type { JsonObject } from './json.ts';
import { selectors } from './nft-selectors.ts';
import { type NftCursor, NftSyntaxError } from './nft-tokens.ts';
import { readVerdict } from './nft-verdict.ts';
import { nftSeconds, nftWord } from './nft-words.ts';

/**
 * Reads an expression of nft's text (nft(8), EXPRESSIONS) into the form of libnftables-json(5): operands, values,
 * concatenations, bit operations, sets in braces and `map`.
 */
export function readExpression(cursor: NftCursor): unknown {
  const key = readConcatenation(cursor);
  if (cursor.take('map') === null) return key;
  return { map: { key, data: readSetReference(cursor) } };
}

/** `@name` or a set in braces. */
export function readSetReference(cursor: NftCursor): unknown {
  return cursor.at('{') ? { set: readElements(cursor) } : cursor.word();
}

/** Components with ` . ` between them. */
export function readConcatenation(cursor: NftCursor): unknown {
  const parts = [readBits(cursor, 0)];
  while (cursor.take('.') !== null) parts.push(readBits(cursor, 0));
  return parts.length === 1 ? parts[0] : { concat: parts };
}

/** Bit operators by how weakly they bind, and the words that older nft prints for them. */
const operators: readonly (readonly [string, readonly string[]])[] = [
  ['|', ['|', 'or']],
  ['^', ['^', 'xor']],
  ['&', ['&', 'and']],
  ['<<', ['<<', 'lshift']],
  ['>>', ['>>', 'rshift']],
];

function readBits(cursor: NftCursor, level: number): unknown {
  const operator = operators[level];
  if (operator === undefined) return readPrimary(cursor);
  const [sign, words] = operator;
  let left = readBits(cursor, level + 1);
  while (cursor.take(...words) !== null) left = { [sign]: [left, readBits(cursor, level + 1)] };
  return left;
}

function readPrimary(cursor: NftCursor): unknown {
  const token = cursor.peek();
  if (token?.kind === 'string') return readString(cursor);
  if (cursor.take('(') !== null) {
    const inside = readList(cursor);
    cursor.expect(')');
    return inside;
  }
  if (cursor.at('{')) return { set: readElements(cursor) };
  const selector = token === undefined ? undefined : selectors.get(token.text);
  const read: JsonObject | null | undefined = selector?.(cursor, readConcatenation);
  return read ?? nftWord(cursor.word());
}

/** A string, or a range of them ("10:00"-"12:00"). */
function readString(cursor: NftCursor): unknown {
  const low = cursor.next().text;
  if (cursor.peek(1)?.kind !== 'string' || cursor.take('-') === null) return low;
  return { range: [low, cursor.next().text] };
}

/** Values with commas between them: flags. */
export function readList(cursor: NftCursor): unknown {
  const items = [readExpression(cursor)];
  while (cursor.take(',') !== null) items.push(readExpression(cursor));
  return items.length === 1 ? items[0] : items;
}

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
