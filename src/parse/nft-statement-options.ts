import type { JsonObject } from './json.ts';
import { readExpression, readList } from './nft-expression.ts';
import type { NftCursor } from './nft-tokens.ts';

/** `rate over 10/second burst 5 packets`, `rate 1 mbytes/second burst 10 kbytes`. */
export function readLimit(cursor: NftCursor): JsonObject {
  cursor.expect('rate');
  const over = cursor.take('over') !== null;
  const rate = readRate(cursor);
  const limit: Record<string, unknown> = { ...rate, ...(over ? { inv: true } : {}) };
  if (cursor.take('burst') !== null) {
    limit['burst'] = cursor.number();
    const unit = cursor.take('packets', 'bytes', 'kbytes', 'mbytes');
    if (unit !== null && unit !== 'packets') limit['burst_unit'] = unit;
  }
  return limit;
}

function readRate(cursor: NftCursor): JsonObject {
  const [count = '', unit] = cursor.word().split('/');
  if (unit !== undefined && unit !== '') return { rate: Number(count), per: unit };
  if (cursor.take('/') !== null) return { rate: Number(count), per: cursor.word() };
  const [rateUnit, per] = cursor.word().split('/');
  return { rate: Number(count), rate_unit: rateUnit, per: per ?? (cursor.take('/') === null ? null : cursor.word()) };
}

/** `over 25 mbytes used 5 kbytes`, `until 25 mbytes`. */
export function readQuota(cursor: NftCursor): JsonObject {
  const over = cursor.take('over', 'until') === 'over';
  const quota: Record<string, unknown> = { val: cursor.number(), val_unit: cursor.word() };
  if (cursor.take('used') !== null) {
    quota['used'] = cursor.number();
    quota['used_unit'] = cursor.word();
  }
  return over ? { ...quota, inv: true } : quota;
}

/** `mss 1460 wscale 7 timestamp sack-perm`, on one line or more. */
export function readSynproxy(cursor: NftCursor): JsonObject {
  const synproxy: Record<string, unknown> = {};
  const flags: string[] = [];
  for (;;) {
    const word = cursor.take('mss', 'wscale', 'timestamp', 'sack-perm');
    if (word === null) return flags.length === 0 ? synproxy : { ...synproxy, flags };
    if (word === 'mss' || word === 'wscale') synproxy[word] = cursor.number();
    else flags.push(word);
  }
}

/** The options of `log`, none of which decides anything. */
export function readLog(cursor: NftCursor): JsonObject | null {
  const log: Record<string, unknown> = {};
  for (;;) {
    const word = cursor.take('prefix', 'level', 'group', 'snaplen', 'queue-threshold', 'flags');
    if (word === null) return Object.keys(log).length === 0 ? null : log;
    if (word === 'flags') log[word] = readLogFlags(cursor);
    else log[word] = readExpression(cursor);
  }
}

/** `all`, `tcp sequence,options`, `ip options`, `skuid`, `ether`. */
function readLogFlags(cursor: NftCursor): unknown {
  const layer = cursor.take('tcp', 'ip');
  const flags = [cursor.word()];
  while (cursor.take(',') !== null) flags.push(cursor.word());
  return layer === null ? flags : flags.map(flag => `${layer} ${flag}`);
}

/** `with tcp reset`, `with icmp TYPE` (older: `with icmp type TYPE`); nothing: nft leaves the default out. */
export function readReject(cursor: NftCursor): JsonObject | null {
  if (cursor.take('with') === null) return null;
  const type = cursor.word();
  if (type === 'tcp') return { type: `tcp ${cursor.word()}` };
  cursor.take('type');
  return { type, expr: readList(cursor) };
}
