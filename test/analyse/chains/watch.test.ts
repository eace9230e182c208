import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type WatchedChain, watchedChain } from '../../../src/analyse/chains/watch.ts';
import { loadRuleFiles } from '../../../src/app/rule-files.ts';
import type { RuleSet } from '../../../src/model/rules.ts';

/** Looks at chains that change, as the tools printed them (record.sh): four packets to port 2 between the first and the second. */
function look(name: string): RuleSet {
  const files = ['save', 'json'].map(kind => ({
    name: `rules.${kind}`,
    text: readFileSync(new URL(`fixtures/${name}.${kind}`, import.meta.url), 'utf8'),
  }));
  return loadRuleFiles(files, { local: [] }).host.rules;
}

const looks = { first: look('1-first'), traffic: look('2-traffic'), changed: look('3-changed') };
type Look = keyof typeof looks;

function watched(table: string, chain: string, [first, before, now]: [Look, Look, Look], seconds = 2): WatchedChain {
  const found = looks[now].tables.find(({ name }) => name === table);
  const own = found?.chains.get(chain);
  if (found === undefined || own === undefined) throw new Error(`no ${chain}`);
  return watchedChain(found, own, { first: looks[first], before: looks[before], seconds });
}

/** The rows as `1`, `+2` (new), `-3` (vanished). */
function rows({ rows: all }: WatchedChain): string {
  return all.map(row => `${row.kind === 'vanished' ? '-' : row.isNew ? '+' : ''}${row.index + 1}`).join(' ');
}

describe('rules that are new or have vanished since the watch began', () => {
  test.each([
    ['nothing', 'nat', 'KUBE-SVC-A', 'first', '1 2 3 4 5'],
    ['counters alone', 'filter', 'COUNTED', 'first', '1 2 3'],
    ['iptables: one came, one went, another of the same text stays', 'nat', 'KUBE-SVC-A', 'changed', '1 +2 3 -3 4 5'],
    ['nftables: one came, one went', 'watched', 'out', 'changed', '-1 1 2 +3'],
  ] as const)('%s', (_name, table, chain, now, expected) => {
    expect(rows(watched(table, chain, ['first', 'traffic', now]))).toBe(expected);
  });

  test('all of a chain that was not there', () => {
    const none: RuleSet = { ...looks.first, tables: [] };
    const table = looks.changed.tables.find(({ name }) => name === 'nat');
    const chain = table?.chains.get('KUBE-SVC-A');
    if (table === undefined || chain === undefined) throw new Error('no chain');
    const now = watchedChain(table, chain, { first: none, before: none, seconds: 2 });
    expect(rows(now)).toBe('+1 +2 +3 +4 +5');
    expect(now.rate(0)).toBeNull();
  });
});

describe('rates are packets a second since the look before', () => {
  test.each([
    ['iptables', 'filter', 'COUNTED', ['first', 'first', 'traffic'], [0, 2, 0]],
    ['iptables, no packets since', 'filter', 'COUNTED', ['first', 'traffic', 'changed'], [0, 0, 0]],
    ['nftables', 'watched', 'out', ['first', 'first', 'traffic'], [0, 2, 0]],
    ['nftables, of a rule that is new', 'watched', 'out', ['first', 'traffic', 'changed'], [0, 0, null]],
    ['counters that began anew', 'filter', 'COUNTED', ['first', 'traffic', 'first'], [0, null, 0]],
  ] as [string, string, string, [Look, Look, Look], (number | null)[]][])('%s', (_name, table, chain, three, rates) => {
    const chainNow = watched(table, chain, three);
    expect(rates.map((_, index) => chainNow.rate(index))).toEqual(rates);
  });

  test('no time, no rate', () => {
    expect(watched('filter', 'COUNTED', ['first', 'first', 'traffic'], 0).rate(1)).toBeNull();
  });
});
