import { exclusively } from '../exclusive.ts';
import { missingNeeds } from '../needs.ts';
import type { Say } from '../say.ts';
import { buildImages } from './images.ts';
import { buildPrograms } from './programs.ts';

export interface Built {
  /** Folder of the programs, kubectl among them. */
  programs: string;
  /** OCI image layout folder with every image. */
  images: string;
}

/** Builds programs and images where that is not done yet; throws a line for each thing that this machine lacks. */
export async function build(say: Say): Promise<Built> {
  const missing = missingNeeds();
  if (missing.length > 0) throw new Error(missing.join('\n'));
  return exclusively('build', say, async () => {
    const programs = await buildPrograms(say);
    return { programs, images: await buildImages(programs, say) };
  });
}
