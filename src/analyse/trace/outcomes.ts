import type { RuleSource } from '../../model/rules.ts';
import type { Outcome, StepEffect, TraceStep } from '../../model/trace.ts';
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
    const to = formatDestination(state);
    const rejectWith = verdict === 'reject' ? state.rejectWith : null;
    const unknown = sorted(state.unknown);
    const assumed = sorted(state.assumed);
    const key = [verdict, state.dnat, to, state.snat, rejectWith, unknown.join('\n'), assumed.join('\n')].join('\t');
    const same = merged.get(key);
    if (same !== undefined) same.share = plus(same.share, state.share);
    else {
      const steps = stepsOf(state.step, evidence);
      const { dnat, snat, share } = state;
      merged.set(key, { outcome: { verdict, dnat, to, snat, rejectWith, unknown, assumed, steps }, share });
    }
  }
  return [...merged.values()].map(({ outcome, share }) => {
    const total = knownTotal(share);
    return { probability: total?.toFraction() ?? null, share: total?.valueOf() ?? null, ...outcome };
  });
}

function sorted(texts: readonly string[]): string[] {
  return texts.length < 2 ? [...texts] : [...texts].sort();
}

/** The steps of a branch, the first first. */
export function stepsOf(last: StepNode | null, evidence: boolean): TraceStep[] {
  const steps: TraceStep[] = [];
  for (let node = last; node !== null; node = node.before) steps.push(stepOf(node, evidence));
  return steps.reverse();
}

/** Steps by where they happen: many packets meet the same rules, and what was made for one serves them all. */
const made = { plain: new WeakMap<RuleSource, TraceStep[]>(), evidence: new WeakMap<RuleSource, TraceStep[]>() };

/** So many different steps of one rule are kept. */
const mostOfOne = 8;

function stepOf({ hook, table, chain, source, effect }: StepNode, evidence: boolean): TraceStep {
  if (source === null) return { hook, table, chain, file: null, line: null, handle: null, effect };
  const known = evidence ? made.evidence : made.plain;
  const before = known.get(source) ?? [];
  for (const step of before)
    if (step.hook === hook && step.table === table && step.chain === chain && sameEffect(step.effect, effect))
      return step;
  const step: TraceStep = {
    hook,
    table,
    chain,
    file: source.file || null,
    line: source.line,
    handle: source.handle,
    effect,
  };
  if (evidence) step.raw = source.raw;
  if (before.length < mostOfOne) known.set(source, [...before, step]);
  return step;
}

function sameEffect(a: StepEffect, b: StepEffect): boolean {
  if (a.kind !== b.kind) return false;
  for (const key in a) if (a[key as keyof StepEffect] !== b[key as keyof StepEffect]) return false;
  return true;
}
