import { type Parsed, parseLines } from './records.ts';

export interface TupleRecord {
  source: string;
  destination: string;
  sourcePort: number | null;
  destinationPort: number | null;
}

/** A connection that the kernel tracks. */
export interface ConntrackRecord {
  raw: string;
  line: number;
  family: 'IPv4' | 'IPv6';
  /** tcp, udp, icmp, icmpv6, sctp, …; a number where the tool knows no name ("unknown" with its number). */
  protocol: string;
  state: string | null;
  timeout: number | null;
  original: TupleRecord;
  reply: TupleRecord;
  flags: string[];
  mark: number | null;
  zone: number | null;
}

/**
 * Reads `conntrack -L` with or without `-o extended`, and /proc/net/nf_conntrack (kernel
 * net/netfilter/nf_conntrack_standalone.c, libnetfilter_conntrack src/conntrack/snprintf_default.c): protocol name and
 * number, timeout, state, the original tuple, flags in brackets, the reply tuple, key=value fields.
 */
export function parseConntrack(text: string): Parsed<ConntrackRecord> {
  return parseLines(text, (raw, line) =>
    raw.trim() === '' || raw.startsWith('conntrack v') ? null : readEntry(raw, line),
  );
}

function readEntry(raw: string, line: number): ConntrackRecord | string {
  const fields = raw.trim().split(/\s+/);
  const extended = fields[0] === 'ipv4' || fields[0] === 'ipv6';
  if (extended) fields.splice(0, 2);
  const [name = '', number = ''] = fields;
  if (!/^\d+$/.test(number)) return 'no protocol number';
  const tuples: Record<string, string>[] = [];
  const flags: string[] = [];
  const common: Record<string, string> = {};
  let state: string | null = null;
  for (const field of fields.slice(2)) {
    const at = field.indexOf('=');
    if (field.startsWith('[')) flags.push(field.slice(1, -1));
    else if (at === -1 && /^[A-Z]/.test(field)) state = field;
    else if (at !== -1) {
      const key = field.slice(0, at);
      if (key === 'src') tuples.push({});
      const tuple = tuples.at(-1);
      // `mark`, `zone`, `use` follow the tuples and stand once; the rest belongs to the tuple before it.
      if (tuple !== undefined && (inTuple.has(key) || key.startsWith('zone-'))) tuple[key] = field.slice(at + 1);
      else common[key] = field.slice(at + 1);
    }
  }
  const [original, reply] = tuples.map(readTuple);
  if (tuples.length !== 2 || !original || !reply) return 'not two complete tuples';
  const timeout = Number(fields[2]);
  return {
    raw,
    line,
    family: original.source.includes(':') ? 'IPv6' : 'IPv4',
    protocol: name === 'unknown' ? number : name,
    state,
    timeout: /^\d+$/.test(fields[2] ?? '') ? timeout : null,
    original,
    reply,
    flags,
    mark: toNumber(common['mark']),
    zone: toNumber(common['zone']),
  };
}

const inTuple = new Set(['src', 'dst', 'sport', 'dport', 'type', 'code', 'id', 'packets', 'bytes', 'srckey', 'dstkey']);

function readTuple(tuple: Record<string, string>): TupleRecord | null {
  const { src, dst } = tuple as { src?: string; dst?: string };
  if (!src || !dst) return null;
  return {
    source: src,
    destination: dst,
    sourcePort: toNumber(tuple['sport']),
    destinationPort: toNumber(tuple['dport']),
  };
}

function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
