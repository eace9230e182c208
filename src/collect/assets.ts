import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BugError } from '../errors.ts';

/** Where each asset lies, seen from this file: in the source tree, then beside the bundle. */
const places = {
  'collector.sh': ['./collector.sh'],
  'demo.tar.gz': ['../../demo/demo.tar.gz', './demo.tar.gz'],
} as const;

/** Gives the path of a file that we ship: from the source tree, or from the folder of the bundle (krew/build.ts). */
export function assetPath(name: keyof typeof places): string {
  const candidates = places[name].map(place => fileURLToPath(new URL(place, import.meta.url)));
  const found = candidates.find(existsSync);
  if (found === undefined)
    throw new BugError(
      'asset-missing',
      `${name} is missing from this installation (looked in ${candidates.join(', ')})`,
    );
  return found;
}

/** The collector script, as text for `sh -s`. */
export function collectorScript(): string {
  return readFileSync(assetPath('collector.sh'), 'utf8');
}
