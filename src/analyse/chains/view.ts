import type { ChainReader } from '../../model/chain-names.ts';
import type {
  ChainCaller,
  ChainDetail,
  ChainSummary,
  RuleCounters,
  RuleDetail,
  RuleTable,
} from '../../model/chains-report.ts';
import { setWords } from '../../model/operand-words.ts';
import { isOpaque } from '../../model/rule-count.ts';
import { expressionWords, isMatch, matchWords, statementWords } from '../../model/rule-words.ts';
import type {
  Chain,
  Counters,
  NamedSet,
  NetFamily,
  NumericField,
  Operand,
  Rule,
  SetElement,
  Statement,
  Table,
} from '../../model/rules.ts';
import { callsOf, chainOf, leadsOf } from './leads.ts';

/** A table with these chains of it, or all. */
export function tableView(
  table: Table,
  meaning: ChainReader,
  chains: Iterable<Chain> = table.chains.values(),
): RuleTable {
  return {
    backend: table.backend,
    family: table.family,
    name: table.name,
    file: table.file,
    guessed: table.guessed,
    dormant: table.dormant,
    chains: [...chains].map(chain => summaryOf(table, chain, meaning)),
    sets: [...table.sets].map(([name, { type, elements, dynamic }]) => ({
      name,
      type,
      elements: elements?.length ?? null,
      dynamic,
    })),
  };
}

function summaryOf(table: Table, chain: Chain, meaning: ChainReader): ChainSummary {
  const { base, source } = chain;
  return {
    name: chain.name,
    hook: base === null ? null : { type: base.type, name: base.hook, priority: base.priority, policy: base.policy },
    counters: countersOf(base?.counters ?? null),
    ruleCount: chain.rules.length,
    line: source.line,
    handle: source.handle,
    meaning: meaning(table, chain.name),
  };
}

function countersOf(counters: Counters | null): RuleCounters | null {
  return counters === null ? null : { packets: String(counters.packets), bytes: String(counters.bytes) };
}

/** A chain with its rules in words, and who leads to it. */
export function chainView(table: Table, chain: Chain, meaning: ChainReader, evidence: boolean): ChainDetail {
  const rules = Array.from({ length: chain.rules.length }, (_, index) => chain.rules.at(index));
  const maps = new Set(rules.flatMap(rule => leadsOf(rule).maps));
  return {
    ...summaryOf(table, chain, meaning),
    backend: table.backend,
    family: table.family,
    table: table.name,
    file: table.file,
    rules: rules.map((rule, index) => ruleView(table, rule, index + 1, meaning, evidence)),
    callers: callersOf(table, chain.name),
    maps: [...maps].map(name => ({ name, elements: elementsOf(table.sets.get(name), table.family) })),
  };
}

/** A rule in words; `number` is its place in the chain, from 1. */
export function ruleView(
  table: Table,
  rule: Rule,
  number: number,
  meaning: ChainReader,
  evidence: boolean,
): RuleDetail {
  const { line, handle, raw } = rule.source;
  const matches = rule.expressions.filter(isMatch);
  const statements = rule.expressions.filter((each): each is Statement => !isMatch(each));
  return {
    number,
    line,
    handle,
    when: matches.map(match => matchWords(match, table.family)),
    effects: statements.map(statement => statementWords(statement, table.family)),
    targets: leadsOf(rule).chains.map(chain => ({ chain, meaning: meaning(table, chain) })),
    counters: countersOf(rule.counters),
    comment: rule.comment,
    opaque: isOpaque(rule),
    ...(evidence ? { raw } : {}),
  };
}

/** The rules and map elements of a table that lead to a chain. */
export function callersOf(table: Table, name: string): ChainCaller[] {
  const rules = callsOf(table, name).map(
    ({ chain, index, rule }): ChainCaller => ({
      chain,
      map: null,
      number: index + 1,
      line: rule.source.line,
      handle: rule.source.handle,
      when: rule.expressions.filter(isMatch).map(match => expressionWords(match, table.family)),
    }),
  );
  const elements = [...table.sets.values()].flatMap(set =>
    (set.elements ?? []).flatMap((element): ChainCaller[] => {
      const { data } = element;
      if (data === null || !('kind' in data) || !chainOf(data).includes(name)) return [];
      const { line, handle } = element.source;
      return [{ chain: null, map: set.name, number: null, line, handle, when: [keyWords(element, set, table.family)] }];
    }),
  );
  return [...rules, ...elements];
}

function elementsOf(set: NamedSet | undefined, family: NetFamily): { key: string; effect: string }[] | null {
  return (
    set?.elements?.map(element => ({ key: keyWords(element, set, family), effect: dataWords(element, family) })) ?? null
  );
}

/** An element's key, its values in the forms of the set's type: `10.0.0.1 . TCP . 80`. */
export function keyWords({ key, source }: SetElement, { type }: NamedSet, family: NetFamily): string {
  const of = type.split(' . ').map((part): Operand => {
    const field = fieldsOfTypes[part];
    return field === undefined ? { kind: 'value', value: part } : { kind: 'field', field };
  });
  return partsWords(key, source, family, { kind: 'concat', of });
}

/** Fields whose values have the form of an nft data type (nft(8), DATA TYPES). */
const fieldsOfTypes: Record<string, NumericField> = {
  ipv4_addr: 'daddr',
  ipv6_addr: 'daddr',
  inet_proto: 'l4proto',
  mark: 'mark',
  ether_addr: 'etherSaddr',
};

/** What an element of a map does, or stands for. */
export function dataWords({ data, source }: SetElement, family: NetFamily): string {
  if (data === null) return '';
  return 'kind' in data ? statementWords({ kind: 'verdict', verdict: data }, family) : partsWords(data, source, family);
}

/** Concatenated values as in a set of one element, without its braces. */
function partsWords(
  key: SetElement['key'],
  source: SetElement['source'],
  family: NetFamily,
  operand: Operand | null = null,
): string {
  const element = { key, nomatch: false, data: null, source };
  const set = { name: null, type: '', family: null, elements: [element], dynamic: false, source };
  return setWords({ kind: 'anonymous', set }, family, operand).slice(1, -1);
}
