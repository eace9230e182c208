import type { JsonObject } from './json.ts';
import { readConcatenation, readElements, readExpression, readList, readSetReference } from './nft-expression.ts';
import { readNat, readTproxy } from './nft-nat.ts';
import { readLimit, readLog, readQuota, readReject, readSynproxy } from './nft-statement-options.ts';
import { type NftCursor, NftSyntaxError } from './nft-tokens.ts';
import { readVerdict, verdicts } from './nft-verdict.ts';

/** Reads one statement or match of a rule (nft(8), STATEMENTS) into the form of libnftables-json(5). */
export function readStatement(cursor: NftCursor): JsonObject {
  const token = cursor.peek();
  if (token === undefined || token.kind === 'string') return readMatch(cursor);
  return readVerdict(cursor) ?? statements.get(token.text)?.(cursor) ?? readMatch(cursor);
}

/** Null, with nothing read: it is a match after all. */
type Reader = (cursor: NftCursor) => JsonObject | null;

const statements: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['counter', named('counter', readCounter)],
  ['limit', named('limit', readLimit)],
  ['quota', named('quota', readQuota)],
  ['synproxy', named('synproxy', readSynproxy)],
  ['last', cursor => ({ last: wordsUntil(cursor, /^(?:never|\d.*)$/) })],
  ['log', after('log', readLog)],
  ['reject', after('reject', readReject)],
  ['dnat', readNat],
  ['snat', readNat],
  ['masquerade', readNat],
  ['redirect', readNat],
  ['tproxy', after('tproxy', readTproxy)],
  ['notrack', after('notrack', () => null)],
  ['queue', after('queue', readQueue)],
  ['dup', after('dup', readTo)],
  ['fwd', after('fwd', readTo)],
  ['flow', readFlow],
  ['add', readSetUpdate],
  ['update', readSetUpdate],
  ['delete', readSetUpdate],
  ['meter', readMeter],
  ['xt', readXt],
  ['ct', readCtStatement],
  ['reset', readReset],
]);

function after(kind: string, read: (cursor: NftCursor) => unknown): Reader {
  return cursor => {
    cursor.next();
    return { [kind]: read(cursor) };
  };
}

/** Either `WORD name "x"`, an object of the table, or WORD with its own parameters. */
function named(kind: string, read: (cursor: NftCursor) => unknown): Reader {
  return after(kind, cursor => (cursor.take('name') === null ? read(cursor) : cursor.word()));
}

function readCounter(cursor: NftCursor): JsonObject | null {
  if (cursor.take('packets') === null) return null;
  const packets = cursor.number();
  cursor.expect('bytes');
  return { packets, bytes: cursor.number() };
}

function wordsUntil(cursor: NftCursor, last: RegExp): string {
  const from = cursor.next().to;
  if (cursor.take('used') !== null && last.test(cursor.peek()?.text ?? '')) cursor.next();
  return cursor.since(from).trim();
}

/** `queue num 0-3 bypass`, `queue flags bypass,fanout to 0-3`. */
function readQueue(cursor: NftCursor): JsonObject {
  const queue: Record<string, unknown> = {};
  for (;;) {
    const word = cursor.take('num', 'to', 'flags', 'bypass', 'fanout', ',');
    if (word === null) return queue;
    if (word === 'num' || word === 'to') queue['num'] = readExpression(cursor);
    else if (word === 'flags') queue['flags'] = readList(cursor);
    else if (word !== ',') queue['flags'] = [...((queue['flags'] ?? []) as unknown[]), word];
  }
}

function readTo(cursor: NftCursor): JsonObject {
  cursor.take('ip', 'ip6');
  cursor.expect('to');
  const addr = readExpression(cursor);
  return cursor.take('device') === null ? { addr } : { addr, dev: readExpression(cursor) };
}

function readFlow(cursor: NftCursor): JsonObject {
  cursor.next();
  return { flow: { op: cursor.word(), flowtable: cursor.word() } };
}

