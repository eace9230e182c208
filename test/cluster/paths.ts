import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is built once and shared by every clone: programs, image layers. */
export const cacheDir = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubectl-netinspect-test');

/** The running cluster. One per machine, since its bridge and cgroups are; on disk, since containerd's overlays need it. */
export const stateDir = '/var/lib/netinspect-test';

export const kubeconfigPath = join(stateDir, 'kubeconfig');

/** This folder's own files (manifests, shell scripts, Go sources). */
export const sourcePath = (...parts: string[]): string => join(import.meta.dirname, ...parts);
