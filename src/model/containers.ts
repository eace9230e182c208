import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ProcessRecord } from '../parse/pids.ts';
import type { Container, Note } from './report.ts';
import { cite, type Section } from './section.ts';

/**
 * The pod's containers with their processes, joined by the runtime's container id in the processes' cgroup and in
 * status.containerStatuses[].containerID. The sandbox (the pause process) is known to the node alone: it is told by its
 * process, or by being the only one left over. Other processes left over get a note.
 */
export function containersOf(
  pod: PodRecord,
  pods: Section<PodRecord>,
  processes: Section<ProcessRecord>,
): { containers: Container[]; notes: Note[] } {
  const pids = (own: readonly ProcessRecord[]) =>
    processes.state === 'absent' ? null : own.map(({ pid }) => pid).sort((a, b) => a - b);
  const containers = pod.containers.map((container): Container => {
    const id = container.status?.id ?? null;
    const own = processes.records.filter(({ containerId }) => id !== null && containerId === id);
    return {
      name: container.name,
      role: container.role,
      state: container.status?.state ?? 'waiting',
      ready: container.status?.ready ?? null,
      id,
      pids: pids(own),
      evidence: [...cite(pods, pod), ...cite(processes, ...own)],
    };
  });
  const known = new Set(containers.map(({ id }) => id));
  const left = Map.groupBy(
    processes.records.filter(({ containerId }) => containerId !== null && !known.has(containerId)),
    ({ containerId }) => containerId,
  );
  const allFound = containers.every(({ state, pids: own }) => state !== 'running' || own?.length);
  const notes: Note[] = [];
  for (const [id, own] of left) {
    const evidence = cite(processes, ...own);
    if (own.some(({ command }) => sandboxCommands.test(command)) || (left.size === 1 && allFound)) {
      containers.push({
        name: 'sandbox',
        role: 'sandbox',
        state: 'running',
        ready: null,
        id,
        pids: pids(own),
        evidence,
      });
    } else {
      const text = `PID ${pids(own)?.join(', ')} of the pod belong to container ${id}, which the pod's status does not name`;
      notes.push({ code: 'unknown-container', severity: 'warning', text, evidence });
    }
  }
  return { containers, notes };
}

/** The pause processes of Kubernetes (and OpenShift's `pod`), and the sandboxes of gVisor and Kata. */
const sandboxCommands = /^(pause$|pod$|runsc|qemu|cloud-hyperviso|firecracker|virtiofsd|kata)/;

/** Whose process it is: its container's name, or null when that is not known. */
export function containerOfPid(pid: number | null, containers: readonly Container[]): string | null {
  return containers.find(({ pids }) => pid !== null && pids?.includes(pid))?.name ?? null;
}
