import { booleanAt, objectAt, objectsAt, stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

/** What a pod's own specification says of its environment. */
export interface PodEnvRecord extends ObjectRecord {
  /** spec.enableServiceLinks: false: only the API server's variables are injected. */
  serviceLinks: boolean;
  /** `env`: the names of the variables that it sets itself; `started`: RFC 3339, null: it does not run. */
  containers: { name: string; env: string[]; started: string | null }[];
}

/** Reads a list of pods (core/v1 PodList) for what they say of their environment; values are not read. */
export function parsePodEnv(text: string): Parsed<PodEnvRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const statuses = objectsAt(objectAt(object, 'status'), 'containerStatuses');
    return {
      ...meta,
      serviceLinks: booleanAt(spec, 'enableServiceLinks') ?? true,
      containers: objectsAt(spec, 'containers').map(container => {
        const name = stringAt(container, 'name') ?? '';
        const status = statuses.find(each => stringAt(each, 'name') === name) ?? {};
        return {
          name,
          env: objectsAt(container, 'env').flatMap(each => stringAt(each, 'name') ?? []),
          started: stringAt(objectAt(objectAt(status, 'state'), 'running'), 'startedAt'),
        };
      }),
    };
  });
}
