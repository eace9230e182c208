import { objectAt, stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

export interface EventRecord extends ObjectRecord {
  reason: string;
  message: string;
  about: { kind: string; namespace: string; name: string; uid: string };
  /** RFC 3339, when it was last seen. */
  time: string | null;
}

/** Reads a list of events (core/v1 EventList). */
export function parseEvents(text: string): Parsed<EventRecord> {
  return parseList(text, (object, meta) => {
    const about = objectAt(object, 'involvedObject');
    return {
      ...meta,
      reason: stringAt(object, 'reason') ?? '',
      message: stringAt(object, 'message') ?? '',
      about: {
        kind: stringAt(about, 'kind') ?? '',
        namespace: stringAt(about, 'namespace') ?? '',
        name: stringAt(about, 'name') ?? '',
        uid: stringAt(about, 'uid') ?? '',
      },
      time:
        stringAt(objectAt(object, 'series'), 'lastObservedTime') ??
        stringAt(object, 'lastTimestamp') ??
        stringAt(object, 'eventTime'),
    };
  });
}
