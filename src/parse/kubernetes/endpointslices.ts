import { booleanAt, type JsonObject, numberAt, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

export interface EndpointSliceRecord extends ObjectRecord {
  /** The service of the label kubernetes.io/service-name. */
  service: string | null;
  addressType: string;
  /** RFC 3339: when what it is made from last changed; null: it does not say. */
  changed: string | null;
  ports: { name: string | null; protocol: string; port: number | null }[];
  endpoints: {
    addresses: string[];
    ready: boolean | null;
    serving: boolean | null;
    terminating: boolean | null;
    /** NAMESPACE/NAME of the pod that it points to. */
    pod: string | null;
    uid: string | null;
    /** The node that it is on; null when the slice does not say. */
    node: string | null;
    zone: string | null;
    /** Zones and nodes that should use it; empty: all. */
    hints: { zones: string[]; nodes: string[] };
  }[];
}

/** Reads a list of EndpointSlices (discovery.k8s.io/v1 EndpointSliceList). */
export function parseEndpointSlices(text: string): Parsed<EndpointSliceRecord> {
  return parseList(text, (object, meta) => ({
    ...meta,
    service: stringAt(objectAt(objectAt(object, 'metadata'), 'labels'), 'kubernetes.io/service-name'),
    addressType: stringAt(object, 'addressType') ?? '',
    changed: stringAt(
      objectAt(objectAt(object, 'metadata'), 'annotations'),
      'endpoints.kubernetes.io/last-change-trigger-time',
    ),
    ports: objectsAt(object, 'ports').map(port => ({
      name: stringAt(port, 'name') || null,
      protocol: stringAt(port, 'protocol') ?? 'TCP',
      port: numberAt(port, 'port'),
    })),
    endpoints: objectsAt(object, 'endpoints').map(endpoint => {
      const conditions = objectAt(endpoint, 'conditions');
      const target = objectAt(endpoint, 'targetRef');
      return {
        addresses: stringsAt(endpoint, 'addresses'),
        ready: booleanAt(conditions, 'ready'),
        serving: booleanAt(conditions, 'serving'),
        terminating: booleanAt(conditions, 'terminating'),
        pod: stringAt(target, 'kind') === 'Pod' ? `${stringAt(target, 'namespace')}/${stringAt(target, 'name')}` : null,
        uid: stringAt(target, 'uid'),
        node: stringAt(endpoint, 'nodeName'),
        zone: stringAt(endpoint, 'zone'),
        hints: { zones: namesAt(endpoint, 'forZones'), nodes: namesAt(endpoint, 'forNodes') },
      };
    }),
  }));
}

function namesAt(endpoint: JsonObject, key: string): string[] {
  return objectsAt(objectAt(endpoint, 'hints'), key).flatMap(hint => stringAt(hint, 'name') ?? []);
}
