import { booleanAt, numberAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A port of a bridge, from `bridge -j -d link`. Its `link` is not read: it names the peer by an index of another netns. */
export interface BridgePortRecord {
  raw: string;
  index: number;
  name: string;
  master: string | null;
  hairpin: boolean | null;
}

/** Reads `bridge -j -d link` (iproute2 bridge/link.c). */
export function parseBridgePorts(text: string): Parsed<BridgePortRecord> {
  return parseJsonArray(text, entry => {
    const index = numberAt(entry, 'ifindex');
    const name = stringAt(entry, 'ifname');
    if (index === null || name === null) return 'no ifindex or ifname';
    return {
      get raw() {
        return JSON.stringify(entry);
      },
      index,
      name,
      master: stringAt(entry, 'master'),
      hairpin: booleanAt(entry, 'hairpin'),
    };
  });
}

/** An entry of a forwarding database, from `bridge -j fdb show`. */
export interface FdbRecord {
  raw: string;
  mac: string;
  device: string;
  /** The bridge, for a bridge port's entry. */
  master: string | null;
  /** Remote tunnel end point, for a VXLAN device's entry. */
  remote: string | null;
  /** "permanent", "static", or "" for a learnt one. */
  state: string;
}

/** Reads `bridge -j fdb show` (iproute2 bridge/fdb.c). */
export function parseFdb(text: string): Parsed<FdbRecord> {
  return parseJsonArray(text, entry => {
    const mac = stringAt(entry, 'mac');
    const device = stringAt(entry, 'ifname');
    if (mac === null || device === null) return 'no mac or ifname';
    return {
      get raw() {
        return JSON.stringify(entry);
      },
      mac,
      device,
      master: stringAt(entry, 'master'),
      remote: stringAt(entry, 'dst'),
      state: stringAt(entry, 'state') ?? '',
    };
  });
}
