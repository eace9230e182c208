import { visible } from './visible.ts';

/** A copy of a document in which every text is safe to print (visible.ts); the raw text of evidence keeps its lines. */
export function visibleReport<T>(value: T, key?: string): T {
  if (typeof value === 'string') return visible(value, key === 'raw' ? 'lines' : 'nothing') as T;
  if (Array.isArray(value)) return value.map(item => visibleReport(item, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [visible(name), visibleReport(item, name)]),
  ) as T;
}
