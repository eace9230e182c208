import { numberAt, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

export interface IngressBackendRecord {
  service: string;
  /** Its number or name. */
  port: string;
}

export interface IngressRecord extends ObjectRecord {
  /** spec.ingressClassName, or the old annotation; null: the default class. */
  class: string | null;
  rules: { host: string | null; path: string; pathType: string; backend: IngressBackendRecord | null }[];
  defaultBackend: IngressBackendRecord | null;
  tls: { hosts: string[]; secret: string | null }[];
  /** Where its controller says that it is reached. */
  addresses: string[];
}

/** Reads a list of ingresses (networking.k8s.io/v1 IngressList). */
export function parseIngresses(text: string): Parsed<IngressRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const annotations = objectAt(objectAt(object, 'metadata'), 'annotations');
    return {
      ...meta,
      class: stringAt(spec, 'ingressClassName') ?? stringAt(annotations, 'kubernetes.io/ingress.class'),
      rules: objectsAt(spec, 'rules').flatMap(rule =>
        objectsAt(objectAt(rule, 'http'), 'paths').map(path => ({
          host: stringAt(rule, 'host') || null,
          path: stringAt(path, 'path') ?? '/',
          pathType: stringAt(path, 'pathType') ?? 'ImplementationSpecific',
          backend: readBackend(objectAt(path, 'backend')),
        })),
      ),
      defaultBackend: readBackend(objectAt(spec, 'defaultBackend')),
      tls: objectsAt(spec, 'tls').map(each => ({
        hosts: stringsAt(each, 'hosts'),
        secret: stringAt(each, 'secretName'),
      })),
      addresses: objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress').flatMap(
        each => stringAt(each, 'ip') ?? stringAt(each, 'hostname') ?? [],
      ),
    };
  });
}

function readBackend(backend: Parameters<typeof objectAt>[0]): IngressBackendRecord | null {
  const service = objectAt(backend, 'service');
  const name = stringAt(service, 'name');
  const port = objectAt(service, 'port');
  return name === null
    ? null
    : { service: name, port: stringAt(port, 'name') ?? String(numberAt(port, 'number') ?? '') };
}
