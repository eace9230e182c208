import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { stateDir } from '../paths.ts';
import { net } from '../plan.ts';
import { ourCgroups } from './cgroups.ts';

export const linkPrefix = 'ni-';

/** Our interfaces in the machine's own network namespace. */
export async function ourLinks(): Promise<string[]> {
  return (await readdir('/sys/class/net')).filter(name => name === net.bridge || name.startsWith(linkPrefix));
}

/** Whether anything of ours is on the machine, running or not. */
export async function hasRemains(): Promise<boolean> {
  return existsSync(stateDir) || ourCgroups().length > 0 || (await ourLinks()).length > 0;
}
