import type { Pod } from './kinds.ts';

/** A process of a pod, as the node numbers it. */
interface PodProcess {
  pid: number;
  /** The inode of its network namespace. */
  netns: string;
  cgroup: string;
}

/** Where a pod's processes and its network namespace are on its node. */
export interface PodPlace {
  /** A file that stands for the network namespace; undefined when the pod has none any more. */
  netns: string | undefined;
  /** The pod uses the node's own network. */
  onNodeNetwork: boolean;
  processes: PodProcess[];
}

/**
 * Finds pods by the UID in their cgroups, as every runtime and driver writes it (kubelet, pkg/kubelet/cm/cgroup_manager_linux.go), or by an
 * address in a namespace of /run/netns. Arguments: UID IPS|- for each pod. Prints "node INODE", then "process INDEX PID INODE CGROUP" and
 * "file INDEX PATH".
 */
export const findScript = `LC_ALL=C
stat -L -c 'node %i' /proc/self/ns/net || exit
index=0
while [ $# -ge 2 ]; do
  found=
  for file in $(grep -l -s -F -e "pod$1" -e "pod$(printf %s "$1" | tr - _)" /proc/[0-9]*/cgroup); do
    pid=\${file#/proc/}
    pid=\${pid%/cgroup}
    inode=$(stat -L -c %i "/proc/$pid/ns/net" 2>/dev/null) || continue
    found=yes
    printf 'process %s %s %s %s\\n' $index "$pid" "$inode" "$(grep -m1 pod "$file")"
  done
  if [ -z "$found" ] && [ "$2" != - ]; then
    for file in /host/run/netns/* /host/run/docker/netns/*; do
      [ -e "$file" ] || continue
      addresses=$(timeout -k 1 5 nsenter --net="$file" ip -o addr 2>/dev/null)
      for address in $(printf %s "$2" | tr , ' '); do
        case $addresses in *" $address/"*) printf 'file %s %s\\n' $index "$file"; break 2 ;; esac
      done
    done
  fi
  index=$((index + 1))
  shift 2
done`;

/** The arguments of the script. A static pod's cgroup carries its manifest's hash (k8s pkg/kubelet/types/pod_update.go). */
export function findArguments(pods: readonly Pod[]): string[] {
  return pods.flatMap(({ metadata, status }) => [
    metadata.annotations?.['kubernetes.io/config.hash'] ?? metadata.uid ?? '-',
    status?.podIPs?.map(({ ip }) => ip).join(',') || '-',
  ]);
}

/** Reads what the script printed for so many pods. */
export function readPlaces(text: string, count: number): PodPlace[] {
  const lines = text.split('\n');
  const node = /^node (\d+)$/m.exec(text)?.[1];
  return Array.from({ length: count }, (_, index) => {
    const processes = lines
      .map(line => /^process (\d+) (\d+) (\d+) (.*)$/.exec(line))
      .filter(match => match !== null)
      .filter(([, at]) => Number(at) === index)
      .map(([, , pid, netns = '', cgroup = '']) => ({ pid: Number(pid), netns, cgroup }))
      .sort((a, b) => a.pid - b.pid);
    // A runtime may keep a monitor of the node in the pod's cgroup (CRI-O: conmon); the oldest process is the sandbox's.
    const own = processes.find(({ netns }) => netns !== node);
    const file = lines.map(line => /^file (\d+) (.*)$/.exec(line)).find(match => Number(match?.[1] ?? -1) === index);
    const first = own ?? processes[0];
    return {
      netns: first === undefined ? file?.[2] : `/proc/${first.pid}/ns/net`,
      onNodeNetwork: processes.length > 0 && own === undefined,
      processes,
    };
  });
}

/** The PID of a container's first process, by its id in the cgroup; undefined when it has none on the node. */
export function containerPid(place: PodPlace, containerId: string): number | undefined {
  const id = containerId.replace(/^.*:\/\//, '');
  return id === '' ? undefined : place.processes.find(({ cgroup }) => cgroup.includes(id))?.pid;
}
