import { existsSync, readFileSync } from 'node:fs';
import { getRawAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { BugError } from '../errors.ts';

/** The files that we ship, and where each lies in the source tree, seen from its root. The build puts them beside the bundle. */
export const assets = {
  'questions.sh': 'src/collect/questions.sh',
  'collector.sh': 'src/collect/collector.sh',
  'demo.tar.gz': 'demo/demo.tar.gz',
} as const;

/** Gives a file that we ship: out of the single executable, from beside the bundle, or from the source tree (krew/build.ts). */
export function asset(name: keyof typeof assets): Buffer {
  if (isSea()) return Buffer.from(getRawAsset(name));
  const candidates = [`../../${assets[name]}`, `./${name}`].map(place =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = candidates.find(existsSync);
  if (found === undefined)
    throw new BugError(
      'asset-missing',
      `${name} is missing from this installation (looked in ${candidates.join(', ')})`,
    );
  return readFileSync(found);
}

/** The collector script, as text for `sh -s`. */
export function collectorScript(): string {
  return asset('questions.sh').toString('utf8') + asset('collector.sh').toString('utf8');
}
