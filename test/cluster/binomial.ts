/**
 * The counts of `trials` draws with this chance that are to be expected: outside of them, on either side, one sees a count with a
 * probability of at most `alarm`. Exact: sums of the binomial distribution.
 */
export function expectedCounts(trials: number, chance: number, alarm: number): { least: number; most: number } {
  const weights = Array.from({ length: trials + 1 }, (_, count) => weight(trials, count, chance));
  return { least: beyond(weights, alarm), most: trials - beyond(weights.toReversed(), alarm) };
}

/** How many counts from the low end are together at most as likely as the alarm. */
function beyond(weights: readonly number[], alarm: number): number {
  let sum = 0;
  let count = 0;
  for (const each of weights) {
    sum += each;
    if (sum > alarm) break;
    count++;
  }
  return count;
}

function weight(trials: number, count: number, chance: number): number {
  if (chance === 0 || chance === 1) return count === trials * chance ? 1 : 0;
  let log = count * Math.log(chance) + (trials - count) * Math.log1p(-chance);
  for (let at = 1; at <= count; at++) log += Math.log((trials - count + at) / at);
  return Math.exp(log);
}
