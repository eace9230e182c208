import type { PathOutcome, TraceEnd, TraceHop } from '../../model/trace-report.ts';
import { formatDestination } from './format.ts';
import { stepsOf } from './outcomes.ts';
import { knownTotal, plus, type Share } from './share.ts';
import type { State, StepNode } from './state.ts';

/** A hop while the path is followed: its steps are a list that branches share. */
export interface HopRecord extends Omit<TraceHop, 'steps'> {
  step: StepNode | null;
}

/** How a packet ended, after all hops. */
export interface PathEnd {
  state: State;
  verdict: PathOutcome['verdict'];
  hops: readonly HopRecord[];
  /** Who took it; null: nobody, or nobody known. */
  end: TraceEnd | null;
}

/** The outcomes of a path: ends that are equal in all but their steps become one, with their shares added. */
export function pathOutcomes(ends: readonly PathEnd[], evidence: boolean): PathOutcome[] {
  const merged = new Map<string, { outcome: Omit<PathOutcome, 'probability' | 'share'>; share: Share }>();
  for (const { state, verdict, hops, end } of ends) {
    const facts = {
      verdict,
      dnat: state.dnat,
      to: formatDestination(state),
      snat: state.snat,
      rejectWith: verdict === 'reject' ? state.rejectWith : null,
      unknown: [...state.unknown].sort(),
      assumed: [...state.assumed].sort(),
      end,
    };
    const key = JSON.stringify([facts, hops.map(({ step: _step, ...hop }) => hop)]);
    const same = merged.get(key);
    if (same !== undefined) {
      same.share = plus(same.share, state.share);
      continue;
    }
    const followed = hops.map(({ step, ...hop }) => ({ ...hop, steps: stepsOf(step, evidence) }));
    merged.set(key, { outcome: { ...facts, hops: followed }, share: state.share });
  }
  return [...merged.values()].map(({ outcome, share }) => {
    const total = knownTotal(share);
    return { probability: total?.toFraction() ?? null, share: total?.valueOf() ?? null, ...outcome };
  });
}
