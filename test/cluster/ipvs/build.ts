import { join } from 'node:path';
import { build } from '../build/build.ts';
import { exclusively } from '../exclusive.ts';
import type { Say } from '../say.ts';
import { buildDisk } from './disk.ts';
import { buildKernel } from './kernel.ts';

/** Paths of what the virtual machine starts from. */
export interface Guest {
  kernel: string;
  initrd: string;
  disk: string;
}

/** Builds the guest where that is not done yet (cold a minute and a half, beside the cluster's own programs and images). */
export async function buildGuest(say: Say): Promise<Guest> {
  if (process.arch !== 'x64')
    throw new Error('the IPVS node is an x86-64 machine, and so must be the one that builds it');
  const { programs, images } = await build(say);
  return exclusively('build', say, async () => {
    const kernel = await buildKernel(say);
    const disk = await buildDisk(programs, images, kernel, say);
    return { kernel: join(kernel, 'vmlinuz'), initrd: join(kernel, 'initrd.img'), disk };
  });
}
