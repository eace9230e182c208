import { type Dirent, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Everything that the cluster runs lives in cgroups of these names, in every hierarchy: one a node and one for the control plane.
 * A process is put there before it becomes what it is, so they are the whole truth about what is to be ended.
 */
const cgroupPrefix = 'netinspect-';
export const controlCgroup = `${cgroupPrefix}control`;
export const nodeCgroup = (node: string): string => `${cgroupPrefix}${node}`;

/** Mount points of the cgroup hierarchies (proc_pid_mountinfo(5)); named and unified ones included. */
function hierarchies(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => / - cgroup2? /.test(line))
    .flatMap(line => line.split(' ')[4] ?? [])
    .filter(path => path.startsWith('/sys/fs/cgroup/'));
}

/**
 * Makes the cgroup in every hierarchy. A new cpuset takes no task before its CPUs and memory nodes are set (cpuset(7)).
 * `cpuShares` is its weight beside other cgroups and tasks when CPUs are short (cgroup-v1, sched-design-CFS).
 */
export async function createCgroup(name: string, cpuShares = 1024): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const dir = join(hierarchy, name);
    await mkdir(dir, { recursive: true });
    if (await isThere(join(dir, 'cpu.shares'))) await writeFile(join(dir, 'cpu.shares'), String(cpuShares));
    if (!(await isThere(join(dir, 'cpuset.cpus')))) continue;
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      await writeFile(join(dir, file), await readFile(join(hierarchy, file), 'utf8'));
    }
    await writeFile(join(dir, 'cgroup.clone_children'), '1');
  }
}

/** `argv`, run inside the cgroup: the shell moves itself (pid 0 is the writer) and becomes the program. */
export function insideCgroup(name: string, argv: string[]): string[] {
  // What the caller's caller left open (a CI's pipe, say) would otherwise stay open as long as a daemon lives.
  // Builtins only: a child of the shell would be taken for the child of the program that it becomes.
  const close = `for fd in /proc/self/fd/*; do fd=\${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done`;
  const enter = `set -e; ${close}; while [ "$1" != -- ]; do echo 0 >"$1"; shift; done; shift; exec "$@"`;
  const files = hierarchies().map(hierarchy => join(hierarchy, name, 'cgroup.procs'));
  return ['bash', '-c', enter, 'bash', ...files, '--', ...argv];
}

/** Names of our cgroups that exist in any hierarchy. */
export function ourCgroups(): string[] {
  const names = hierarchies().flatMap(hierarchy => readdirSync(hierarchy));
  return [...new Set(names.filter(name => name.startsWith(cgroupPrefix)))].sort();
}

/** Pids in the cgroup and everything below it. */
export function cgroupPids(name: string): number[] {
  const pids = cgroupDirs(name).flatMap(dir => {
    try {
      return readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  });
  return [...new Set(pids)];
}

/** Kills what is in the cgroup and removes it from every hierarchy; throws when something in it cannot be ended within a minute (a busy machine is slow at it). */
export async function destroyCgroup(name: string): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    for (const pid of cgroupPids(name)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    for (const dir of cgroupDirs(name).reverse()) {
      try {
        rmdirSync(dir);
      } catch (error) {
        if (!isGone(error) && (error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      }
    }
    if (cgroupDirs(name).length === 0) return;
    await sleep(50);
  }
  throw new Error(`cgroup ${name} cannot be removed; still in it: ${cgroupPids(name).join(' ') || 'nothing'}`);
}

/** The cgroup's folders in every hierarchy, parents first. */
function cgroupDirs(name: string): string[] {
  const below = (dir: string): string[] => {
    let entries: Dirent[];
    try {
      entries = readdirSync(dir, { withFileTypes: true });
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
    return [dir, ...entries.filter(entry => entry.isDirectory()).flatMap(entry => below(join(dir, entry.name)))];
  };
  return hierarchies().flatMap(hierarchy => below(join(hierarchy, name)));
}

/** ENODEV: a cgroup file whose cgroup was removed while it was open. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
