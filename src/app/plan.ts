import { apiLists } from '../collect/api-objects.ts';
import { collectorScript } from '../collect/assets.ts';
import { apiPath, type Cluster, openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions, DebugOptions } from '../collect/connection.ts';
import { debugArguments, hardCapSeconds } from '../collect/debug-pod.ts';
import { createKubectl, stderrLog } from '../collect/kubectl.ts';
import { leasedCommand, podCommand } from '../collect/lease.ts';
import { execArguments } from '../collect/leased-exec.ts';
import { keptPods, userLabel } from '../collect/marks.ts';
import { accessReviews, readGround } from '../collect/preflight.ts';
import type { CollectRequest } from '../collect/source.ts';
import { listedNamespaces, readTargets, slicesPath, type Targets, taskArguments } from '../collect/targets.ts';
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

/** What a live run asks of the API before anything is created (collect/targets.ts, collect/preflight.ts, api-objects.ts). */
function readRequests({ asked, services, nodes }: Targets, request: CollectRequest, namespace: string): string[] {
  const names = nodes.map(node => node.metadata.name);
  return [
    ...asked.map(({ metadata }) => `GET ${apiPath('core', 'pods', metadata)}`),
    ...services.map(({ metadata }) => `GET ${apiPath('core', 'services', metadata)}`),
    ...services.map(service => `GET ${slicesPath(service)}`),
    ...names.map(name => `GET ${apiPath('core', 'nodes', { name })}`),
    'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
    ...accessReviews(namespace).map(
      what => `POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews (may you ${what}?)`,
    ),
    `GET ${apiPath('core', 'pods', { namespace, query: { labelSelector: userLabel } })}`,
    'GET /version',
    ...Object.values(apiLists(asked, names, listedNamespaces(request))).flatMap(lists =>
      lists.map(({ path }) => `GET ${path}`),
    ),
  ];
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
    const [targets, { user, own }] = await Promise.all([readTargets(cluster, request), readGround(cluster, namespace)]);
    const requests = readRequests(targets, request, namespace);
    const pods: PlannedPod[] = [];
    const commands: string[][] = [];
    for (const task of targets.tasks) {
      const { node } = task;
      const { usable, worn } = keptPods(own, node, debug.image, Date.now());
      const kept = usable?.metadata.name;
      const pod = kept ?? `node-debugger-${node}-XXXXX`;
      const path = apiPath('core', 'pods', { namespace, name: pod });
      if (kept === undefined) {
        const command = podCommand('RUN', user.hash);
        const manifest = debugPodManifest(node, namespace, debug, command);
        pods.push({ node, namespace, manifest, ...(await admission(cluster, namespace, manifest)) });
        commands.push(kubectl.commandLine(debugArguments(node, namespace, debug, command)));
        const query = { fieldSelector: `spec.nodeName=${node}`, watch: 'true' };
        requests.push(
          `GET ${apiPath('core', 'pods', { namespace, query })}`,
          `PATCH ${path} (labels, annotations, activeDeadlineSeconds: ${hardCapSeconds(debug)})`,
        );
      }
      const args = taskArguments(task, debug.timeoutMs);
      const collector = leasedCommand(
        Buffer.byteLength(collectorScript()),
        kept === undefined ? 'end' : 'keep',
        'SESSION',
        args,
      );
      commands.push(kubectl.commandLine(execArguments(namespace, pod, collector)));
      if (debug.keepMs !== undefined) {
        requests.push(`PATCH ${path} (annotations: kept for later runs)`);
        if (kept === undefined)
          requests.push(
            ...worn.map(old => `DELETE ${apiPath('core', 'pods', { namespace, name: old.metadata.name })}`),
          );
      } else if (kept === undefined) requests.push(`DELETE ${path}`);
    }
    return { apiVersion: 'netinspect/v1', kind: 'PlanReport', pods, requests, commands };
  } finally {
    cluster.close();
    kubectl.killAll();
  }
}
