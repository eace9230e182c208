import { readFileSync } from 'node:fs';

/** The text of a recorded tool output (fixtures/record.sh made it). */
export function fixture(path: string): string {
  return readFileSync(new URL(`fixtures/${path}`, import.meta.url), 'utf8');
}
