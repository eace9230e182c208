import { type Parsed, parseLines } from './records.ts';

/** What a node counted of its connection table. */
export type ConntrackCountRecord = { raw: string } & (
  | /** What the counts are of: `address=10.0.0.1`, `protocol=udp`, … */ { kind: 'of'; word: string }
  | { kind: 'matched'; count: number }
  | { kind: 'state'; protocol: string; state: string | null; count: number }
  /** How many different ways there are; the `way`s that follow are those with most entries. */
  | { kind: 'ways'; count: number }
  | {
      kind: 'way';
      protocol: string;
      destination: string;
      destinationPort: number | null;
      /** Where replies come from. */
      server: string;
      serverPort: number | null;
      count: number;
      unreplied: number;
    }
);

/** Reads the counts that collect/questions.sh makes of `conntrack -L`. */
export function parseConntrackCounts(text: string): Parsed<ConntrackCountRecord> {
  return parseLines(text, raw => (raw === '' ? null : readLine(raw)));
}

function readLine(raw: string): ConntrackCountRecord | string {
  if (/^[a-z-]+=/.test(raw)) return { raw, kind: 'of', word: raw };
  const [kind, ...fields] = raw.split(' ');
  const count = toNumber(fields[kind === 'state' ? 2 : kind === 'way' ? 5 : 0]);
  if (count === null) return 'no count';
  const [protocol = '', second = ''] = fields;
  if (kind === 'matched' || kind === 'ways') return { raw, kind, count };
  if (kind === 'state') return { raw, kind, protocol, state: second === '-' ? null : second, count };
  const [, , , server, , , unreplied] = fields;
  if (kind !== 'way' || server === undefined) return `unknown count "${kind}"`;
  return {
    raw,
    kind,
    protocol,
    destination: second,
    destinationPort: toNumber(fields[2]),
    server,
    serverPort: toNumber(fields[4]),
    count,
    unreplied: toNumber(unreplied) ?? 0,
  };
}

function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}
