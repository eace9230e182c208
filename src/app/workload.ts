import type { ConnectionOptions } from '../collect/connection.ts';
import { createKubectl } from '../collect/kubectl.ts';
import { ClusterError } from '../errors.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import type { PodTarget } from '../parse/snapshot.ts';
import type { EndName, Workload } from './trace-ends.ts';
import { podOfWorkload } from './trace-targets.ts';

/** True for a name that stands for the pods of a Deployment, StatefulSet or DaemonSet. */
export function isWorkload(end: EndName): end is Workload {
  return end.kind === 'deployment' || end.kind === 'statefulset' || end.kind === 'daemonset';
}

/** The running pod of a workload. Throws UsageError when it has none or several, ClusterError when they cannot be listed. */
export async function findWorkloadPod(end: Workload, connection: ConnectionOptions): Promise<PodTarget> {
  const namespace = end.namespace ?? connection.namespace;
  const place = namespace === undefined ? [] : [`--namespace=${namespace}`];
  const { exitCode, stdout, stderr } = await createKubectl(connection).run(['get', 'pods', '--output=json', ...place]);
  if (exitCode !== 0)
    throw new ClusterError('pods-not-listed', `the pods of ${end.name} cannot be listed: ${stderr.trim()}`);
  const pod = podOfWorkload(end, parsePods(stdout).records);
  return { namespace: pod.namespace, name: pod.name };
}
