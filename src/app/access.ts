import { agentsOf } from '../collect/agent-way.ts';
import { readNode } from '../collect/api-objects.ts';
import { type Access, apiPath, type Cluster, openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions, DebugOptions } from '../collect/connection.ts';
import type { Node } from '../collect/kinds.ts';
import { createKubectl, stderrLog } from '../collect/kubectl.ts';
import { podCommand } from '../collect/lease.ts';
import { ClusterError } from '../errors.ts';
import type { AccessReport, AccessWay } from '../model/access-report.ts';
import { debugPodManifest } from './plan.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const read: Rule[] = [
  { apiGroups: [''], resources: ['nodes', 'pods', 'services', 'events'], verbs: ['get', 'list'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'] },
];
const exec: Rule = { apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] };
const debugPods: Rule = {
  apiGroups: [''],
  resources: ['pods'],
  verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
};

function role(name: string, rules: Rule[]): object {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
}

/**
 * Which ways into nodes (or a node) the user has, by RBAC and by the server's admission, which is asked without creating anything.
 * Throws ClusterError when the node does not exist or the server cannot be reached.
 */
export async function access(
  connection: ConnectionOptions,
  debug: DebugOptions,
  node: string | null,
): Promise<AccessReport> {
  const log = stderrLog(connection);
  const kubectl = createKubectl(connection, log);
  const cluster = await openCluster(connection, { kubectl, log });
  try {
    const namespace = debug.namespace ?? cluster.namespace;
    // Who may not read nodes may still have a way in.
    if (node !== null) await readNode<Node>(cluster, node).catch(unlessForbidden);
    const [user, podSecurity, ...ways] = await Promise.all([
      cluster.user().catch(() => undefined),
      podSecurityOf(cluster, namespace),
      debugWay(cluster, debug, namespace, node),
      agentWay(cluster, node),
      apiWay(cluster),
    ]);
    return {
      apiVersion: 'netinspect/v1',
      kind: 'AccessReport',
      user: user ?? null,
      namespace,
      podSecurity,
      node,
      ways,
    };
  } finally {
    cluster.close();
    kubectl.killAll();
  }
}

function unlessForbidden(error: unknown): void {
  if (!(error instanceof ClusterError && error.code === 'forbidden')) throw error;
}

async function asked(cluster: Cluster, needs: readonly Access[]): Promise<AccessWay['needs']> {
  return Promise.all(
    needs.map(async need => ({
      what: `${need.verb} ${need.resource}${need.subresource === undefined ? '' : `/${need.subresource}`}${need.namespace === undefined ? '' : ` in ${need.namespace}`}`,
      allowed: (await cluster.may(need)) ?? null,
    })),
  );
}

function isOpen(needs: AccessWay['needs'], refused: boolean | null): boolean | null {
  if (refused === true || needs.some(({ allowed }) => allowed === false)) return false;
  return refused === null || needs.some(({ allowed }) => allowed === null) ? null : true;
}

async function debugWay(
  cluster: Cluster,
  debug: DebugOptions,
  namespace: string,
  node: string | null,
): Promise<AccessWay> {
  const pods = ['create', 'get', 'list', 'watch', 'delete'].map(verb => ({ verb, resource: 'pods', namespace }));
  const [needs, refusal] = await Promise.all([
    asked(cluster, [...pods, { verb: 'create', resource: 'pods', subresource: 'exec', namespace }]),
    admission(cluster, debug, namespace, node ?? 'any'),
  ]);
  return {
    way: 'debug',
    title: `a debug pod on the node (kubectl debug node/… --profile=sysadmin), privileged, in namespace ${namespace}`,
    open: isOpen(needs, refusal.refused),
    needs,
    refusal: refusal.why,
    through: [],
    blind: '',
    role: role('netinspect-debug', [...read, debugPods, exec]),
  };
}

/** Whether the server would take the debug pod; RBAC that refuses it is told elsewhere. */
async function admission(cluster: Cluster, debug: DebugOptions, namespace: string, node: string) {
  const manifest = debugPodManifest(node, namespace, debug, podCommand('RUN', 'USER'));
  try {
    await cluster.create(apiPath('core', 'pods', { namespace, query: { dryRun: 'All' } }), manifest);
    return { refused: false, why: null };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return error.code === 'forbidden' ? { refused: true, why: error.message } : { refused: null, why: error.message };
  }
}

async function agentWay(cluster: Cluster, node: string | null): Promise<AccessWay> {
  const agents = node === null ? null : await agentsOf(cluster, node).catch(() => null);
  const namespaces = [...new Set(agents?.map(({ namespace }) => namespace) ?? [])];
  const where = namespaces.length === 0 ? ['kube-system'] : namespaces;
  const needs = await asked(cluster, [
    { verb: 'list', resource: 'pods' },
    ...where.map(namespace => ({ verb: 'create', resource: 'pods', subresource: 'exec', namespace })),
  ]);
  const nobody = agents !== null && agents.length === 0;
  return {
    way: 'agent',
    title: 'the tools of a kube-proxy or CNI pod that runs on the node (kubectl exec)',
    open: isOpen(needs, nobody),
    needs,
    refusal: nobody ? `no kube-proxy or CNI pod that is known by its name runs on ${node}` : null,
    through: agents?.map(({ namespace, name }) => `${namespace}/${name}`) ?? [],
    blind:
      'what is inside of pods, processes and settings of the node, what that image has no tool for; no dns, env, sysctl, capture, probe, exec',
    role: role('netinspect-agent', [...read, exec]),
  };
}

async function apiWay(cluster: Cluster): Promise<AccessWay> {
  const needs = await asked(
    cluster,
    ['nodes', 'pods', 'services'].map(resource => ({ verb: 'list', resource })),
  );
  return {
    way: 'api',
    title: 'the API alone',
    open: isOpen(needs, false),
    needs,
    refusal: null,
    through: [],
    blind: 'everything on nodes: interfaces, routes, rules, connections',
    role: role('netinspect-api', read),
  };
}

/** The level that a namespace enforces (pod-security.kubernetes.io/enforce). */
async function podSecurityOf(cluster: Cluster, name: string): Promise<string | null> {
  const found = await cluster
    .get<{ metadata: { labels?: Record<string, string> } }>(apiPath('core', 'namespaces', { name }))
    .catch(() => undefined);
  return found?.metadata.labels?.['pod-security.kubernetes.io/enforce'] ?? null;
}
