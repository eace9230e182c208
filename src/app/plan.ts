import { apiLists } from '../collect/api-objects.ts';
import { collectorScript } from '../collect/assets.ts';
import { apiPath, type Cluster, openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions, DebugOptions } from '../collect/connection.ts';
import { debugArguments, hardCapSeconds } from '../collect/debug-pod.ts';
import { createKubectl, stderrLog } from '../collect/kubectl.ts';
import { leasedCommand, podCommand } from '../collect/lease.ts';
import { execArguments } from '../collect/leased-exec.ts';
import { userMark } from '../collect/marks.ts';
import { assertAllowed } from '../collect/preflight.ts';
import type { CollectRequest } from '../collect/source.ts';
import { readTargets, taskArguments } from '../collect/targets.ts';
import { ClusterError } from '../errors.ts';
import type { PlannedPod, PlanReport } from '../model/plan.ts';

/** The pod that `kubectl debug node/… --profile=sysadmin` makes (kubectl pkg/cmd/debug: generateNodeDebugPod, profiles.go). */
export function debugPodManifest(node: string, namespace: string, debug: DebugOptions, command: string[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `node-debugger-${node}-`,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' },
    },
    spec: {
      containers: [
        {
          name: 'debugger',
          image: debug.image,
          ...(debug.imagePullPolicy ? { imagePullPolicy: debug.imagePullPolicy } : {}),
          command,
          securityContext: { privileged: true },
          terminationMessagePolicy: 'File',
          volumeMounts: [{ mountPath: '/host', name: 'host-root' }],
        },
      ],
      hostIPC: true,
      hostNetwork: true,
      hostPID: true,
      nodeName: node,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      volumes: [{ hostPath: { path: '/' }, name: 'host-root' }],
    },
  };
}

async function admission(
  cluster: Cluster,
  namespace: string,
  manifest: object,
): Promise<Pick<PlannedPod, 'admitted' | 'refusal'>> {
  try {
    await cluster.create(apiPath('core', 'pods', { namespace, query: { dryRun: 'All' } }), manifest);
    return { admitted: true, refusal: null };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { admitted: error.code === 'forbidden' ? false : null, refusal: error.message };
  }
}

/** What a live run would do: reads the targets, asks the server's admission, and creates nothing. Throws as the run would. */
export async function plan(
  connection: ConnectionOptions,
  debug: DebugOptions,
  request: CollectRequest,
): Promise<PlanReport> {
  const log = stderrLog(connection);
  const kubectl = createKubectl(connection, log);
  const cluster = await openCluster(connection, { kubectl, log });
  try {
    const namespace = debug.namespace ?? cluster.namespace;
    const [{ tasks, nodes }, name] = await Promise.all([
      readTargets(cluster, request),
      cluster.user(),
      assertAllowed(cluster, namespace),
    ]);
    const { hash } = userMark(name);
    const namespaces = [...new Set(request.pods.map(pod => pod.namespace))];
    const lists = Object.values(
      apiLists(
        namespaces,
        nodes.map(node => node.metadata.name),
      ),
    ).flat();
    const requests = ['GET /version', ...lists.map(({ path }) => `GET ${path}`)];
    const pods: PlannedPod[] = [];
    const commands: string[][] = [];
    for (const task of tasks) {
      const command = podCommand('RUN', hash);
      const manifest = debugPodManifest(task.node, namespace, debug, command);
      const pod = `node-debugger-${task.node}-XXXXX`;
      pods.push({ node: task.node, namespace, manifest, ...(await admission(cluster, namespace, manifest)) });
      commands.push(
        kubectl.commandLine(debugArguments(task.node, namespace, debug, command)),
        kubectl.commandLine(
          execArguments(
            namespace,
            pod,
            leasedCommand(Buffer.byteLength(collectorScript()), 'end', taskArguments(task, debug.timeoutMs)),
          ),
        ),
      );
      const path = apiPath('core', 'pods', { namespace, name: pod });
      requests.push(
        `GET ${apiPath('core', 'pods', { namespace, query: { fieldSelector: `spec.nodeName=${task.node}`, watch: 'true' } })}`,
        `PATCH ${path} (labels, annotations, activeDeadlineSeconds: ${hardCapSeconds})`,
        `DELETE ${path}`,
      );
    }
    return { apiVersion: 'netinspect/v1', kind: 'PlanReport', pods, requests, commands };
  } finally {
    cluster.close();
    kubectl.killAll();
  }
}
