import type { JsonObject } from './json.ts';
import { readExpression } from './nft-expression.ts';
import type { NftCursor } from './nft-tokens.ts';

/** `dnat ip to 10.0.0.1:80 random`, `dnat ip addr . port to … map …`, `masquerade to :1024-65535`, `redirect to :80`. */
export function readNat(cursor: NftCursor): JsonObject {
  const kind = cursor.next().text;
  const nat: Record<string, unknown> = {};
  const family = cursor.take('ip', 'ip6');
  if (family !== null) nat['family'] = family;
  const types = readTypeFlags(cursor);
  if (cursor.take('to') !== null) Object.assign(nat, readTarget(cursor));
  const flags = readNatFlags(cursor);
  if (flags.length > 0) nat['flags'] = flags;
  if (types !== null) nat['type_flags'] = types;
  return { [kind]: Object.keys(nat).length === 0 ? null : nat };
}

/** What the target consists of: `addr . port`, `prefix`, `interval`. */
function readTypeFlags(cursor: NftCursor): string | null {
  if (cursor.take('addr') === null) return cursor.take('prefix', 'interval');
  cursor.expect('.');
  cursor.expect('port');
  return 'concat';
}

function readNatFlags(cursor: NftCursor): string[] {
  const flags: string[] = [];
  for (;;) {
    const flag = cursor.take('random', 'fully-random', 'persistent', 'netmap');
    if (flag === null) return flags;
    flags.push(flag);
    cursor.take(',');
  }
}

/** An address, `:port`, `address:port`, `[v6]:port`, ranges of them, or expressions in their places. */
function readTarget(cursor: NftCursor): JsonObject {
  const text = cursor.peek()?.text ?? '';
  const bracketed = /^\[(.*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    if (bracketed[2] === undefined) {
      cursor.split(bracketed[1] ?? '', '');
      return { addr: readExpression(cursor) };
    }
    cursor.split(bracketed[1] ?? '', bracketed[2]);
    return { addr: readExpression(cursor), port: readExpression(cursor) };
  }
  // A lone colon tells the port; two are an IPv6 address.
  const colon = text.indexOf(':');
  if (colon === -1 || text.indexOf(':', colon + 1) !== -1) {
    const addr = readExpression(cursor);
    // `map { … }:80`
    const behind = cursor.peek();
    if (behind?.kind === 'word' && /^:./.test(behind.text)) cursor.split('', behind.text.slice(1));
    else if (cursor.take(':') === null) return { addr };
    return { addr, port: readExpression(cursor) };
  }
  const [first, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (rest !== '') cursor.split(first, rest);
  else cursor.next();
  if (first === '') return { port: readExpression(cursor) };
  return { addr: readExpression(cursor), port: readExpression(cursor) };
}

/** `tproxy ip to 127.0.0.1:50080`. */
export function readTproxy(cursor: NftCursor): JsonObject {
  const family = cursor.take('ip', 'ip6');
  cursor.expect('to');
  return { ...(family === null ? {} : { family }), ...readTarget(cursor) };
}