/** `update @set { ip saddr timeout 1h limit rate 10/second }`, for a map with ` : data`. */
function readSetUpdate(cursor: NftCursor): JsonObject {
  const op = cursor.next().text;
  const set = cursor.word();
  cursor.expect('{');
  const val = readConcatenation(cursor);
  const timeout = cursor.take('timeout') === null ? null : cursor.word();
  const stmt = readInner(cursor);
  const data = cursor.take(':') === null ? null : readExpression(cursor);
  cursor.expect('}');
  const elem = timeout === null ? val : { elem: { val, timeout } };
  if (data !== null) return { map: { op, elem, data, map: set } };
  return { set: { op, elem, set, ...(stmt.length === 0 ? {} : { stmt }) } };
}

function readInner(cursor: NftCursor): JsonObject[] {
  const inner: JsonObject[] = [];
  while (!cursor.at('}', ':')) inner.push(readStatement(cursor));
  return inner;
}

/** The older form of an update: `meter NAME { ip saddr limit rate 10/second }`. */
function readMeter(cursor: NftCursor): JsonObject {
  cursor.next();
  const name = cursor.word();
  while (!cursor.at('{')) cursor.next();
  cursor.expect('{');
  const key = readConcatenation(cursor);
  if (cursor.take('timeout') !== null) cursor.word();
  const [stmt] = readInner(cursor);
  cursor.expect('}');
  return { meter: { name, key, stmt } };
}

/** `xt match "comment"`: nft cannot say what an extension of iptables does. */
function readXt(cursor: NftCursor): JsonObject {
  cursor.next();
  return { xt: { type: cursor.word(), name: cursor.word() } };
}

const ctStatements = ['count', 'helper', 'timeout', 'expectation'];

function readCtStatement(cursor: NftCursor): JsonObject | null {
  const word = cursor.peek(1)?.text ?? '';
  if (word === 'count') {
    cursor.next();
    cursor.next();
    const over = cursor.take('over') !== null;
    return { 'ct count': over ? { val: cursor.number(), inv: true } : { val: cursor.number() } };
  }
  if (!ctStatements.includes(word) || cursor.peek(2)?.text !== 'set') return null;
  for (let skipped = 0; skipped < 3; skipped++) cursor.next();
  return { [`ct ${word}`]: cursor.word() };
}

/** `reset tcp option NAME`. */
function readReset(cursor: NftCursor): JsonObject {
  cursor.next();
  return { reset: readExpression(cursor) };
}

const flagOperands: Readonly<Record<string, readonly string[]>> = { ct: ['state', 'status', 'label'] };

/** The same in words, as libxtables prints them. */
const signs: Readonly<Record<string, string>> = { eq: '==', ne: '!=', lt: '<', gt: '>', le: '<=', ge: '>=' };

function readMatch(cursor: NftCursor): JsonObject {
  const from = cursor.position;
  const left = readExpression(cursor);
  if (typeof left !== 'object') throw new NftSyntaxError(`"${cursor.since(from)}" is not known`);
  if (cursor.take('vmap') !== null) return { vmap: { key: left, data: readSetReference(cursor) } };
  if (cursor.take('set') !== null) return { mangle: { key: left, value: readList(cursor) } };
  const sign = cursor.take('==', '!=', '<', '>', '<=', '>=', '!') ?? signs[cursor.take(...Object.keys(signs)) ?? ''];
  const known = { exists: true, missing: false }[cursor.take('exists', 'missing') ?? ''];
  if (known !== undefined) return { match: { op: sign ?? '==', left, right: known } };
  if (cursor.at('{')) return { match: { op: sign ?? '==', left, right: { set: readElements(cursor) } } };
  // A verdict is never a value: here something was not understood.
  if (cursor.at(...verdicts)) throw new NftSyntaxError(`a value expected after "${cursor.since(from)}"`);
  const right = readList(cursor);
  // `tcp flags syn / syn,ack`: value and mask.
  if (cursor.take('/') !== null) {
    return { match: { op: sign ?? '==', left: { '&': [left, readList(cursor)] }, right } };
  }
  const named = typeof right === 'string' && right.startsWith('@');
  return { match: { op: sign ?? (isFlags(left) && !named ? 'in' : '=='), left, right } };
}

/** Fields of which a bare value asks whether the bit is set, as nft evaluates relations of bitmasks. */
function isFlags(left: unknown): boolean {
  const { ct, payload } = left as { ct?: { key?: string }; payload?: { protocol?: string; field?: string } };
  if (payload !== undefined) return payload.protocol === 'tcp' && payload.field === 'flags';
  return flagOperands['ct']?.includes(ct?.key ?? '') === true;
}
