import type { Chain, RuleSet, Table } from '../../model/rules.ts';

/** A chain as it changes: at the beginning of a watch, at the look before, and now. */
export interface WatchedChain {
  /** The table as the watch began; null: it was not there. */
  first: Table | null;
  /** Its rules in order with those that have vanished since, which stand where they stood. */
  rows: readonly WatchedRule[];
  /** Packets a second since the look before; null where that is not known. */
  rate(index: number): number | null;
}

export type WatchedRule =
  /** A rule of now; new: it was not there as the watch began. */
  | { kind: 'there'; index: number; isNew: boolean }
  /** One that has vanished; its place in the chain of the beginning. */
  | { kind: 'vanished'; index: number };

/** Compares a chain with two earlier looks at its node's rules, the last of which is so many seconds old. */
export function watchedChain(
  table: Table,
  chain: Chain,
  watch: { first: RuleSet; before: RuleSet; seconds: number },
): WatchedChain {
  const first = sameTable(watch.first, table);
  const firstChain = first?.chains.get(chain.name);
  const before = sameTable(watch.before, table)?.chains.get(chain.name);
  const now = identities(chain);
  const then = firstChain === undefined ? [] : identities(firstChain);
  const last = before === undefined ? new Map<string, number>() : placesOf(identities(before));
  return {
    first,
    rows: merged(now, then),
    rate(index) {
      const at = last.get(now[index] ?? '');
      const old = at === undefined ? undefined : before?.rules.at(at).counters?.packets;
      const packets = chain.rules.at(index).counters?.packets;
      if (old === undefined || packets === undefined || packets < old || watch.seconds <= 0) return null;
      return Number(packets - old) / watch.seconds;
    },
  };
}

/** The same table in another look. */
function sameTable({ tables }: RuleSet, { file, family, name }: Table): Table | null {
  return tables.find(each => each.file === file && each.family === family && each.name === name) ?? null;
}

/**
 * What tells a rule from the others of its chain and stays when its counters move: nft's handle, else its text without the
 * counters that iptables-save puts before it; a text that stands several times is numbered.
 */
function identities({ rules }: Chain): string[] {
  const seen = new Map<string, number>();
  return Array.from({ length: rules.length }, (_, index) => {
    const { handle, raw } = rules.source(index);
    const text = handle === null ? raw.replace(counters, '') : String(handle);
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    return times === 0 ? text : `${text} #${times}`;
  });
}

/** `[12:720]`: iptables-save(8) with -c. */
const counters = /^\[\d+:\d+\] /;

function placesOf(rules: readonly string[]): Map<string, number> {
  return new Map(rules.map((rule, index) => [rule, index]));
}

/** The rules of now with those of then that are gone after the one that stood before them. */
function merged(now: readonly string[], then: readonly string[]): WatchedRule[] {
  const old = placesOf(then);
  const current = new Set(now);
  const goneAfter = new Map<string, number[]>();
  let anchor = '';
  then.forEach((rule, index) => {
    if (current.has(rule)) anchor = rule;
    else goneAfter.set(anchor, [...(goneAfter.get(anchor) ?? []), index]);
  });
  const gone = (after: string): WatchedRule[] =>
    (goneAfter.get(after) ?? []).map(index => ({ kind: 'vanished', index }));
  return [
    ...gone(''),
    ...now.flatMap((rule, index): WatchedRule[] => [{ kind: 'there', index, isNew: !old.has(rule) }, ...gone(rule)]),
  ];
}
