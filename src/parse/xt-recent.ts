import { type Parsed, parseLines } from './records.ts';

/** An address in a list of xt_recent. */
export interface RecentRecord {
  raw: string;
  line: number;
  /** As the kernel prints it: IPv6 with all its digits. */
  address: string;
  /** When it was last seen, in ticks of the node's clock: when that was cannot be told from another machine. */
  lastSeen: bigint;
}

/** Reads /proc/net/xt_recent/NAME (kernel net/netfilter/xt_recent.c recent_seq_show). */
export function parseXtRecent(text: string): Parsed<RecentRecord> {
  return parseLines<RecentRecord>(text, (raw, line) => {
    if (raw.trim() === '') return null;
    const [, address, seen] = /^src=(\S+) ttl: \d+ last_seen: (\d+)/.exec(raw) ?? [];
    if (address === undefined || seen === undefined) return 'not "src=ADDRESS ttl: … last_seen: …"';
    return { raw, line, address, lastSeen: BigInt(seen) };
  });
}
