import type { Rule, Table } from './rules.ts';

/** How much of a rule set there is, and how much of it is not modelled. Reads every rule. */
export function countRules(tables: readonly Table[]): { rules: number; opaque: number } {
  let rules = 0;
  let opaque = 0;
  for (const { chains } of tables) {
    for (const { rules: list } of chains.values()) {
      for (let at = 0; at < list.length; at++) {
        const rule = list.at(at);
        if (rule.missing) continue;
        rules++;
        if (isOpaque(rule)) opaque++;
      }
    }
  }
  return { rules, opaque };
}

/** True when a match, a statement or a value in the rule is not modelled. */
export function isOpaque(rule: Rule): boolean {
  return rule.expressions.some(holdsOpaque);
}

function holdsOpaque(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('kind' in value && (value.kind === 'opaque' || value.kind === 'opaqueStatement')) return true;
  return Object.entries(value).some(([key, part]) => key !== 'source' && holdsOpaque(part));
}
