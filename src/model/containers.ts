import type { PodRecord } from '../parse/kubernetes/pods.ts';
import type { ProcessRecord } from '../parse/pids.ts';
import type { Container } from './report.ts';
import { cite, type Section } from './section.ts';

/**
 * The pod's containers with their processes, joined by the runtime's container id in the processes' cgroup and in
 * status.containerStatuses[].containerID. A container that only the node knows is the sandbox (the pause process).
 */
export function containersOf(pod: PodRecord, pods: Section<PodRecord>, processes: Section<ProcessRecord>): Container[] {
  const seen = processes.state !== 'absent';
  const of = (id: string | null) => processes.records.filter(process => id !== null && process.containerId === id);
  const pids = (own: readonly ProcessRecord[]) => (seen ? own.map(({ pid }) => pid).sort((a, b) => a - b) : null);
  const containers = pod.containers.map((container): Container => {
    const id = container.status?.id ?? null;
    return {
      name: container.name,
      role: container.role,
      state: container.status?.state ?? 'waiting',
      ready: container.status?.ready ?? null,
      id,
      pids: pids(of(id)),
      evidence: [...cite(pods, pod), ...cite(processes, ...of(id))],
    };
  });
  const known = new Set(containers.map(({ id }) => id));
  const others = new Map<string, ProcessRecord[]>();
  for (const process of processes.records) {
    const id = process.containerId;
    if (id !== null && !known.has(id)) others.set(id, [...(others.get(id) ?? []), process]);
  }
  for (const [id, own] of others) {
    // A container of the pod whose status the API server does not have yet looks like this too, but is no pause process.
    const sandbox = own.some(({ command }) => sandboxCommands.test(command));
    if (!sandbox && others.size > 1) continue;
    const evidence = cite(processes, ...own);
    containers.push({ name: 'sandbox', role: 'sandbox', state: 'running', ready: null, id, pids: pids(own), evidence });
  }
  return containers;
}

/** The pause processes of Kubernetes, CRI-O and k3s, and the sandboxes of gVisor and Kata. */
const sandboxCommands =
  /^(pause|\/pause|infra|runsc|exe|runsc-sandbox|qemu|cloud-hyperviso|firecracker|virtiofsd|kata)/;

/** Whose process it is: its container's name, or null when that is not known. */
export function containerOfPid(pid: number | null, containers: readonly Container[]): string | null {
  return containers.find(({ pids }) => pid !== null && pids?.includes(pid))?.name ?? null;
}
