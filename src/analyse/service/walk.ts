import Fraction from 'fraction.js';
import { isMatch, matchWords } from '../../model/rule-words.ts';
import type { Chain, Match, Statement, Verdict } from '../../model/rules.ts';
import type { BranchEffect, RuleBranch } from '../../model/service-report.ts';
import { branch, type Inside, type Place } from './branch.ts';
import { candidates } from './candidates.ts';
import { type Choice, choicesOf, endpointsOf } from './choices.ts';
import { decide } from './decide.ts';
import type { Ground } from './packet.ts';
import { type Condition, merged, type State } from './state.ts';

/** Where packets of some clients end. */
export interface Leaf {
  conditions: readonly Condition[];
  effect: Extract<BranchEffect, { kind: 'endpoint' | 'accept' | 'drop' | 'reject' | 'unknown' }>;
  remaining: Fraction | null;
  masqueraded: boolean | null;
}

/** What a walk came to: the rules that took packets further, where these ended, and what went past all rules. */
export interface Walk {
  branches: RuleBranch[];
  leaves: Leaf[];
  out: State[];
  /** Past the rest of the base chain as well. */
  accepted: State[];
}

/** Rules that are entered on the way to another one: chains cannot be deeper in the kernel (NFT_JUMP_STACK_SIZE). */
const deepest = 64;

/** Walks the rules of a chain, in order, with packets of several kinds of clients. */
export function walkChain(ground: Ground, chain: Chain, states: readonly State[], specific: boolean, depth = 0): Walk {
  const walk: Walk = { branches: [], leaves: [], out: [], accepted: [] };
  let inside = [...states];
  for (const index of candidates(chain, ground.packet)) {
    if (inside.length === 0) break;
    const rule = chain.rules.at(index);
    const next: State[] = [];
    for (const state of inside) {
      const run = runRule({ ground, chain, rule, specific, depth }, state);
      walk.branches.push(...run.branches);
      walk.leaves.push(...run.leaves);
      walk.out.push(...run.returned);
      walk.accepted.push(...run.accepted);
      next.push(...run.passed);
    }
    inside = merged(next);
  }
  return { ...walk, out: merged([...walk.out, ...inside]) };
}

interface Run {
  branches: RuleBranch[];
  leaves: Leaf[];
  /** Back to the caller of the chain. */
  returned: State[];
  accepted: State[];
  /** On to the next rule. */
  passed: State[];
}

function runRule(place: Place, start: State): Run {
  const run: Run = { branches: [], leaves: [], returned: [], accepted: [], passed: [] };
  let inside: Inside | null = { state: start, when: [], chance: null, affinity: false, specific: place.specific };
  for (const expression of place.rule.expressions) {
    if (isMatch(expression)) inside = pass(place, expression, inside, run);
    else inside = act(place, expression as Statement, inside, run);
    if (inside === null) return run;
  }
  if (!inside.affinity) run.passed.push(inside.state);
  return run;
}

/** What of the packets a match lets through; what it holds back goes to the next rule. */
function pass(place: Place, match: Match, inside: Inside, run: Run): Inside | null {
  const { ground } = place;
  const decision = decide(match, ground.packet, ground.scope);
  const { state } = inside;
  switch (decision.kind) {
    case 'yes':
      return { ...inside, specific: inside.specific || decision.specific };
    case 'no':
      if (!inside.affinity) run.passed.push(state);
      return null;
    case 'affinity':
      // All of them are new here and go on; the branch is shown for those that are not.
      run.passed.push(state);
      return { ...inside, when: [...inside.when, decision.words], affinity: true };
    case 'chance': {
      const part = decision.negated ? new Fraction(1).sub(decision.chance) : new Fraction(decision.chance);
      run.passed.push({ ...state, remaining: state.remaining?.mul(new Fraction(1).sub(part)) ?? null });
      const chance = inside.chance?.mul(part) ?? part;
      return { ...inside, chance, state: { ...state, remaining: state.remaining?.mul(part) ?? null } };
    }
    case 'ask': {
      const { of, answer } = decision;
      const before = state.conditions.find(condition => condition.of === of);
      if (before !== undefined && before.answer !== answer) {
        if (!inside.affinity) run.passed.push(state);
        return null;
      }
      const words = matchWords(match, ground.scope.family);
      const specific = inside.specific || decision.specific;
      if (before !== undefined) return { ...inside, specific, when: [...inside.when, words] };
      const withAnswer = (own: boolean): State => ({
        ...state,
        conditions: [...state.conditions, { of, answer: own }],
      });
      if (!inside.affinity) run.passed.push(withAnswer(!answer));
      return { ...inside, specific, when: [...inside.when, words], state: withAnswer(answer) };
    }
  }
}

