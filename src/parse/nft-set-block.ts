import { readElements, readExpression } from './nft-expression.ts';
import type { NftSetBody } from './nft-records.ts';
import { NftCursor, NftSyntaxError } from './nft-tokens.ts';
import { typeOf } from './nft-typeof.ts';

/** Reads the inside of a `set` or `map` block; null: it was cut off. What cannot be read leaves its elements unknown. */
export function readSetBlock(inside: string | null, isMap: boolean): NftSetBody {
  const body = {
    type: [] as readonly string[],
    data: isMap ? ([] as readonly string[]) : null,
    flags: [] as readonly string[],
    elements: (inside === null ? null : []) as readonly unknown[] | null,
    problem: null as string | null,
  };
  if (inside === null) return { ...body, problem: 'cut off' };
  const cursor = new NftCursor(inside);
  try {
    while (!cursor.done) {
      switch (cursor.next().text) {
        case 'type':
          body.type = readTypes(cursor);
          if (cursor.take(':') !== null) body.data = readTypes(cursor);
          break;
        case 'typeof':
          body.type = readTypeof(cursor);
          if (cursor.take(':') !== null) body.data = readTypeof(cursor);
          break;
        case 'flags':
          body.flags = readFlags(cursor);
          break;
        case 'comment':
          cursor.next();
          break;
        case 'elements':
          cursor.expect('=');
          body.elements = readElements(cursor);
          break;
      }
    }
  } catch (error) {
    if (!(error instanceof NftSyntaxError || error instanceof RangeError)) throw error;
    return { ...body, elements: null, problem: error.message };
  }
  return body;
}

function readTypes(cursor: NftCursor): string[] {
  cursor.take('interval');
  const types = [cursor.word()];
  while (cursor.take('.') !== null) types.push(cursor.word());
  return types;
}

/** `typeof ip saddr . tcp dport`, as the types of the expressions. */
function readTypeof(cursor: NftCursor): string[] {
  const verdict = cursor.take('verdict');
  if (verdict !== null) return [verdict];
  const expression = readExpression(cursor) as { concat?: unknown[] };
  return (Array.isArray(expression.concat) ? expression.concat : [expression]).map(typeOf);
}

function readFlags(cursor: NftCursor): string[] {
  const flags = [cursor.word()];
  while (cursor.take(',') !== null) flags.push(cursor.word());
  return flags;
}
