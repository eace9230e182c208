import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';

/** NETINSPECT_TEST_DIST: another build than dist/. */
const bundle = resolve(process.env['NETINSPECT_TEST_DIST'] ?? 'dist', 'kubectl-netinspect.cjs');

/** A directory with the built program under its plugin name, as krew would put it on PATH; `remove` ends it. */
export function pluginDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'netinspect-plugin-'));
  symlinkSync(bundle, join(path, 'kubectl-netinspect'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Starts `kubectl netinspect ARGS` as a user does: kubectl finds the plugin on PATH. Never rejects: look at `exitCode`,
 * `stdout`, `stderr`.
 */
export function netinspect(
  cluster: { kubeconfig: string; kubectlPath: string },
  plugin: string,
  args: string[],
  env: Record<string, string> = {},
  options: { detached?: boolean } = {},
) {
  return execa(cluster.kubectlPath, ['netinspect', ...args], {
    ...options,
    reject: false,
    env: { ...pluginEnvironment(cluster, plugin), ...env },
  });
}

/** What a user of the cluster has in the environment, with the plugin on PATH. */
export function pluginEnvironment(
  cluster: { kubeconfig: string; kubectlPath: string },
  plugin: string,
): Record<string, string> {
  const path = [plugin, dirname(process.execPath), dirname(cluster.kubectlPath), process.env['PATH']].join(delimiter);
  return { PATH: path, KUBECONFIG: cluster.kubeconfig };
}
