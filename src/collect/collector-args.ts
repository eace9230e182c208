/** A pod as the collector needs it to find its processes and its network namespace. */
export interface CollectorPod {
  namespace: string;
  name: string;
  /** As cgroups have it: the annotation `kubernetes.io/config.hash` of a static pod, else `metadata.uid`. */
  uid: string;
  /** `status.podIPs`; may be empty. */
  ips: string[];
}

/** The arguments of collector.sh; each section's tools get the given time. `question`: words of questions.sh. */
export function collectorArguments(
  pods: readonly CollectorPod[],
  sectionTimeoutSeconds: number,
  question?: readonly string[],
): string[] {
  const podArguments = pods.flatMap(pod => ['--pod', pod.namespace, pod.name, pod.uid, pod.ips.join(',') || '-']);
  const asked = question === undefined ? [] : ['--ask', ...question];
  return ['--section-timeout', String(sectionTimeoutSeconds), ...podArguments, ...asked];
}
