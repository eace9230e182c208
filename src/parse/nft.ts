import { isObject, type JsonObject, numberAt, objectAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A chain, map, set or rule of `nft -j list ruleset`, or one element of a map or set. */
export interface NftRecord {
  raw: string;
  kind: 'chain' | 'map' | 'set' | 'element' | 'rule';
  family: string;
  table: string;
  /** The name of the chain, map or set; for a rule or an element, of that which it is in. */
  name: string;
  /** The hook, for a base chain. */
  hook: string | null;
  /** Chains that it jumps or goes to, maps and sets that it looks up (`@NAME`). */
  leadsTo: string[];
  /** Destinations that it rewrites to, `address port`, found in `dnat` statements. */
  dnat: string[];
}

/** Reads `nft -j list ruleset` (libnftables-json(5)), other objects (tables, counters, …) left out. */
export function parseNft(text: string): Parsed<NftRecord> {
  const parsed = parseJsonArray(text, readObject, 'nftables');
  return { ...parsed, records: parsed.records.flatMap(({ records }) => records) };
}

const kinds = ['chain', 'map', 'set', 'rule'] as const;

function readObject(entry: JsonObject): { records: NftRecord[] } | string {
  const kind = kinds.find(name => name in entry);
  if (kind === undefined) return { records: [] };
  const object = objectAt(entry, kind);
  const family = stringAt(object, 'family');
  const table = stringAt(object, 'table');
  const name = stringAt(object, kind === 'rule' ? 'chain' : 'name');
  if (family === null || table === null || name === null) return `a ${kind} without family, table or name`;
  const place = { family, table, name };
  const own = toRecord(kind, place, stringAt(object, 'hook'), entry, kind === 'rule' ? object['expr'] : null);
  const elements = Array.isArray(object['elem']) ? object['elem'] : [];
  // As libnftables-json(5) writes a single element.
  const element = (elem: unknown) => toRecord('element', place, null, { element: { ...place, elem: [elem] } }, elem);
  return { records: [own, ...elements.map(element)] };
}

function toRecord(
  kind: NftRecord['kind'],
  place: Pick<NftRecord, 'family' | 'table' | 'name'>,
  hook: string | null,
  source: JsonObject,
  leading: unknown,
): NftRecord {
  const found = { leadsTo: new Set<string>(), dnat: new Set<string>() };
  collect(leading, false, found);
  return {
    get raw() {
      return JSON.stringify(source);
    },
    kind,
    ...place,
    hook,
    leadsTo: [...found.leadsTo],
    dnat: [...found.dnat],
  };
}

function collect(value: unknown, inDnat: boolean, found: { leadsTo: Set<string>; dnat: Set<string> }): void {
  if (typeof value === 'string') {
    if (value.startsWith('@')) found.leadsTo.add(value.slice(1));
    return;
  }
  if (Array.isArray(value)) {
    for (const item of value) collect(item, inDnat, found);
    return;
  }
  if (!isObject(value)) return;
  for (const key in value) {
    const child = value[key];
    if ((key === 'jump' || key === 'goto') && isObject(child)) {
      const target = stringAt(child, 'target');
      if (target !== null) found.leadsTo.add(target);
    } else if (key === 'dnat' && isObject(child)) {
      if (typeof child['addr'] === 'string') found.dnat.add(`${child['addr']} ${numberAt(child, 'port') ?? ''}`.trim());
      collect(child, true, found);
    } else if (key === 'concat' && inDnat && Array.isArray(child)) {
      const [address, port] = child;
      if (typeof address === 'string' && typeof port === 'number') found.dnat.add(`${address} ${port}`);
    } else collect(child, inDnat, found);
  }
}
