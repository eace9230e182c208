import { ClusterError, isNetinspectError } from '../errors.ts';
import type { CollectFailure, PodTarget, SectionInfo } from '../parse/snapshot.ts';
import { ApiError, apiPath, type Cluster } from './cluster.ts';
import type { List, Pod, Service } from './kinds.ts';
import { nearest } from './nearest.ts';

/** What was read from the API, in the snapshot's form. */
export interface ApiObjects {
  files: Map<string, string>;
  sections: Record<string, SectionInfo>;
  failures: CollectFailure[];
  /** `v1.36.3`; undefined when the server does not say. */
  serverVersion: string | undefined;
}

interface ApiObject {
  metadata: { name: string; namespace?: string; managedFields?: unknown };
}

/** Of an API that nothing was read from. */
export function noObjects(): ApiObjects {
  return { files: new Map(), sections: {}, failures: [], serverVersion: undefined };
}

/** Gives the error as an entry of the snapshot. */
export function asFailure(subject: string, error: unknown): CollectFailure {
  if (!isNetinspectError(error)) throw error;
  return { subject, code: error.code, message: error.message };
}

const key = ({ metadata }: ApiObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

/** Reads one kind through several list requests; an object that is in more than one stands once. */
async function readKind(cluster: Cluster, kind: string, requests: ListRequest[], into: ApiObjects): Promise<void> {
  const start = performance.now();
  const path = `cluster/${kind}.json`;
  const asked: string[] = [];
  const lists = await Promise.all(
    requests.map(async ({ path: first, instead }) => {
      try {
        asked.push(`GET ${first}`);
        return await cluster.get<List<ApiObject>>(first);
      } catch (error) {
        into.failures.push(asFailure(path, error));
        if (instead === undefined || !(error instanceof ApiError && error.status === 403)) return undefined;
        asked.push(`GET ${instead}`);
        return cluster.get<List<ApiObject>>(instead).catch(second => {
          into.failures.push(asFailure(path, second));
          return undefined;
        });
      }
    }),
  );
  const read = lists.filter(list => list !== undefined);
  const [model] = read;
  if (!model) return;
  const objects = new Map<string, ApiObject>();
  for (const item of read.flatMap(list => list.items)) {
    const { managedFields: _dropped, ...metadata } = item.metadata;
    objects.set(key(item), { ...item, metadata });
  }
  const items = [...objects.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  into.files.set(path, JSON.stringify({ kind: model.kind, apiVersion: model.apiVersion, metadata: {}, items }));
  into.sections[path] = { command: asked.join('; '), durationMs: Math.round(performance.now() - start) };
}

interface ListRequest {
  path: string;
  /** What is asked when the whole cluster's list is refused. */
  instead?: string;
}

/** True for a pod whose events may say why it has no network, or not yet. */
function isTroubled({ status }: Pod): boolean {
  return (
    status?.phase !== 'Running' || !status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  );
}

/** The events about a pod (kubectl describe asks the same: k8s.io/client-go tools/reference). */
function eventsOf({ metadata: { name, namespace = 'default' } }: Pod): ListRequest {
  const query = { fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${name}` };
  return { path: apiPath('core', 'events', { namespace, query }) };
}

/**
 * The lists of a snapshot's API part, by kind: of the asked pods' and the given namespaces, those pods, and the inspected nodes.
 * `own`: the namespace that is tried where no other is named and the whole cluster's list is refused.
 */
export function apiLists(
  asked: readonly Pod[],
  nodes: readonly string[],
  more: readonly string[] | 'all' = [],
  own?: string,
): Record<string, ListRequest[]> {
  const listed = more === 'all' ? [] : more;
  const namespaces = [...new Set([...asked.map(({ metadata: { namespace = 'default' } }) => namespace), ...listed])];
  const [first = own] = namespaces;
  const everywhere = (group: 'core' | 'discovery.k8s.io', resource: string): ListRequest[] => [
    {
      path: apiPath(group, resource),
      ...(first === undefined ? {} : { instead: apiPath(group, resource, { namespace: first }) }),
    },
  ];
  return {
    nodes: [{ path: apiPath('core', 'nodes') }],
    pods: [
      ...(more === 'all' ? everywhere('core', 'pods') : []),
      ...namespaces.map(namespace => ({ path: apiPath('core', 'pods', { namespace }) })),
      ...nodes.map(node => ({ path: apiPath('core', 'pods', { query: { fieldSelector: `spec.nodeName=${node}` } }) })),
    ],
    services: everywhere('core', 'services'),
    endpointslices: everywhere('discovery.k8s.io', 'endpointslices'),
    events: asked.filter(isTroubled).map(eventsOf),
  };
}

/**
 * Reads the API part of a snapshot: nodes, services and endpoint slices of the cluster, the pods of the asked pods'
 * namespaces and of the inspected nodes, the events of asked pods that do not run or are not ready, and the server's
 * version. A list that is refused for the whole cluster is
 * asked for in the first namespace; what stays refused is a failure entry, never an end.
 */
export async function readApiObjects(
  cluster: Cluster,
  asked: readonly Pod[],
  nodes: readonly string[],
  namespaces: readonly string[] | 'all',
): Promise<ApiObjects> {
  const into = noObjects();
  const version = async () => {
    const start = performance.now();
    const info = await cluster.get<{ gitVersion?: string }>('/version');
    into.serverVersion = info.gitVersion;
    into.files.set('cluster/version.json', JSON.stringify(info));
    into.sections['cluster/version.json'] = {
      command: 'GET /version',
      durationMs: Math.round(performance.now() - start),
    };
  };
  await Promise.all([
    ...Object.entries(apiLists(asked, nodes, namespaces, cluster.namespace)).map(([kind, requests]) =>
      readKind(cluster, kind, requests, into),
    ),
    version().catch(error => into.failures.push(asFailure('cluster/version.json', error))),
  ]);
  return into;
}

/** Adds objects that were read one by one to a list that does not hold them (because listing is forbidden). */
export function addMissing(
  objects: ApiObjects,
  kind: 'pods' | 'nodes',
  apiKind: string,
  items: readonly ApiObject[],
): void {
  const path = `cluster/${kind}.json`;
  const list = JSON.parse(
    objects.files.get(path) ?? JSON.stringify({ kind: apiKind, apiVersion: 'v1', metadata: {}, items: [] }),
  ) as List<ApiObject>;
  const known = new Set(list.items.map(key));
  const missing = items.filter(item => !known.has(key(item)));
  if (missing.length === 0) return;
  for (const { metadata, ...rest } of missing) {
    const { managedFields: _dropped, ...kept } = metadata;
    list.items.push({ ...rest, metadata: kept });
  }
  objects.files.set(path, JSON.stringify(list));
  objects.sections[path] ??= { command: 'GET, one by one' };
}

/** Reads an asked pod. Throws ClusterError `pod-not-found` that names near ones and namespaces that have it. */
export async function readPod(cluster: Cluster, { namespace, name }: PodTarget): Promise<Pod> {
  try {
    return await cluster.get<Pod>(apiPath('core', 'pods', { namespace, name }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    const list = (path: string) =>
      cluster.get<List<Pod>>(path).then(
        ({ items }) => items,
        () => [],
      );
    const [here, elsewhere] = await Promise.all([
      list(apiPath('core', 'pods', { namespace })),
      list(apiPath('core', 'pods', { query: { fieldSelector: `metadata.name=${name}` } })),
    ]);
    const namespaces = elsewhere.map(pod => pod.metadata.namespace ?? '').filter(other => other !== namespace);
    const near = nearest(
      name,
      here.map(pod => pod.metadata.name),
    );
    const hints = [
      ...(namespaces.length > 0 ? [`namespace ${namespaces.join(', ')} has a pod of this name: use -n`] : []),
      ...(near.length > 0 ? [`did you mean ${near.join(', ')}?`] : []),
    ];
    throw new ClusterError(
      'pod-not-found',
      `pod ${name} not found in namespace ${namespace}`,
      hints.join('; ') || `see \`kubectl get pods -n ${namespace}\``,
    );
  }
}

/** Reads a service. Throws ClusterError `service-not-found` that names near ones and namespaces that have it. */
export async function readService(cluster: Cluster, { namespace, name }: PodTarget): Promise<Service> {
  try {
    return await cluster.get<Service>(apiPath('core', 'services', { namespace, name }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    const list = (path: string) =>
      cluster.get<List<ApiObject>>(path).then(
        ({ items }) => items,
        () => [],
      );
    const all = await list(apiPath('core', 'services'));
    const here = all.filter(service => service.metadata.namespace === namespace);
    const elsewhere = all.filter(service => service.metadata.name === name).map(service => service.metadata.namespace);
    const near = nearest(
      name,
      here.map(service => service.metadata.name),
    );
    const hints = [
      ...(elsewhere.length > 0 ? [`namespace ${elsewhere.join(', ')} has a service of this name: use -n`] : []),
      ...(near.length > 0 ? [`did you mean ${near.join(', ')}?`] : []),
    ];
    throw new ClusterError(
      'service-not-found',
      `service ${name} not found in namespace ${namespace}`,
      hints.join('; ') || `see \`kubectl get services -n ${namespace}\``,
    );
  }
}

/** Reads a node. Throws ClusterError `node-not-found` that names near ones. */
export async function readNode<T extends ApiObject>(cluster: Cluster, name: string): Promise<T> {
  try {
    return await cluster.get<T>(apiPath('core', 'nodes', { name }));
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    const nodes = await cluster.get<List<ApiObject>>(apiPath('core', 'nodes')).then(
      ({ items }) => items,
      () => [],
    );
    const near = nearest(
      name,
      nodes.map(node => node.metadata.name),
    );
    throw new ClusterError(
      'node-not-found',
      `node ${name} not found`,
      near.length > 0 ? `did you mean ${near.join(', ')}?` : 'see `kubectl get nodes`',
    );
  }
}
