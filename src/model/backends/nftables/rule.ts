import type { NftRule } from '../../../parse/nft-records.ts';
import type { Counters, Expression, Rule } from '../../rules.ts';
import { needMatch } from './matches.ts';
import type { Place } from './place.ts';
import type { Need } from './selectors.ts';
import { lowerStatement, type Names } from './statements.ts';

/** What libxtables prints for a `--ctstate` that has DNAT or SNAT: other states and the negation are lost (extensions/libxt_conntrack.c). */
const halfOfState = /^ct status (?:!= )?(?:[ds]nat\b)/;

/** A rule's expressions in the kernel's order, with the tests that nft leaves out where a header asks for them. */
export function lowerRule(
  record: NftRule,
  place: Place,
  names: Names,
  ofIptables: boolean,
): Pick<Rule, 'expressions' | 'counters' | 'comment'> {
  const { statements, comment } = record.read();
  const expressions: Expression[] = [];
  const given = new Set<string>();
  let counters: Counters | null = null;
  for (const { body, raw } of statements) {
    counters ??= countersOf(body['counter']);
    if (ofIptables && halfOfState.test(raw.trim())) {
      expressions.push({ kind: 'opaque', raw });
      continue;
    }
    const lowered = lowerStatement(body, raw, place, names);
    for (const need of lowered.needs) {
      if (given.has(keyOf(need))) continue;
      given.add(keyOf(need));
      expressions.push(needMatch(need));
    }
    for (const expression of lowered.expressions) {
      const tested = testedBy(expression);
      if (tested !== null) {
        if (given.has(keyOf(tested))) continue;
        given.add(keyOf(tested));
      }
      expressions.push(expression);
    }
  }
  return { expressions, counters, comment };
}

function keyOf({ field, value }: Need): string {
  return `${field} ${value}`;
}

/** What a later header need not ask for again. */
function testedBy(expression: Expression): Need | null {
  if (expression.kind !== 'compare' || expression.negated || expression.left.kind !== 'field') return null;
  const { field } = expression.left;
  const [only, more] = expression.right;
  if ((field !== 'l4proto' && field !== 'nfproto') || only === undefined || more !== undefined) return null;
  return 'low' in only && only.low === only.high ? { field, value: only.low } : null;
}

function countersOf(counter: unknown): Counters | null {
  const { packets, bytes } = (counter ?? {}) as { packets?: unknown; bytes?: unknown };
  if (!Number.isSafeInteger(packets) || !Number.isSafeInteger(bytes)) return null;
  return { packets: BigInt(packets as number), bytes: BigInt(bytes as number) };
}
