import { type Parsed, parseLines } from './records.ts';

/** A line of hosts(5). */
export interface HostsRecord {
  raw: string;
  address: string;
  names: string[];
}

/** Reads a hosts file: an address, then its names; `#` starts a comment. */
export function parseHosts(text: string): Parsed<HostsRecord> {
  return parseLines(text, raw => {
    const [address, ...names] = raw.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || address === '') return null;
    return names.length === 0 ? 'an address without a name' : { raw, address, names };
  });
}
