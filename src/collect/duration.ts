import { UsageError } from '../errors.ts';

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest time that a timer of Node takes: 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * A duration as Go's time.ParseDuration reads it (`10m`, `1h30m`, `1.5s`), in whole milliseconds, rounded up; one that
 * no timer takes counts as the longest. Throws UsageError.
 */
export function parseGoDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) {
    throw new UsageError('duration', `"${text}" is not a duration`, 'write it like 30s, 10m or 1h30m');
  }
  const ms = [...text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
  return Math.min(Math.ceil(ms), longestMs);
}
