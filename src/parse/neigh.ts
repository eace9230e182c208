import { parseJsonArray, stringAt, stringsAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A neighbour (ARP or NDP entry) from `ip -j neigh`. */
export interface NeighRecord {
  raw: string;
  address: string;
  device: string;
  /** null while unresolved. */
  mac: string | null;
  /** NUD states: REACHABLE, STALE, PERMANENT, FAILED, … */
  states: string[];
}

/** Reads `ip -j neigh` (iproute2 ip/ipneigh.c). */
export function parseNeighbours(text: string): Parsed<NeighRecord> {
  return parseJsonArray(text, entry => {
    const address = stringAt(entry, 'dst');
    const device = stringAt(entry, 'dev');
    if (address === null || device === null) return 'no dst or dev';
    return {
      get raw() {
        return JSON.stringify(entry);
      },
      address,
      device,
      mac: stringAt(entry, 'lladdr'),
      states: stringsAt(entry, 'state'),
    };
  });
}
