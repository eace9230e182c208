/** What was seen of one of several possibilities. */
export interface SharedCount {
  count: number;
  /** The predicted share. */
  share: number;
}

/** Below it the prediction is called wrong: one false alarm in a million probes. */
export const alarm = 1e-6;

/**
 * How likely counts at least as far out are when the shares are right: for each possibility the exact binomial tail on the
 * nearer side, twice; the smallest of them times their number (Bonferroni). It holds for any number of draws.
 */
export function pValueOf(counts: readonly SharedCount[], trials: number): number {
  const tails = counts.map(({ count, share }) =>
    Math.min(1, 2 * Math.min(tail(trials, count, share), tail(trials, trials - count, 1 - share))),
  );
  return Math.min(1, Math.min(1, ...tails) * counts.length);
}

/** The chance of at most `count` of `trials`. */
function tail(trials: number, count: number, chance: number): number {
  if (chance <= 0) return 1;
  if (chance >= 1) return count >= trials ? 1 : 0;
  let sum = 0;
  let log = trials * Math.log1p(-chance);
  for (let at = 0; at <= count; at++) {
    sum += Math.exp(log);
    log += Math.log((trials - at) / (at + 1)) + Math.log(chance) - Math.log1p(-chance);
  }
  return Math.min(1, sum);
}
