/** A hop as traceroute numbers it; no address: it did not answer. */
export interface TracerouteHop {
  number: number;
  address: string | null;
  latencyMs: number | null;
  /** What came back in place of "time exceeded": `host unreachable`; null for nothing odd. */
  error: string | null;
}

const errors: Readonly<Record<string, string>> = {
  '!H': 'host unreachable',
  '!N': 'network unreachable',
  '!P': 'protocol unreachable',
  '!F': 'fragmentation needed',
  '!X': 'prohibited',
  '!S': 'source route failed',
};

/** Reads `traceroute -n -q 1` of Linux (traceroute(8)): ` 2  10.244.2.0  0.389 ms`, ` 3  *`. */
export function parseTraceroute(text: string): TracerouteHop[] {
  return text.split('\n').flatMap(line => {
    const [, number, rest = ''] = /^\s*(\d+) +(.*)$/.exec(line) ?? [];
    if (number === undefined) return [];
    const [, address = null, ms] = /^([\da-f.:]+) +([\d.]+) ms/.exec(rest) ?? [];
    const sign = /(![A-Z])/.exec(rest)?.[1];
    return [
      {
        number: Number(number),
        address,
        latencyMs: ms === undefined ? null : Number(ms),
        error: sign === undefined ? null : (errors[sign] ?? sign),
      },
    ];
  });
}
