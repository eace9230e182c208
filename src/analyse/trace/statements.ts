import { expressionWords } from '../../model/rule-words.ts';
import type { Statement, Verdict } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { keyOf, setEntry } from './matches.ts';
import { rewrite } from './nat.ts';
import { lookUp, resolve } from './resolve.ts';
import { note, type Place, type State } from './state.ts';
import { anyNumber } from './unknown.ts';
import { asNumeric } from './values.ts';

/** What a statement leads to: the next expression, a verdict, or an end that is neither. */
export interface Effect {
  state: State;
  leads: 'next' | 'break' | Verdict | 'reject' | 'unknown';
}

/** Does what a statement says; the step is written where it changes something. */
export function apply(context: Context, place: Place, state: State, statement: Statement): Effect[] {
  switch (statement.kind) {
    case 'noop':
      return [{ state, leads: 'next' }];
    case 'verdict':
      return [{ state, leads: statement.verdict }];
    case 'vmap':
      return lookUp(context, place, state, statement.key, statement).map(({ state: way, element }) => {
        if (element === 'unknown') return unreadable(context, way, expressionWords(statement, place.table.family));
        if (element === null) return { state: way, leads: 'break' };
        return element.data !== null && 'kind' in element.data
          ? { state: way, leads: element.data }
          : unreadable(context, way, element.source.raw);
      });
    case 'set':
      return resolve(context, place, state, statement.value).map(({ state: way, value }) => {
        if (value === null) return { state: way, leads: 'break' };
        if (statement.field === 'ctMark' && !hasConnection(way)) return { state: way, leads: 'next' };
        way.numbers[statement.field] = asNumeric(way, value);
        const text = typeof value === 'bigint' ? `0x${value.toString(16)}` : null;
        note(context.where, way, { kind: 'set', field: statement.field, value: text });
        return { state: way, leads: 'next' };
      });
    case 'nat':
    case 'natTo':
    case 'netmap':
      return rewrite(context, place, state, statement).map(({ state: way, unread }) => {
        if (unread === 'no element') return { state: way, leads: 'break' };
        return unread === null ? { state: way, leads: { kind: 'accept' } } : unreadable(context, way, unread);
      });
    case 'reject': {
      state.rejectWith = rejection(statement.rejectWith, state);
      note(context.where, state, { kind: 'reject', rejectWith: state.rejectWith });
      return [{ state, leads: 'reject' }];
    }
    case 'notrack':
      if (state.tracking === 'none' && !state.template) {
        state.tracking = 'untracked';
        note(context.where, state, { kind: 'notrack' });
      }
      return [{ state, leads: 'next' }];
    case 'ctZone':
      if (state.tracking === 'none' && !state.template) {
        state.template = true;
        // The rule's template serves every packet: its mark is what the last one saved.
        state.numbers.ctMark = anyNumber(32);
        if (statement.direction !== 'reply') state.numbers.ctZone = BigInt(statement.zone);
      }
      return [{ state, leads: 'next' }];
    case 'setUpdate':
      return resolve(context, place, state, statement.key).map(({ state: way, value }) => {
        const key = setEntry(place.table, `@${statement.set}`, keyOf(value));
        way.decided = new Map(way.decided).set(key, statement.op !== 'delete');
        return { state: way, leads: 'next' };
      });
    case 'opaqueStatement':
      return [unreadable(context, state, statement.raw)];
    case 'queue':
    case 'tproxy':
      return [unreadable(context, state, expressionWords(statement, place.table.family))];
  }
}

/** True where there is a connection to write to, or the template that a zone attached. */
function hasConnection({ tracking, template }: State): boolean {
  return template || (tracking !== 'none' && tracking !== 'untracked' && tracking !== 'invalid');
}

/** Ends in "unknown": what comes after the statement cannot be said. */
function unreadable(context: Context, state: State, why: string): Effect {
  state.doubt(why);
  note(context.where, state, { kind: 'unknown', why });
  return { state, leads: 'unknown' };
}

/** nft's icmpx is the packet's own family's (net/netfilter/nft_reject.c nft_reject_icmp_code). */
const icmpx: Record<string, { IPv4: string; IPv6: string }> = {
  'icmpx-port-unreachable': { IPv4: 'icmp-port-unreachable', IPv6: 'icmp6-port-unreachable' },
  'icmpx-admin-prohibited': { IPv4: 'icmp-admin-prohibited', IPv6: 'icmp6-adm-prohibited' },
  'icmpx-no-route': { IPv4: 'icmp-net-unreachable', IPv6: 'icmp6-no-route' },
  'icmpx-host-unreachable': { IPv4: 'icmp-host-unreachable', IPv6: 'icmp6-addr-unreachable' },
};

function rejection(rejectWith: string, state: State): string {
  return icmpx[rejectWith]?.[state.family] ?? rejectWith;
}
