import { type Parsed, parseLines } from './records.ts';

/** A listening or bound socket from `ss -H -tulnpeO` (and `-S` for SCTP). */
export interface SocketRecord {
  raw: string;
  line: number;
  protocol: 'tcp' | 'udp' | 'sctp';
  state: string;
  /** As ss prints it, without brackets and device; `*` means every address of both families. */
  address: string;
  port: number;
  processes: { name: string; pid: number }[];
  /** IPV6_V6ONLY; null for IPv4 sockets or when ss did not say. */
  v6only: boolean | null;
}

const process = /\("((?:(?!",pid=\d).)*)",pid=(\d+),fd=\d+\)/g;

/**
 * Reads lines of ss (iproute2 misc/ss.c): netid, state, queues, local address, peer address, then fields of which
 * `users:((…))` and `v6only:N` are read. ss does not escape quotes in process names. Lines of raw, packet and UNIX
 * sockets and a header are left out.
 */
export function parseSockets(text: string): Parsed<SocketRecord> {
  return parseLines(text, (raw, line) => {
    const [netid, state, , , local, , ...rest] = raw.trim().split(/\s+/);
    if (netid === undefined || netid === '' || netid === 'Netid') return null;
    if (netid !== 'tcp' && netid !== 'udp' && netid !== 'sctp')
      return /^[a-z_0-9]+$/.test(netid) && local !== undefined ? null : 'not a socket line of ss';
    const at = local?.lastIndexOf(':') ?? -1;
    const port = Number(local?.slice(at + 1));
    if (state === undefined || local === undefined || at === -1 || !Number.isInteger(port))
      return 'no numeric local address';
    const [address = ''] = local.slice(0, at).replace('[', '').replace(']', '').split('%');
    const v6only = rest.findLast(field => field.startsWith('v6only:'));
    return {
      raw: raw.trimEnd(),
      line,
      protocol: netid,
      state,
      address,
      port,
      processes: Array.from(raw.matchAll(process), match => ({ name: match[1] ?? '', pid: Number(match[2]) })),
      v6only: v6only === undefined ? null : v6only === 'v6only:1',
    };
  });
}
