import type { Rule, SetRef, Table, Verdict } from '../../model/rules.ts';

/** Chains that a rule leads to by itself, and named maps by whose elements it may lead on. */
export function leadsOf(rule: Rule): { chains: string[]; maps: string[] } {
  const chains: string[] = [];
  const maps: string[] = [];
  for (const expression of rule.expressions) {
    if (expression.kind === 'verdict') chains.push(...chainOf(expression.verdict));
    else if (expression.kind === 'vmap') lead(expression.map, chains, maps);
    else if (expression.kind === 'natTo' && expression.to.kind === 'map') lead(expression.to.map, chains, maps);
  }
  return { chains: [...new Set(chains)], maps: [...new Set(maps)] };
}

function lead(ref: SetRef, chains: string[], maps: string[]): void {
  if (ref.kind === 'named') maps.push(ref.name);
  else
    for (const { data } of ref.set.elements ?? []) if (data !== null && 'kind' in data) chains.push(...chainOf(data));
}

/** The chain of a jump or goto. */
export function chainOf(verdict: Verdict): string[] {
  return verdict.kind === 'jump' || verdict.kind === 'goto' ? [verdict.chain] : [];
}

/** A rule that leads to a chain. */
export interface Call {
  chain: string;
  index: number;
  rule: Rule;
}

/** The rules of a table that lead to a chain. Only those that have its name in their text are read. */
export function callsOf(table: Table, name: string): Call[] {
  const calls: Call[] = [];
  for (const { name: chain, rules } of table.chains.values())
    for (let index = 0; index < rules.length; index++) {
      if (!rules.source(index).raw.includes(name)) continue;
      const rule = rules.at(index);
      if (leadsOf(rule).chains.includes(name)) calls.push({ chain, index, rule });
    }
  return calls;
}
