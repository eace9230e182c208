import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../paths.ts';
import type { Say } from '../say.ts';

/** The content hash that names a built thing: of all that decides what it will be. */
export function contentHash(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

/** Hashes of the files below `dir`, by relative path. */
export async function fileHashes(dir: string): Promise<[path: string, hash: string][]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return Promise.all(
    paths
      .sort()
      .map(async path => [path.slice(dir.length + 1), contentHash((await readFile(path)).toString('base64'))]),
  );
}

/**
 * The folder of a built thing, building it when it is not there. `build` fills a temporary folder that is renamed when it
 * is done, so a folder with its final name is always whole. Call it under the build lock: leftovers of killed builds are removed.
 */
export async function cached(
  name: string,
  hash: string,
  say: Say,
  build: (dir: string) => Promise<void>,
): Promise<string> {
  const dir = join(cacheDir, `${name}-${hash}`);
  if (existsSync(dir)) return dir;
  const started = performance.now();
  say(`${name}: building`);
  const temporary = join(cacheDir, 'building');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await build(temporary);
  await rename(temporary, dir);
  say(`${name}: built in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return dir;
}
