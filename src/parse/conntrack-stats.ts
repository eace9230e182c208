import { type Parsed, parseLines } from './records.ts';

/** One CPU's counters of one sample of `conntrack -S`, or the line between two samples. */
export type ConntrackStatsRecord =
  | { raw: string; kind: 'cpu'; cpu: number; counters: Record<string, number> }
  | { raw: string; kind: 'after'; seconds: number };

/** Reads `conntrack -S` (`cpu=0 found=1 invalid=2 …`), once or twice with `after N s` between the samples. */
export function parseConntrackStats(text: string): Parsed<ConntrackStatsRecord> {
  return parseLines(text, raw => {
    if (raw.trim() === '') return null;
    const [, seconds] = /^after (\d+) s$/.exec(raw) ?? [];
    if (seconds !== undefined) return { raw, kind: 'after', seconds: Number(seconds) };
    const fields = [...raw.matchAll(/([a-z_]+)=\s*(\d+)/g)].map(
      ([, name = '', value]) => [name, Number(value)] as const,
    );
    const { cpu, ...counters } = Object.fromEntries(fields);
    return cpu === undefined ? 'no "cpu="' : { raw, kind: 'cpu', cpu, counters };
  });
}
