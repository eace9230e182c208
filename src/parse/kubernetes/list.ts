import { type JsonObject, objectAt, objectsAt, parseJsonArray, stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';

/** What every Kubernetes object here has; `raw` is the part of the object that the record was read from. */
export interface ObjectRecord {
  raw: string;
  namespace: string;
  name: string;
  uid: string;
}

export interface ConditionRecord {
  type: string;
  status: string;
  reason: string | null;
  message: string | null;
  /** RFC 3339: since when it has this status. */
  since: string | null;
}

/** Reads the items of a Kubernetes list (`{"items": [...]}`), as kubectl and the API give it. */
export function parseList<T extends ObjectRecord>(
  text: string,
  read: (object: JsonObject, meta: ObjectRecord) => T,
): Parsed<T> {
  return parseJsonArray(
    text,
    object => {
      const metadata = objectAt(object, 'metadata');
      const name = stringAt(metadata, 'name');
      if (name === null) return 'no metadata.name';
      const namespace = stringAt(metadata, 'namespace') ?? '';
      const record = read(object, { raw: '', namespace, name, uid: stringAt(metadata, 'uid') ?? '' });
      Object.defineProperty(record, 'raw', { enumerable: true, get: () => excerpt(object) });
      return record;
    },
    'items',
  );
}

/** The object without what nobody reads here (managed fields, annotations, images, volumes), verbatim otherwise. */
function excerpt(object: JsonObject): string {
  return JSON.stringify(object, (key, value) => (noise.has(key) ? undefined : value));
}

const noise = new Set([
  'managedFields',
  'annotations',
  'volumes',
  'volumeMounts',
  'volumeMountStates',
  'images',
  'env',
  'envFrom',
  'tolerations',
  'affinity',
  'resources',
  'command',
  'args',
  'ownerReferences',
]);

/** The texts of an object: labels, a selector. */
export function labelsAt(object: JsonObject, key: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(object, key)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The conditions of a status. */
export function readConditions(status: JsonObject): ConditionRecord[] {
  return objectsAt(status, 'conditions').map(condition => ({
    type: stringAt(condition, 'type') ?? '',
    status: stringAt(condition, 'status') ?? '',
    reason: stringAt(condition, 'reason'),
    message: stringAt(condition, 'message'),
    since: stringAt(condition, 'lastTransitionTime'),
  }));
}
