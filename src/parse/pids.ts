import { isObject, type JsonObject, numberAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A process of a pod, as the collector found it through its cgroup. PIDs are of the node's PID namespace. */
export interface ProcessRecord {
  raw: string;
  pid: number;
  command: string;
  /** Inode of its network namespace; null when it could not be read. */
  netns: number | null;
  /** The runtime's container id out of the cgroup path; null when the path has none (the pod's own cgroup). */
  containerId: string | null;
}

/** Reads the collector's pids.json. */
export function parsePids(text: string): Parsed<ProcessRecord> {
  return parseJsonArray(text, entry => {
    const pid = numberAt(entry, 'pid');
    if (pid === null) return 'no pid';
    return {
      get raw() {
        return JSON.stringify(entry);
      },
      pid,
      command: stringAt(entry, 'comm') ?? '',
      netns: netnsInode(entry),
      containerId: containerIdOf(stringAt(entry, 'cgroup') ?? ''),
    };
  });
}

/**
 * The container of a cgroup path, or of all lines of /proc/PID/cgroup. Forms: `…/pod<uid>/<id>` (cgroupfs driver),
 * `…-pod<uid>.slice/<runtime>-<id>.scope` (systemd driver; kubernetes pkg/kubelet/cm/cgroup_manager_linux.go, the
 * prefixes from containerd internal/cri, CRI-O internal/config/cgmgr, dockerd), `<slice>:<runtime>:<id>` (systemd
 * path not yet expanded). `crio-conmon-<id>` holds CRI-O's monitor, not the container.
 */
export function containerIdOf(cgroup: string): string | null {
  for (const path of cgroup.split('\n')) {
    const form = /(?:^|[/:])(?:(cri-containerd|crio-conmon|crio|docker)[-:])?([0-9a-f]{64})(?:\.scope)?(?=\/|$)/.exec(
      path,
    );
    if (form !== null) return form[1] === 'crio-conmon' ? null : (form[2] ?? null);
  }
  return null;
}

function netnsInode(entry: JsonObject): number | null {
  const value = entry['netns'];
  const match = typeof value === 'string' ? /(\d+)\]?$/.exec(value) : null;
  return match ? Number(match[1]) : isObject(value) ? null : numberAt(entry, 'netns');
}
