import { createHash } from 'node:crypto';
import { ApiError, apiPath, type Cluster } from './cluster.ts';
import type { List, Pod } from './kinds.ts';
import { podOrigin } from './lease.ts';

/** The user as the server names it, and its hash for labels; the name is undefined when the server does not say. */
export interface User {
  name: string | undefined;
  hash: string;
}

export const userLabel = 'netinspect/user';
const userAnnotation = 'netinspect/user';
const keptUntil = 'netinspect/kept-until';

/** The value of `hash` for a user that is not known: such pods are never reused. */
export const unknownUser = 'unknown';

export function userMark(name: string | undefined): User {
  const hash = name === undefined ? unknownUser : createHash('sha256').update(name).digest('hex').slice(0, 16);
  return { name, hash };
}

/** The labels and annotations of a debug pod: whose, since when, what for. */
export function marks(
  user: User,
  purpose: string,
): { labels: Record<string, string>; annotations: Record<string, string> } {
  return {
    labels: { [userLabel]: user.hash },
    annotations: {
      [userAnnotation]: user.name ?? unknownUser,
      'netinspect/started': new Date().toISOString(),
      'netinspect/purpose': purpose,
    },
  };
}

export function keptAnnotation(keepMs: number): Record<string, string> {
  return { [keptUntil]: new Date(Date.now() + keepMs).toISOString() };
}

/** The hash of the user whose debug pod it is; undefined for a pod that is not ours. */
export function ownerOf(pod: Pod): string | undefined {
  return podOrigin(pod)?.user;
}

/** The name of the user whose debug pod it is; undefined when the pod does not tell. */
export function ownerName(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[userAnnotation];
}

/** When a pod's hard cap ends it; undefined when it has none or has not started. Milliseconds since the epoch. */
export function capOf(pod: Pod): number | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  const started = pod.status?.startTime;
  return activeDeadlineSeconds === undefined || started === undefined
    ? undefined
    : Date.parse(started) + activeDeadlineSeconds * 1000;
}

/** True when nothing of the pod runs any more. */
export function isOver(pod: Pod, now: number): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' || (capOf(pod) ?? Number.POSITIVE_INFINITY) < now;
}

/** Kept pods are used only when they have this much left. */
const usableMs = { kept: 5000, cap: 30_000 };

/** Kept pods that run on a node. */
export interface KeptPods {
  /** The one that a run may use. */
  usable: Pod | undefined;
  /** Those too near their end for that: the next kept pod takes their place. */
  worn: Pod[];
}

/** The kept pods on `node` for a run with this image. */
export function keptPods(pods: readonly Pod[], node: string, image: string, now: number): KeptPods {
  const keptUntilOf = (pod: Pod) => Date.parse(pod.metadata.annotations?.[keptUntil] ?? '');
  const kept = pods.filter(
    pod =>
      pod.spec.nodeName === node &&
      pod.spec.containers[0]?.image === image &&
      pod.status?.containerStatuses?.[0]?.state?.running !== undefined &&
      pod.metadata.deletionTimestamp === undefined &&
      !Number.isNaN(keptUntilOf(pod)),
  );
  const isUsable = (pod: Pod) => keptUntilOf(pod) - now > usableMs.kept && (capOf(pod) ?? 0) - now > usableMs.cap;
  return { usable: kept.find(isUsable), worn: kept.filter(pod => !isUsable(pod)) };
}

/** Everybody's labelled debug pods in a namespace; none where they may not be listed. */
export async function labelledPods(cluster: Cluster, namespace: string): Promise<Pod[]> {
  try {
    const query = { labelSelector: userLabel };
    const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { namespace, query }));
    return items.filter(pod => ownerOf(pod) !== undefined);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return [];
    throw error;
  }
}
