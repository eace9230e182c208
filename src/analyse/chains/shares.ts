import Fraction from 'fraction.js';
import { isMatch } from '../../model/rule-words.ts';
import type { Chain, Match, Operand, Rule, SetElement, SetRef, Statement, Table, Verdict } from '../../model/rules.ts';
import { partOf } from '../service/choices.ts';
import { chainOf } from './leads.ts';

/** One of the ways of a rule that draws a random number and looks it up. */
export interface Split {
  /** Of the packets that the rule takes. */
  chance: Fraction;
  element: SetElement;
}

/** What a rule takes of the packets that come to the chain's random choice; null: it has no part in one. */
export interface RuleShare {
  /** null: not known. */
  share: Fraction | null;
  splits: readonly Split[];
}

/** Rules past which shares are not worked out: no service has so many endpoints that its chain is longer. */
const most = 2000;

/**
 * The shares of a chain's rules, for clients that were not seen before: a random rule takes its chance of what those before
 * it have left, a rule that asks for nothing all the rest. Empty where the chain makes no random choice.
 */
export function sharesIn(table: Table, { rules }: Chain): ReadonlyMap<number, RuleShare> {
  const shares = new Map<number, RuleShare>();
  let left: Fraction | null = new Fraction(1);
  let chosen = false;
  for (let index = 0; index < Math.min(rules.length, most); index++) {
    const rule = rules.at(index);
    const splits = splitsOf(rule, table);
    const chance = chanceOf(rule, table);
    if (chance === null || (!chosen && splits.length === 0 && chance.equals(1))) {
      // A condition of another kind in the midst of a choice: nobody knows how many it holds for.
      if (chosen && isRandom(rule)) left = null;
      continue;
    }
    chosen = true;
    const share: Fraction | null = left?.mul(chance) ?? null;
    shares.set(index, { share, splits });
    left = share === null ? null : (left?.sub(share) ?? null);
  }
  return shares;
}

function isRandom({ expressions }: Rule): boolean {
  return expressions.some(({ kind }) => kind === 'statistic');
}

/** The part of the packets that a rule takes for good when it asks for a random number at most; null: it asks for more, or lets them go on. */
function chanceOf(rule: Rule, table: Table): Fraction | null {
  if (!ends(rule, table, 0)) return null;
  let chance = new Fraction(1);
  for (const match of matchesOf(rule)) {
    if (match.kind === 'statistic') {
      const part = new Fraction(match.chance);
      chance = chance.mul(match.negated ? new Fraction(1).sub(part) : part);
    } else if (!isPassed(match)) return null;
  }
  return chance;
}

/** Whether no packet that a rule acts on comes to the next one. */
function ends({ expressions }: Rule, table: Table, depth: number): boolean {
  return expressions.some(expression => {
    switch (expression.kind) {
      case 'nat':
      case 'natTo':
      case 'reject':
      case 'vmap':
        return true;
      case 'verdict':
        return endsBy(expression.verdict, table, depth);
      default:
        return false;
    }
  });
}

function endsBy(verdict: Verdict, table: Table, depth: number): boolean {
  if (verdict.kind === 'goto' || verdict.kind === 'accept' || verdict.kind === 'drop') return true;
  const [name] = chainOf(verdict);
  const chain = name === undefined || depth > 3 ? undefined : table.chains.get(name);
  if (chain === undefined) return false;
  // Endpoint chains are short; a rule for the protocol of the service takes all of its packets.
  for (let index = 0; index < Math.min(chain.rules.length, 16); index++) {
    const rule = chain.rules.at(index);
    if (matchesOf(rule).every(isPassed) && ends(rule, table, depth + 1)) return true;
  }
  return false;
}

function matchesOf({ expressions }: Rule): Match[] {
  return expressions.filter(isMatch);
}

/** What all packets that come to a service's chain pass: its protocol, and that the client is remembered. */
function isPassed(match: Match): boolean {
  if (match.kind === 'recent') return match.op === 'set' && !match.negated;
  return match.kind === 'compare' && !match.negated && match.left.kind === 'field' && match.left.field === 'l4proto';
}

function splitsOf({ expressions }: Rule, table: Table): Split[] {
  return expressions.flatMap(expression => {
    const lookup = isMatch(expression) ? null : lookupOf(expression);
    if (lookup === null || lookup.key.kind !== 'numgen') return [];
    const { key } = lookup;
    const set = lookup.map.kind === 'anonymous' ? lookup.map.set : table.sets.get(lookup.map.name);
    return (set?.elements ?? []).map(element => ({ chance: partOf(element, key), element }));
  });
}

function lookupOf(statement: Statement): { key: Operand; map: SetRef } | null {
  if (statement.kind === 'vmap') return statement;
  const to = statement.kind === 'natTo' ? statement.to : statement.kind === 'nat' ? statement.address : null;
  return to?.kind === 'map' ? to : null;
}
