import { plus } from './share.ts';
import type { State } from './state.ts';

/** States that nothing tells apart become one, with their shares added. The steps are those of the first. */
export function merge(states: readonly State[]): readonly State[] {
  if (states.length < 2 || clearlyDiffer(states)) return states;
  const byFingerprint = new Map<string, State>();
  for (const state of states) {
    const key = state.fingerprint();
    const same = byFingerprint.get(key);
    if (same === undefined) byFingerprint.set(key, state);
    else same.share = plus(same.share, state.share);
  }
  return [...byFingerprint.values()];
}

/** A quick look at what mostly differs, before whole fingerprints are made. */
function clearlyDiffer(states: readonly State[]): boolean {
  if (states.length > 8) return false;
  return states.every((state, at) =>
    states.every(
      (other, place) =>
        place <= at ||
        state.numbers.daddr !== other.numbers.daddr ||
        state.numbers.dport !== other.numbers.dport ||
        state.numbers.mark !== other.numbers.mark,
    ),
  );
}
