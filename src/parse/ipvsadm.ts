import { readListing } from './ipvsadm-list.ts';
import type { IpvsRecord } from './ipvsadm-records.ts';
import { readCommand } from './ipvsadm-save.ts';
import { type Parsed, parseLines } from './records.ts';

/**
 * Reads `ipvsadm --save`, `ipvsadm --list` with any of its options but --connection (ipvsadm(8), ipvsadm.c), and
 * /proc/net/ip_vs (kernel net/netfilter/ipvs/ip_vs_ctl.c). Ports and addresses must be numbers (--numeric).
 */
export function parseIpvsadm(text: string): Parsed<IpvsRecord> {
  const list = readListing(text);
  return parseLines<IpvsRecord>(text, (raw, line) => {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) return null;
    const record = words[0]?.startsWith('-') && words[0] !== '->' ? readCommand(words) : list(words);
    return record === null || typeof record === 'string' ? record : { raw, line, ...record };
  });
}
