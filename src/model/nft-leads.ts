import { isObject, numberAt, stringAt } from '../parse/json.ts';
import type { NftRecord } from '../parse/nft-records.ts';

/** Where a rule, or one element of a map, leads. */
export interface NftLead {
  raw: string;
  /** Chains that it jumps or goes to, maps and sets that it looks up. */
  to: string[];
  /** Destinations that it rewrites to, `address port`. */
  dnat: string[];
}

/** What a chain, map or set does to lead on, from its rules or elements; nothing of other records. */
export function nftLeads(record: NftRecord): NftLead[] {
  switch (record.kind) {
    case 'rule':
      return [
        lead(
          record.raw,
          record.read().statements.map(({ body }) => body),
        ),
      ];
    case 'set': {
      const { family, table, name } = record;
      // As libnftables-json(5) writes a single element.
      const raw = (elem: unknown) => JSON.stringify({ element: { family, table, name, elem: [elem] } });
      return (record.read().elements ?? []).map(element => lead(raw(element), element));
    }
    default:
      return [];
  }
}

function lead(raw: string, leading: unknown): NftLead {
  const found = { to: new Set<string>(), dnat: new Set<string>() };
  collect(leading, false, found);
  return { raw, to: [...found.to], dnat: [...found.dnat] };
}

function collect(value: unknown, inDnat: boolean, found: { to: Set<string>; dnat: Set<string> }): void {
  if (typeof value === 'string') {
    if (value.startsWith('@')) found.to.add(value.slice(1));
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
      if (target !== null) found.to.add(target);
    } else if (key === 'dnat' && isObject(child)) {
      if (typeof child['addr'] === 'string') found.dnat.add(`${child['addr']} ${numberAt(child, 'port') ?? ''}`.trim());
      collect(child, true, found);
    } else if (key === 'concat' && inDnat && Array.isArray(child)) {
      const [address, port] = child;
      if (typeof address === 'string' && typeof port === 'number') found.dnat.add(`${address} ${port}`);
    } else collect(child, inDnat, found);
  }
}
