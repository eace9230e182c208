import type { NamedSet, SetRef } from '../../rules.ts';
import { type Domain, domainOf } from './domains.ts';
import { lowerElements } from './elements.ts';
import type { Place } from './place.ts';

/** A named set (`@name`) or one in braces; null for anything else. `data` is what a map leads to, null for a set. */
export function setRef(
  reference: unknown,
  keys: readonly Domain[],
  data: readonly Domain[] | 'verdict' | null,
  place: Place,
): SetRef | null {
  if (typeof reference === 'string')
    return reference.startsWith('@') ? { kind: 'named', name: reference.slice(1) } : null;
  const { set } = (reference ?? {}) as { set?: unknown };
  if (set === undefined) return null;
  // A set of one element may be written without its list.
  const elements = Array.isArray(set) ? set : [set];
  const { file, line, handle } = place;
  const source = { file, line, handle, raw: '' };
  const type = keys.map(domain => domain.type).join(' . ');
  const lowered = lowerElements(elements, keys, data, source);
  const anonymous: NamedSet = { name: null, type, family: null, elements: lowered, dynamic: false, source };
  return { kind: 'anonymous', set: anonymous };
}

/** What the data of a map is: of a named one by its declaration, else by what it is used for. */
export function dataDomains(reference: unknown, place: Place): readonly Domain[] {
  const types = typeof reference === 'string' ? place.mapData(reference.slice(1)) : null;
  return types === null ? place.expected : types.map(domainOf);
}
