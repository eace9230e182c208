import type { EventRecord } from '../parse/kubernetes/events.ts';
import type { NodeRecord } from '../parse/kubernetes/nodes.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ProcessRecord } from '../parse/pids.ts';
import type { Note } from './report.ts';
import { cite, type Section } from './section.ts';

/** Whether the pod can have a network on its node now. */
export function runs(pod: PodRecord): boolean {
  return pod.nodeName !== null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed' && started(pod);
}

/** A Pending pod whose init containers run has its network already. */
function started(pod: PodRecord): boolean {
  return (
    pod.phase !== 'Pending' ||
    pod.ips.length > 0 ||
    pod.containers.some(({ status }) => status !== null && status.id !== null)
  );
}

/** Why the pod, or its sandbox, does not run or is not ready, in Kubernetes' words; null when it is fine. */
export function stateReason(pod: PodRecord, events: readonly EventRecord[]): string | null {
  if (pod.nodeName === null) {
    const scheduled = pod.conditions.find(({ type, status }) => type === 'PodScheduled' && status !== 'True');
    return words(scheduled?.reason ?? 'Pending', scheduled?.message ?? 'no scheduler has placed it yet');
  }
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') {
    const ended = pod.containers
      .filter(({ status }) => status !== null)
      .map(({ name, status }) => `${name} ${status?.state}`);
    return words(pod.reason ?? pod.phase, pod.message ?? ended.join(', '));
  }
  if (pod.phase !== 'Pending' && runs(pod)) {
    const ready = pod.conditions.find(({ type }) => type === 'Ready');
    if (ready === undefined || ready.status === 'True' || ready.reason === null) return null;
    return words(ready.reason, ready.message ?? '');
  }
  const sandbox = latest(events, pod, 'FailedCreatePodSandBox');
  if (sandbox !== null) return words(sandbox.reason, sandbox.message);
  const waiting = pod.containers.find(({ status }) => status?.state.startsWith('waiting: '))?.status;
  return words(
    pod.reason ?? waiting?.state.slice('waiting: '.length) ?? pod.phase,
    pod.message ?? waiting?.message ?? '',
  );
}

function words(reason: string, message: string): string {
  return message === '' ? reason : `${reason}: ${message}`;
}

function latest(events: readonly EventRecord[], pod: PodRecord, reason: string): EventRecord | null {
  const own = events.filter(
    ({ about, ...event }) =>
      event.reason === reason &&
      about.kind === 'Pod' &&
      about.namespace === pod.namespace &&
      about.name === pod.name &&
      (about.uid === '' || pod.uid === '' || about.uid === pod.uid),
  );
  return own.sort((a, b) => (a.time ?? '').localeCompare(b.time ?? '')).at(-1) ?? null;
}

/** The kinds of sandbox whose network stack the node cannot look into; the RuntimeClass's name is only a name. */
const sandboxes = [
  { name: 'gVisor', processes: /^runsc/, runtimeClass: /gvisor|runsc/i },
  {
    name: 'Kata Containers',
    processes: /^(qemu-system|qemu|cloud-hyperviso|firecracker|virtiofsd|kata)/,
    runtimeClass: /kata/i,
  },
];

/** The sandbox that the pod runs in, told by its processes, else by its RuntimeClass; null for plain containers. */
export function sandboxOf(
  pod: PodRecord,
  processes: readonly ProcessRecord[],
): { name: string; certain: boolean } | null {
  const seen = sandboxes.find(kind => processes.some(({ command }) => kind.processes.test(command)));
  if (seen !== undefined) return { name: seen.name, certain: true };
  const named = sandboxes.find(kind => pod.runtimeClass !== null && kind.runtimeClass.test(pod.runtimeClass));
  return named === undefined || processes.length > 0 ? null : { name: named.name, certain: false };
}

interface StateFacts {
  pod: PodRecord;
  pods: Section<PodRecord>;
  nodes: Section<NodeRecord>;
  events: Section<EventRecord>;
}

/** Where the pod was found on its node. */
interface PodPlace {
  processes: Section<ProcessRecord>;
  inode: number | null;
  nodeInode: number | null;
  file: string | null;
}

/** What is unusual about the pod, in words of its own; each has a stable code. */
export function stateNotes({ pod, pods, nodes, events }: StateFacts, place: PodPlace | null): Note[] {
  const notes: Note[] = [];
  const evidence = cite(pods, pod);
  const add = (severity: Note['severity'], code: string, text: string) =>
    notes.push({ code, severity, text, evidence });
  if (pod.hostNetwork || (place !== null && place.inode !== null && place.inode === place.nodeInode)) {
    add(
      'info',
      'host-network',
      "the pod uses the node's own network namespace: its addresses, interfaces, routes and rules are the node's",
    );
  }
  if (pod.nodeName === null) {
    add('warning', 'not-scheduled', 'the pod is on no node yet, so it has no network');
  } else if (pod.phase === 'Succeeded') {
    add('info', 'succeeded', 'all containers of the pod have ended with success: it has no network any more');
  } else if (pod.phase === 'Failed') {
    add('warning', 'failed', 'the pod has failed: it has no network any more');
  } else if (pod.phase === 'Pending' && runs(pod)) {
    add(
      'warning',
      'containers-not-started',
      'the pod has its network already, but not all of its containers have started',
    );
  } else if (!runs(pod)) {
    const failed = latest(events.records, pod, 'FailedCreatePodSandBox');
    const why = failed === null ? 'its sandbox or its containers are still being made' : 'its sandbox cannot be made';
    notes.push({
      code: failed === null ? 'container-creating' : 'sandbox-failed',
      severity: 'warning',
      text: `the pod has no network yet: ${why}`,
      evidence: [...evidence, ...(failed === null ? [] : cite(events, failed))],
    });
  }
  if (pod.deleting) add('warning', 'deleting', 'the pod is being deleted');
  const apps = pod.containers.filter(({ role }) => role === 'app' || role === 'sidecar');
  if (apps.length > 1) {
    add(
      'info',
      'shared-network',
      `${apps.length} containers share this network: they reach each other on localhost, and a port can be taken only once`,
    );
  }
  if (place === null) return notes;
  const runtime = nodes.records.find(({ name }) => name === pod.nodeName)?.containerRuntime?.split('://')[0];
  if (runtime !== undefined && runtime !== 'containerd') {
    add(
      'info',
      'runtime-unproven',
      `the node runs ${runtime}: how its processes are told apart is proven live for containerd alone`,
    );
  }
  const { processes, file } = place;
  const sandbox = sandboxOf(pod, processes.records);
  if (sandbox !== null) {
    const told = sandbox.certain ? '' : `, as its RuntimeClass ${pod.runtimeClass} suggests`;
    const text = `the pod runs in ${sandbox.name}${told}, which has a network stack of its own: only the link layer is visible on the node`;
    notes.push({
      code: 'sandboxed',
      severity: 'info',
      text,
      evidence: [...evidence, ...cite(processes, ...processes.records)],
    });
  }
  if (processes.state === 'whole' && processes.records.length === 0) {
    const found = file !== null && !file.startsWith('/proc/');
    if (found)
      add(
        'info',
        'netns-by-address',
        `no process of the pod was found; its network namespace was found by its address as ${file}`,
      );
    else add('warning', 'no-process', 'no process of the pod was found on its node');
  }
  return notes;
}
