import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { exclusively } from '../exclusive.ts';
import { stateDir } from '../paths.ts';
import type { Say } from '../say.ts';
import { destroyCgroup, ourCgroups } from './cgroups.ts';
import { ourLinks } from './remains.ts';
import { restoreSysctls } from './sysctls.ts';

/** Ends the cluster, however far it had come up. */
export async function down(say: Say): Promise<void> {
  await exclusively('cluster', say, removeEverything);
  say('down');
}

/**
 * Ends every process in our cgroups, and with them the nodes' namespaces, mounts and interfaces; then removes the cgroups, the bridge,
 * what is left of links to nodes, and the state, and puts the machine's sysctls back.
 */
export async function removeEverything(): Promise<void> {
  await Promise.all(ourCgroups().map(destroyCgroup));
  // a link may be gone before its turn: the kernel deletes it some time after the namespace of its other end
  for (const link of await ourLinks()) await execa('ip', ['link', 'delete', link], { reject: false });
  const left = await ourLinks();
  if (left.length > 0) throw new Error(`interfaces cannot be deleted: ${left.join(' ')}`);
  await restoreSysctls();
  await rm(stateDir, { recursive: true, force: true });
}
