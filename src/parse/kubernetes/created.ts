import { objectAt, stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

/** An object and when it was made. */
export interface CreatedRecord extends ObjectRecord {
  /** RFC 3339; null: it does not say. */
  created: string | null;
}

/** Reads a list of any kind for when its objects were made (metadata.creationTimestamp). */
export function parseCreated(text: string): Parsed<CreatedRecord> {
  return parseList(text, (object, meta) => ({
    ...meta,
    created: stringAt(objectAt(object, 'metadata'), 'creationTimestamp'),
  }));
}
