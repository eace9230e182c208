import { booleanAt, isObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ConditionRecord, labelsAt, type ObjectRecord, parseList, readConditions } from './list.ts';

interface ContainerStatusRecord {
  state: string;
  /** The message of a waiting or terminated state. */
  message: string | null;
  ready: boolean | null;
  /** Without its scheme (`containerd://`); null before it was created. */
  id: string | null;
}

interface ContainerRecord {
  name: string;
  role: 'app' | 'init' | 'sidecar' | 'ephemeral';
  ports: { name: string | null; port: number; protocol: string }[];
  status: ContainerStatusRecord | null;
}

export interface PodRecord extends ObjectRecord {
  labels: Record<string, string>;
  /** The controller that made it: ReplicaSet, StatefulSet, DaemonSet, Job, …; null for none. */
  owner: { kind: string; name: string } | null;
  nodeName: string | null;
  hostNetwork: boolean;
  runtimeClass: string | null;
  phase: string;
  reason: string | null;
  message: string | null;
  deleting: boolean;
  /** RFC 3339: when its deletion was asked for; null: it was not, or the object does not say. */
  deletedAt: string | null;
  ips: string[];
  conditions: ConditionRecord[];
  containers: ContainerRecord[];
}

/** Reads a list of pods (Kubernetes API core/v1 PodList); fields that are absent are null or empty. */
export function parsePods(text: string): Parsed<PodRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const status = objectAt(object, 'status');
    const ips = objectsAt(status, 'podIPs').flatMap(item => stringAt(item, 'ip') ?? []);
    const single = stringAt(status, 'podIP');
    return {
      ...meta,
      labels: labelsAt(objectAt(object, 'metadata'), 'labels'),
      owner: readOwner(objectAt(object, 'metadata')),
      nodeName: stringAt(spec, 'nodeName') || null,
      hostNetwork: booleanAt(spec, 'hostNetwork') ?? false,
      runtimeClass: stringAt(spec, 'runtimeClassName'),
      phase: stringAt(status, 'phase') ?? 'Unknown',
      reason: stringAt(status, 'reason'),
      message: stringAt(status, 'message'),
      deleting: 'deletionTimestamp' in objectAt(object, 'metadata'),
      deletedAt: deletionOf(objectAt(object, 'metadata')),
      ips: ips.length > 0 || single === null ? ips : [single],
      conditions: readConditions(status),
      containers: [
        ...readContainers(spec, status, 'initContainers', 'initContainerStatuses'),
        ...readContainers(spec, status, 'containers', 'containerStatuses'),
        ...readContainers(spec, status, 'ephemeralContainers', 'ephemeralContainerStatuses'),
      ],
    };
  });
}

function readOwner(metadata: JsonObject): PodRecord['owner'] {
  const controller = objectsAt(metadata, 'ownerReferences').find(owner => booleanAt(owner, 'controller') === true);
  const kind = controller && stringAt(controller, 'kind');
  const name = controller && stringAt(controller, 'name');
  return kind && name ? { kind, name } : null;
}

/** deletionTimestamp is when the grace period ends (apimachinery metav1.ObjectMeta). */
function deletionOf(metadata: JsonObject): string | null {
  const end = Date.parse(stringAt(metadata, 'deletionTimestamp') ?? '');
  const grace = numberAt(metadata, 'deletionGracePeriodSeconds') ?? 0;
  return Number.isNaN(end) ? null : new Date(end - grace * 1000).toISOString().replace('.000Z', 'Z');
}

function readContainers(spec: JsonObject, status: JsonObject, key: string, statusKey: string): ContainerRecord[] {
  const statuses = objectsAt(status, statusKey);
  return objectsAt(spec, key).map(container => {
    const name = stringAt(container, 'name') ?? '';
    const own = statuses.find(item => stringAt(item, 'name') === name);
    const sidecar = stringAt(container, 'restartPolicy') === 'Always';
    return {
      name,
      role: key === 'containers' ? 'app' : key === 'ephemeralContainers' ? 'ephemeral' : sidecar ? 'sidecar' : 'init',
      ports: objectsAt(container, 'ports').flatMap(port => {
        const number = numberAt(port, 'containerPort');
        const protocol = stringAt(port, 'protocol') ?? 'TCP';
        return number === null ? [] : [{ name: stringAt(port, 'name'), port: number, protocol }];
      }),
      status: own === undefined ? null : readStatus(own),
    };
  });
}

function readStatus(status: JsonObject): ContainerStatusRecord {
  const states = objectAt(status, 'state');
  const phase = Object.keys(states).find(key => isObject(states[key]));
  const detail = phase === undefined ? {} : objectAt(states, phase);
  const reason = stringAt(detail, 'reason');
  return {
    state: phase === undefined ? 'unknown' : reason === null ? phase : `${phase}: ${reason}`,
    message: stringAt(detail, 'message'),
    ready: booleanAt(status, 'ready'),
    id: stringAt(status, 'containerID')?.replace(/^[a-z-]+:\/\//, '') || null,
  };
}
