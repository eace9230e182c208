import { parsePrefix } from '../../model/address.ts';
import type { RuleRecord } from '../../parse/rule.ts';
import { both, type Deciding, type Decision, not, undecided } from './decision.ts';
import type { State } from './state.ts';
import type { Name, Numeric } from './unknown.ts';
import { nameFits, UnknownName } from './unknown.ts';
import { isOneOf, type Value } from './values.ts';

/** What a route is looked up by. */
export interface Flow {
  daddr: bigint;
  saddr: Numeric | null;
  /** `lo` for a packet that is made here. */
  iif: Name;
  mark: Numeric | null;
  /** A lookup of the way back: its ports are the other way round, and not looked at. */
  reverse: boolean;
}

/** Whether a routing policy rule takes the flow (ip-rule(8), net/core/fib_rules.c). */
export function policySelects(context: Deciding, state: State, rule: RuleRecord, flow: Flow): Decision {
  const { source, destination, inputInterface, outputInterface, fwmark, otherSelectors } = rule;
  const raw = `ip rule ${rule.priority}`;
  let decision: Decision = true;
  const and = (next: (way: State) => Decision) => {
    decision = both(state, decision, next);
  };
  if (source !== null) and(way => within(context, way, source, flow.saddr, raw));
  if (destination !== null) and(way => within(context, way, destination, flow.daddr, raw));
  if (inputInterface !== null)
    and(way =>
      flow.iif instanceof UnknownName
        ? undecided(context, way, `${raw} iif ${inputInterface}`)
        : nameFits(flow.iif, { name: inputInterface, prefix: false }),
    );
  if (outputInterface !== null) and(() => false);
  if (fwmark !== null) {
    const mask = BigInt(fwmark.mask);
    const wanted = BigInt(fwmark.value) & mask;
    and(way => {
      const value: Value =
        typeof flow.mark === 'bigint'
          ? flow.mark & mask
          : { kind: 'number', field: 'mark', and: mask, xor: 0n, shift: 0 };
      return isOneOf(context, way, value, [{ low: wanted, high: wanted }], () => `${raw} fwmark`);
    });
  }
  if (otherSelectors.length > 0) and(way => undecided(context, way, `${raw} ${otherSelectors.join(' ')}`));
  return rule.not ? not(decision) : decision;
}

function within(context: Deciding, state: State, cidr: string, address: Numeric | null, raw: string): Decision {
  const prefix = parsePrefix(cidr);
  if (prefix === null || typeof address !== 'bigint') return undecided(context, state, `${raw} ${cidr}`);
  const shift = BigInt((prefix.family === 'IPv4' ? 32 : 128) - prefix.length);
  return state.asked.of(address, one => one >> shift === prefix.value >> shift);
}
