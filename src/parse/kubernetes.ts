import {
  booleanAt,
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  parseJsonArray,
  stringAt,
  stringsAt,
} from './json.ts';
import type { Parsed } from './records.ts';

/** What every Kubernetes object here has; `raw` is the part of the object that the record was read from. */
interface ObjectRecord {
  raw: string;
  namespace: string;
  name: string;
  uid: string;
}

export interface ContainerStatusRecord {
  state: string;
  /** The message of a waiting or terminated state. */
  message: string | null;
  ready: boolean | null;
  /** Without its scheme (`containerd://`); null before it was created. */
  id: string | null;
}

export interface ContainerRecord {
  name: string;
  role: 'app' | 'init' | 'sidecar' | 'ephemeral';
  ports: { name: string | null; port: number; protocol: string }[];
  status: ContainerStatusRecord | null;
}

export interface PodRecord extends ObjectRecord {
  labels: Record<string, string>;
  nodeName: string | null;
  hostNetwork: boolean;
  runtimeClass: string | null;
  phase: string;
  reason: string | null;
  message: string | null;
  deleting: boolean;
  ips: string[];
  conditions: ConditionRecord[];
  containers: ContainerRecord[];
}

export interface ConditionRecord {
  type: string;
  status: string;
  reason: string | null;
  message: string | null;
}

export interface ServiceRecord extends ObjectRecord {
  type: string;
  selector: Record<string, string>;
  clusterIPs: string[];
  ipFamilies: string[];
  externalIPs: string[];
  loadBalancerIPs: string[];
  sessionAffinity: string;
  internalTrafficPolicy: string | null;
  externalTrafficPolicy: string | null;
  ports: {
    name: string | null;
    protocol: string;
    port: number;
    nodePort: number | null;
    targetPort: string | number;
  }[];
}

export interface EndpointSliceRecord extends ObjectRecord {
  /** The service of the label kubernetes.io/service-name. */
  service: string | null;
  addressType: string;
  ports: { name: string | null; protocol: string; port: number | null }[];
  endpoints: {
    addresses: string[];
    ready: boolean | null;
    serving: boolean | null;
    terminating: boolean | null;
    /** NAMESPACE/NAME of the pod that it points to. */
    pod: string | null;
    uid: string | null;
  }[];
}

export interface NodeRecord extends ObjectRecord {
  /** InternalIP and ExternalIP. */
  ips: string[];
  podCIDRs: string[];
  ready: boolean | null;
  osImage: string | null;
  kernel: string | null;
  containerRuntime: string | null;
  kubeletVersion: string | null;
}

export interface EventRecord extends ObjectRecord {
  reason: string;
  message: string;
  about: { kind: string; namespace: string; name: string; uid: string };
  /** RFC 3339, when it was last seen. */
  time: string | null;
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
      nodeName: stringAt(spec, 'nodeName') || null,
      hostNetwork: booleanAt(spec, 'hostNetwork') ?? false,
      runtimeClass: stringAt(spec, 'runtimeClassName'),
      phase: stringAt(status, 'phase') ?? 'Unknown',
      reason: stringAt(status, 'reason'),
      message: stringAt(status, 'message'),
      deleting: 'deletionTimestamp' in objectAt(object, 'metadata'),
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

/** Reads a list of services (core/v1 ServiceList). */
export function parseServices(text: string): Parsed<ServiceRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
    const clusterIP = stringAt(spec, 'clusterIP');
    const clusterIPs = stringsAt(spec, 'clusterIPs');
    return {
      ...meta,
      type: stringAt(spec, 'type') ?? 'ClusterIP',
      selector: labelsAt(spec, 'selector'),
      clusterIPs: clusterIPs.length > 0 || clusterIP === null ? clusterIPs : [clusterIP],
      ipFamilies: stringsAt(spec, 'ipFamilies'),
      externalIPs: stringsAt(spec, 'externalIPs'),
      loadBalancerIPs: ingress.flatMap(item => stringAt(item, 'ip') ?? []),
      sessionAffinity: stringAt(spec, 'sessionAffinity') ?? 'None',
      internalTrafficPolicy: stringAt(spec, 'internalTrafficPolicy'),
      externalTrafficPolicy: stringAt(spec, 'externalTrafficPolicy'),
      ports: objectsAt(spec, 'ports').flatMap(port => {
        const number = numberAt(port, 'port');
        if (number === null) return [];
        return [
          {
            name: stringAt(port, 'name'),
            protocol: stringAt(port, 'protocol') ?? 'TCP',
            port: number,
            nodePort: numberAt(port, 'nodePort'),
            targetPort: stringAt(port, 'targetPort') ?? numberAt(port, 'targetPort') ?? number,
          },
        ];
      }),
    };
  });
}

/** Reads a list of EndpointSlices (discovery.k8s.io/v1 EndpointSliceList). */
export function parseEndpointSlices(text: string): Parsed<EndpointSliceRecord> {
  return parseList(text, (object, meta) => ({
    ...meta,
    service: stringAt(objectAt(objectAt(object, 'metadata'), 'labels'), 'kubernetes.io/service-name'),
    addressType: stringAt(object, 'addressType') ?? '',
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
      };
    }),
  }));
}

/** Reads a list of nodes (core/v1 NodeList). */
export function parseNodes(text: string): Parsed<NodeRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const status = objectAt(object, 'status');
    const info = objectAt(status, 'nodeInfo');
    const ready = readConditions(status).find(condition => condition.type === 'Ready')?.status;
    const cidr = stringAt(spec, 'podCIDR');
    const cidrs = stringsAt(spec, 'podCIDRs');
    return {
      ...meta,
      ips: objectsAt(status, 'addresses').flatMap(address =>
        /^(Internal|External)IP$/.test(stringAt(address, 'type') ?? '') ? (stringAt(address, 'address') ?? []) : [],
      ),
      podCIDRs: cidrs.length > 0 || cidr === null ? cidrs : [cidr],
      ready: ready === 'True' ? true : ready === 'False' ? false : null,
      osImage: stringAt(info, 'osImage'),
      kernel: stringAt(info, 'kernelVersion'),
      containerRuntime: stringAt(info, 'containerRuntimeVersion'),
      kubeletVersion: stringAt(info, 'kubeletVersion'),
    };
  });
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

function parseList<T extends ObjectRecord>(
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

function labelsAt(object: JsonObject, key: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(object, key)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function readConditions(status: JsonObject): ConditionRecord[] {
  return objectsAt(status, 'conditions').map(condition => ({
    type: stringAt(condition, 'type') ?? '',
    status: stringAt(condition, 'status') ?? '',
    reason: stringAt(condition, 'reason'),
    message: stringAt(condition, 'message'),
  }));
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
