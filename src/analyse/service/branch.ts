import Fraction from 'fraction.js';
import type { Chain, Rule } from '../../model/rules.ts';
import type { BranchEffect, RuleBranch } from '../../model/service-report.ts';
import type { Ground } from './packet.ts';
import { answerWords, type State } from './state.ts';

/** A rule that is walked, and how the walk came to it. */
export interface Place {
  ground: Ground;
  chain: Chain;
  rule: Rule;
  specific: boolean;
  depth: number;
}

/** A packet inside a rule: what the rule's expressions made of it so far. */
export interface Inside {
  state: State;
  when: string[];
  chance: Fraction | null;
  affinity: boolean;
  specific: boolean;
}

/** What a rule does with the packets in it, as the report shows it. */
export function branch(
  { ground, chain, rule }: Place,
  inside: Inside,
  effect: BranchEffect,
  branches: RuleBranch[],
): RuleBranch {
  const { remaining } = inside.state;
  const share = inside.affinity ? new Fraction(0) : remaining;
  const { file, line, handle } = rule.source;
  return {
    backend: ground.scope.table.backend,
    table: ground.scope.table.name,
    chain: chain.name,
    file,
    line,
    handle,
    when: inside.when,
    clients: inside.state.conditions.map(answerWords),
    chance: inside.chance?.toFraction() ?? null,
    probability: share?.toFraction() ?? null,
    share: share?.valueOf() ?? null,
    effect,
    weight: null,
    counters:
      rule.counters === null ? null : { packets: String(rule.counters.packets), bytes: String(rule.counters.bytes) },
    branches,
    ...(ground.evidence ? { raw: rule.source.raw } : {}),
  };
}