/** What a statement does; null: it ends the rule. */
function act(place: Place, statement: Statement, inside: Inside, run: Run): Inside | null {
  switch (statement.kind) {
    case 'verdict':
      return follow(place, statement.verdict, inside, run);
    case 'vmap': {
      const choices = choicesOf(statement.key, statement.map, place.ground);
      return choose(choices, inside, run, (choice, one) => {
        const { data } = choice;
        if (data !== null && 'kind' in data) return follow(place, data, one, run);
        end(place, one, { kind: 'unknown', why: choice.why ?? 'an element without a verdict' }, run);
        return null;
      });
    }
    case 'nat':
    case 'natTo': {
      if (statement.nat !== 'dnat') return ignore(inside, run);
      return choose(endpointsOf(statement, place.ground), inside, run, (choice, one) => {
        end(place, one, choice.effect, run);
        return null;
      });
    }
    case 'set':
      if (statement.field !== 'mark' || place.ground.scope.table.name !== 'kube-proxy') return inside;
      run.branches.push(branch(place, inside, { kind: 'masquerade-mark' }, []));
      return { ...inside, state: { ...inside.state, masqueraded: true } };
    case 'reject':
      return settle(place, inside, { kind: 'reject', rejectWith: statement.rejectWith }, run);
    case 'netmap':
    case 'tproxy':
    case 'queue':
    case 'opaqueStatement':
      if (!inside.specific) return ignore(inside, run);
      end(place, inside, { kind: 'unknown', why: `not modelled: ${place.rule.source.raw}` }, run);
      return null;
    default:
      return inside;
  }
}

/** A rule of which we do not say what it does to packets of this front end: they go on. */
function ignore(inside: Inside, run: Run): null {
  if (!inside.affinity) run.passed.push(inside.state);
  return null;
}

/** Splits the packets by what a random number, a map or a hash makes of them. */
function choose<T extends Choice>(
  choices: readonly T[],
  inside: Inside,
  run: Run,
  each: (choice: T, inside: Inside) => Inside | null,
): null {
  if (choices.length === 0) return ignore(inside, run);
  let left: Fraction | null = new Fraction(1);
  for (const choice of choices) {
    const { chance } = choice;
    left = chance === null ? null : (left?.sub(chance) ?? null);
    const remaining = chance === null ? null : (inside.state.remaining?.mul(chance) ?? null);
    const random = choice.random ? (inside.chance?.mul(chance ?? 1) ?? chance) : inside.chance;
    const one: Inside = {
      ...inside,
      specific: inside.specific || choice.specific,
      when: [...inside.when, ...choice.when],
      chance: random,
      state: { ...inside.state, remaining },
    };
    const after = each(choice, one);
    if (after !== null && !after.affinity) run.passed.push(after.state);
  }
  if (left?.compare(0) === 1 && !inside.affinity)
    run.passed.push({ ...inside.state, remaining: inside.state.remaining?.mul(left) ?? null });
  return null;
}

function follow(place: Place, verdict: Verdict, inside: Inside, run: Run): Inside | null {
  switch (verdict.kind) {
    case 'continue':
      return inside;
    case 'return':
      if (!inside.affinity) run.returned.push(inside.state);
      return null;
    case 'accept':
      if (!inside.specific && inside.when.length > 0) return ignore(inside, run);
      if (inside.specific) run.branches.push(branch(place, inside, verdict, []));
      if (!inside.affinity) run.accepted.push(inside.state);
      return null;
    case 'drop':
      return settle(place, inside, { kind: 'drop' }, run);
    case 'jump':
    case 'goto':
      return enter(place, verdict, inside, run);
  }
}

const marks: Record<string, 'masquerade-mark' | 'drop-mark'> = {
  'KUBE-MARK-MASQ': 'masquerade-mark',
  'mark-for-masquerade': 'masquerade-mark',
  'KUBE-MARK-DROP': 'drop-mark',
};

function enter(place: Place, verdict: Extract<Verdict, { chain: string }>, inside: Inside, run: Run): null {
  const { ground, depth } = place;
  const mark = marks[verdict.chain];
  if (mark !== undefined) {
    if (inside.specific) run.branches.push(branch(place, inside, { kind: mark }, []));
    const state: State =
      mark === 'drop-mark' ? { ...inside.state, doomed: true } : { ...inside.state, masqueraded: true };
    if (!inside.affinity) run.passed.push(inside.specific ? state : inside.state);
    return null;
  }
  const chain = ground.scope.table.chains.get(verdict.chain);
  if (chain === undefined || depth >= deepest) {
    const why =
      chain === undefined ? `chain ${verdict.chain} is not in the dump` : 'chains lead into each other without end';
    if (!inside.specific) return ignore(inside, run);
    end(place, inside, { kind: 'unknown', why }, run);
    return null;
  }
  const walk = walkChain(ground, chain, [inside.state], inside.specific, depth + 1);
  if (walk.branches.length > 0) run.branches.push(branch(place, inside, verdict, walk.branches));
  if (inside.affinity) return null;
  run.leaves.push(...walk.leaves);
  run.accepted.push(...walk.accepted);
  (verdict.kind === 'goto' ? run.returned : run.passed).push(...walk.out);
  return null;
}

/**
 * A verdict for good. One that neither asks for this front end nor holds for every client is some other component's: it
 * is left to `trace`, which knows the client.
 */
function settle(place: Place, inside: Inside, effect: Leaf['effect'], run: Run): null {
  if (!inside.specific && inside.when.length > 0) return ignore(inside, run);
  end(place, inside, effect, run);
  return null;
}

function end(place: Place, inside: Inside, effect: Leaf['effect'], run: Run): void {
  run.branches.push(branch(place, inside, effect, []));
  if (inside.affinity) return;
  const { conditions, remaining, masqueraded, doomed } = inside.state;
  run.leaves.push({ conditions, effect: doomed ? { kind: 'drop' } : effect, remaining, masqueraded });
}
