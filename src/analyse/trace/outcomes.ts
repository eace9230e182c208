import type { Outcome, TraceStep } from '../../model/trace.ts';
import { formatDestination } from './format.ts';
import { knownTotal, plus, type Share } from './share.ts';
import type { State, StepNode } from './state.ts';

/** How a packet ended on one branch. */
export interface Ending {
  state: State;
  verdict: Outcome['verdict'];
}

/** The outcomes of a trace: endings that are equal in all but their steps become one, with their shares added. */
export function outcomesOf(endings: readonly Ending[], { evidence = false } = {}): Outcome[] {
  const merged = new Map<string, { outcome: Omit<Outcome, 'probability' | 'share'>; share: Share }>();
  for (const { state, verdict } of endings) {
    const outcome = {
      verdict,
      dnat: state.dnat,
      to: formatDestination(state),
      snat: state.snat,
      rejectWith: verdict === 'reject' ? state.rejectWith : null,
      unknown: [...state.unknown].sort(),
      assumed: [...state.assumed].sort(),
      steps: [],
    };
    const key = JSON.stringify(outcome);
    const same = merged.get(key);
    if (same === undefined)
      merged.set(key, { outcome: { ...outcome, steps: stepsOf(state.step, evidence) }, share: state.share });
    else same.share = plus(same.share, state.share);
  }
  return [...merged.values()].map(({ outcome, share }) => {
    const total = knownTotal(share);
    return { probability: total?.toFraction() ?? null, share: total?.valueOf() ?? null, ...outcome };
  });
}

/** The steps of a branch, the first first. */
export function stepsOf(last: StepNode | null, evidence: boolean): TraceStep[] {
  const steps: TraceStep[] = [];
  for (let node = last; node !== null; node = node.before) {
    const { hook, table, chain, source, effect } = node;
    const step: TraceStep = {
      hook,
      table,
      chain,
      file: source?.file || null,
      line: source?.line ?? null,
      handle: source?.handle ?? null,
      effect,
    };
    if (evidence && source !== null) step.raw = source.raw;
    steps.push(step);
  }
  return steps.reverse();
}
