import { ApiError, apiPath, type Cluster, openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import { deletePod } from '../collect/debug-pod.ts';
import type { List, Pod } from '../collect/kinds.ts';
import { createKubectl, stderrLog } from '../collect/kubectl.ts';
import { isOver, ownerName, ownerOf, unknownUser, userMark } from '../collect/marks.ts';
import type { CleanupReport, FoundDebugPod } from '../model/cleanup.ts';

export interface CleanupRequest {
  connection: ConnectionOptions;
  /** Also what `kubectl debug node/…` left. */
  all: boolean;
  dryRun: boolean;
}

/** kubectl 1.34 labels its node debug pods; before, only the name tells (kubectl pkg/cmd/debug). A Job's pod is no such. */
function isKubectlDebug({ metadata: { name, labels, ownerReferences } }: Pod): boolean {
  const named = labels?.['app.kubernetes.io/managed-by'] === 'kubectl-debug' || name.startsWith('node-debugger-');
  return named && ownerReferences === undefined;
}

function judge(pod: Pod, user: string, all: boolean, now: number): FoundDebugPod | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  const owner = ownerOf(pod);
  const ours = owner !== undefined;
  if (!ours && !(all && isKubectlDebug(pod))) return undefined;
  const running = !isOver(pod, now);
  const yours = !ours || owner === unknownUser || user === unknownUser ? null : owner === user;
  const name = ownerName(pod) ?? null;
  const leave = running && yours !== true;
  return {
    namespace: pod.metadata.namespace ?? 'default',
    name: pod.metadata.name,
    node: pod.spec.nodeName ?? null,
    origin: ours ? 'netinspect' : 'kubectl debug',
    user: name,
    yours,
    created: pod.metadata.creationTimestamp ?? null,
    running,
    action: leave ? 'leave' : 'delete',
    why: leave ? `it is running and may be in use${yours === false ? ` by ${name ?? 'somebody else'}` : ''}` : null,
  };
}

/**
 * Node debug pods are never restarted: that narrows the list on the server. A namespace that the user names is the only
 * one; else it is the whole cluster where that is allowed, and the context's namespace where it is not.
 */
async function candidates(
  cluster: Cluster,
  named: string | undefined,
): Promise<{ pods: Pod[]; namespace: string | null }> {
  const query = { fieldSelector: 'spec.restartPolicy=Never' };
  if (named !== undefined) {
    const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { namespace: named, query }));
    return { pods: items, namespace: named };
  }
  try {
    const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { query }));
    return { pods: items, namespace: null };
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
    const { namespace } = cluster;
    const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { namespace, query }));
    return { pods: items, namespace };
  }
}

/**
 * Deletes the debug pods that are left: one's own, and anybody's in which nothing runs any more; never another
 * user's running one. Throws ClusterError when they cannot be listed.
 */
export async function cleanup({ connection, all, dryRun }: CleanupRequest): Promise<CleanupReport> {
  const log = stderrLog(connection);
  const kubectl = createKubectl(connection, log);
  const cluster = await openCluster(connection, { kubectl, log });
  try {
    const [{ pods, namespace }, name] = await Promise.all([candidates(cluster, connection.namespace), cluster.user()]);
    const { hash } = userMark(name);
    const now = Date.now();
    const found = pods.map(pod => judge(pod, hash, all, now)).filter(pod => pod !== undefined);
    const done = await Promise.all(
      found.map(async (pod): Promise<FoundDebugPod> => {
        if (dryRun || pod.action === 'leave') return pod;
        try {
          await deletePod(cluster, pod.namespace, pod.name);
          return pod;
        } catch (error) {
          return { ...pod, action: 'failed', why: (error as Error).message };
        }
      }),
    );
    return { apiVersion: 'netinspect/v1', kind: 'CleanupReport', dryRun, namespace, pods: done };
  } finally {
    cluster.close();
    kubectl.killAll();
  }
}
