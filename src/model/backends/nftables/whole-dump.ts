import type { NftRecord } from '../../../parse/nft-records.ts';

/** The sets that rules change, as `FAMILY TABLE NAME`: nft 1.0's JSON loses `flags dynamic`. */
export function updatedSets(records: readonly NftRecord[]): ReadonlySet<string> {
  const updated = new Set<string>();
  for (const record of records) {
    if (record.kind !== 'rule') continue;
    const { raw } = record;
    if (!raw.includes('@')) continue;
    for (const [, json, text] of raw.matchAll(update)) updated.add(`${record.family} ${record.table} ${json ?? text}`);
  }
  return updated;
}

const update = /"(?:set|map)": ?"@([^"]*)"|(?:^|\s)(?:add|update|delete) @(\S+)/g;

/**
 * True for a dump of `nft -t`, which leaves the elements of named sets out and does not say so: no set has any, though
 * some chain can be reached by the elements of a verdict map only.
 */
export function leftOutElements(records: readonly NftRecord[]): boolean {
  const sets = records.filter(record => record.kind === 'set');
  if (sets.some(set => set.hasElements) || !sets.some(set => set.read().data?.[0] === 'verdict')) return false;
  const led = new Set<string>();
  for (const record of records) {
    if (record.kind !== 'rule') continue;
    for (const [, json, text] of record.raw.matchAll(lead)) led.add(`${record.family} ${record.table} ${json ?? text}`);
  }
  return records.some(
    record =>
      record.kind === 'chain' && record.base === null && !led.has(`${record.family} ${record.table} ${record.name}`),
  );
}

const lead = /"target": ?"([^"]*)"|\b(?:jump|goto) ([^\s,}]+)/g;
