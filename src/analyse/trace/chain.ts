import { isMatch } from '../../model/rule-words.ts';
import type { Chain, Expression, Hook, Rule, Table, Verdict } from '../../model/rules.ts';
import type { StepEffect } from '../../model/trace.ts';
import type { Context } from './context.ts';
import { impliedBy } from './implied.ts';
import { matches } from './matches.ts';
import { merge } from './merge.ts';
import { candidates } from './rule-index.ts';
import { note, type Place, type State, type StepNode } from './state.ts';
import { apply } from './statements.ts';

/** How a packet leaves a chain: by its end or a return, or for good. */
export interface End {
  state: State;
  how: 'end' | 'accept' | 'drop' | 'reject' | 'unknown';
}

/** Deeper jumps than this are a loop in a spoilt dump; the kernel refuses them (NFT_JUMP_STACK_SIZE is 16, iptables counts rules). */
const deepest = 64;

/** Walks a packet through a chain and all that it leads to. */
export function walk(context: Context, hook: Hook, table: Table, chain: Chain, state: State, depth = 0): End[] {
  const place: Place = { hook, table, chain: chain.name };
  const ends: End[] = [];
  walkFrom(0, state);
  return ends;

  function walkFrom(start: number, first: State): void {
    const list = candidates(chain, first);
    const { saddr, daddr, dport } = first.numbers;
    const length = list === null ? chain.rules.length : list.length;
    let current = first;
    for (let at = list === null ? start : firstFrom(list, start); at < length; at++) {
      const number = list === null ? at : (list[at] as number);
      const rule = chain.rules.at(number);
      const results = evaluate(context, place, rule, current);
      if (results === null) continue;
      const going: State[] = [];
      for (const result of results) follow(result, rule, going);
      const next = merge(going);
      const [only] = next;
      if (only === undefined) return;
      if (next.length > 1 || (list !== null && isReaddressed(only))) {
        for (const way of next) walkFrom(number + 1, way);
        return;
      }
      current = only;
    }
    ends.push({ state: current, how: 'end' });

    /** What the list was found by has changed (nft `ip daddr set`). */
    function isReaddressed({ numbers }: State): boolean {
      return numbers.daddr !== daddr || numbers.saddr !== saddr || numbers.dport !== dport;
    }
  }

  function follow({ state: way, leads }: Result, rule: Rule, going: State[]): void {
    if (leads === 'next') {
      going.push(way);
      return;
    }
    if (leads === 'reject' || leads === 'unknown') {
      ends.push({ state: way, how: leads });
      return;
    }
    switch (leads.kind) {
      case 'continue':
        going.push(way);
        return;
      case 'return':
        ends.push({ state: way, how: 'end' });
        return;
      case 'accept':
      case 'drop':
        ends.push({ state: way, how: leads.kind });
        return;
      case 'jump':
      case 'goto':
        for (const end of enter(leads, rule, way)) {
          if (end.how === 'end' && leads.kind === 'jump') going.push(end.state);
          else ends.push(end);
        }
    }
  }

  function enter(verdict: Verdict & { chain: string }, rule: Rule, way: State): End[] {
    const target = table.chains.get(verdict.chain);
    const why =
      target === undefined
        ? `chain ${verdict.chain} is not in the dump`
        : depth >= deepest
          ? `jumps are nested deeper than ${deepest}`
          : null;
    if (target === undefined || why !== null) {
      way.doubt(rule.source.raw);
      context.where = { hook, table: table.name, chain: chain.name, source: rule.source };
      note(context.where, way, { kind: 'unknown', why: why ?? '' });
      return [{ state: way, how: 'unknown' }];
    }
    return walk(context, hook, table, target, way, depth + 1);
  }
}

/** The place in a list of the first rule from this number on. */
function firstFrom(list: readonly number[], start: number): number {
  const at = start === 0 ? 0 : list.findIndex(number => number >= start);
  return at === -1 ? list.length : at;
}

interface Result {
  state: State;
  leads: 'next' | Verdict | 'reject' | 'unknown';
}

/** What a rule does to a packet; null when it lets it by unchanged. */
function evaluate(context: Context, place: Place, rule: Rule, state: State): Result[] | null {
  const { expressions } = rule;
  const results: Result[] = [];
  context.where = { hook: place.hook, table: place.table.name, chain: place.chain, source: rule.source };
  if (!run(0, state)) return null;
  return results;

  /** False when the packet went by: nothing was written. */
  function run(start: number, way: State): boolean {
    const atRule = way.assumed;
    for (let at = start; at < expressions.length; at++) {
      const expression = expressions[at] as Expression;
      if (isMatch(expression)) {
        if (expression.kind === 'limit' && onlyCounts(expressions, at + 1)) {
          if (expression.whenFresh) continue;
          return wentBy(start, way);
        }
        const { assumed } = way;
        const decision = matches(context, place, way, expression);
        if (decision === true) continue;
        if (decision === false) {
          // What earlier matches took for granted does not matter when a later one says no.
          if (assumed !== atRule) way.assumed = [...atRule, ...way.assumed.slice(assumed.length)];
          return wentBy(start, way);
        }
        if (onlyCounts(expressions, at + 1)) return wentBy(start, way);
        for (const miss of decision.no) results.push({ state: miss, leads: 'next' });
        for (const hit of decision.yes) goOn(at + 1, hit);
        return true;
      }
      const effects = apply(context, place, way, expression);
      const [only] = effects;
      if (effects.length === 1 && only !== undefined && only.state === way) {
        if (only.leads === 'next') continue;
        finish(only.state, only.leads);
        return true;
      }
      for (const effect of effects) {
        if (effect.leads === 'next') goOn(at + 1, effect.state);
        else finish(effect.state, effect.leads);
      }
      return true;
    }
    if (way.step?.source !== rule.source || way.step.hook !== place.hook) step(way, { kind: 'continue' });
    results.push({ state: way, leads: 'next' });
    return true;
  }

  function goOn(at: number, way: State): void {
    if (!run(at, way)) results.push({ state: way, leads: 'next' });
  }

  /** The packet that came is let by without a result; a way that was made from it wants one. */
  function wentBy(start: number, way: State): boolean {
    if (start === 0 && way === state) return false;
    results.push({ state: way, leads: 'next' });
    return true;
  }

  function finish(way: State, leads: Exclude<ReturnType<typeof apply>[number]['leads'], 'next'>): void {
    if (leads === 'break') results.push({ state: way, leads: 'next' });
    else {
      if (endsInNat(way, rule)) takeImplied(way);
      else if (typeof leads === 'object')
        step(way, leads.kind === 'jump' || leads.kind === 'goto' ? leads : { kind: leads.kind });
      results.push({ state: way, leads });
    }
  }

  function step(way: State, effect: StepEffect): void {
    takeImplied(way);
    note(context.where, way, effect);
  }

  function takeImplied(way: State): void {
    const implied = impliedBy(rule);
    if (implied !== null) way.assume(implied);
  }
}

/** The NAT statement wrote its step already; its accept is not another one. */
function endsInNat({ step }: State, rule: Rule): boolean {
  const last: StepNode | null = step;
  return last !== null && last.source === rule.source && ['dnat', 'snat', 'masquerade'].includes(last.effect.kind);
}

function onlyCounts(expressions: readonly Expression[], from: number): boolean {
  for (let at = from; at < expressions.length; at++) if ((expressions[at] as Expression).kind !== 'noop') return false;
  return true;
}
