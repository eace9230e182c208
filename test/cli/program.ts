import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const build = fileURLToPath(new URL('../../krew/build.ts', import.meta.url));

/** A snapshot of a real cluster: pods web on a bridge node (node1) and on a routed node (node3). */
export const webSnapshot = fileURLToPath(new URL('./fixtures/web.tar.gz', import.meta.url));
export const bridgePod = 'web-8fdffd5df-skr6x';
export const routedPod = 'web-8fdffd5df-cbdmw';

export interface Program {
  /** Its file, for node. */
  file: string;
  /** Runs the program to its end, without any cluster in its environment. */
  netinspect(args: string[], env?: NodeJS.ProcessEnv): SpawnSyncReturns<string>;
  remove(): void;
}

/** Builds the program as we ship it, in a folder of its own. */
export function buildProgram(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'netinspect-program-'));
  const { status, stderr } = spawnSync(process.execPath, [build, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const file = join(folder, 'kubectl-netinspect.cjs');
  return {
    file,
    netinspect: (args, env = {}) =>
      spawnSync(process.execPath, [file, ...args], {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          HOME: '/nonexistent',
          XDG_CACHE_HOME: folder,
          KUBECONFIG: '/nonexistent/config',
          ...env,
        },
        maxBuffer: 1 << 26,
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
