/** The parts of Kubernetes objects that collecting reads, as they stand in the API's JSON (times are RFC 3339 text). */

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: unknown;
  ownerReferences?: unknown[];
}

export interface ContainerState {
  running?: { startedAt?: string };
  waiting?: { reason?: string; message?: string };
  terminated?: { exitCode: number; reason?: string; message?: string; startedAt?: string | null };
}

export interface Pod {
  metadata: ObjectMeta;
  spec: {
    nodeName?: string;
    containers: { name: string; image?: string; command?: string[] }[];
    activeDeadlineSeconds?: number;
  };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    startTime?: string;
    podIPs?: { ip: string }[];
    conditions?: { type: string; status: string }[];
    containerStatuses?: { name: string; containerID?: string; state?: ContainerState }[];
  };
}

export interface Node {
  metadata: ObjectMeta;
  spec?: { taints?: { key: string; effect: string }[] };
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    nodeInfo?: { operatingSystem?: string };
    addresses?: { type: string; address: string }[];
  };
}

export interface Service {
  metadata: ObjectMeta;
  spec?: { type?: string; clusterIP?: string };
}

/** Of discovery.k8s.io/v1. */
export interface EndpointSlice {
  metadata: ObjectMeta;
  endpoints?:
    | { nodeName?: string; conditions?: { ready?: boolean }; targetRef?: { kind?: string; name?: string } }[]
    | null;
}

export interface List<T> {
  kind?: string;
  apiVersion?: string;
  metadata?: { resourceVersion?: string };
  items: T[];
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}
