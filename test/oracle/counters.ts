import type { Outcome } from '../../src/model/trace.ts';
import type { RuleFile } from './dump.ts';

/** A rule that was hit otherwise than the trace says; `rule` is `FILE:LINE` or `FILE#TABLE#HANDLE`. */
export interface CounterDifference {
  rule: string;
  text: string;
  kernel: number;
  trace: number;
}

/** Compares how the counters moved between two dumps with the rules that the outcomes of the packets between name. */
export function compareCounters(
  before: readonly RuleFile[],
  after: readonly RuleFile[],
  outcomes: readonly Outcome[],
): CounterDifference[] {
  const earlier = hits(before);
  const moved = [...hits(after)].map(([rule, count]): [string, number] => [rule, count - (earlier.get(rule) ?? 0)]);
  return differences(before, new Map(moved), outcomes);
}

/** Compares how often the kernel hit each rule of the dumps with the rules that outcomes name. */
export function differences(
  files: readonly RuleFile[],
  moved: ReadonlyMap<string, number>,
  outcomes: readonly Outcome[],
): CounterDifference[] {
  const predicted = new Map<string, number>();
  for (const key of outcomes.flatMap(named)) predicted.set(key, (predicted.get(key) ?? 0) + 1);
  return [...hits(files).keys()].flatMap(rule => {
    const kernel = moved.get(rule) ?? 0;
    const trace = predicted.get(rule) ?? 0;
    if (kernel === trace) return [];
    const text = textOf(files, rule);
    return doNothing.test(text) || (trace === 0 && !isTold(text)) ? [] : [{ rule, text, kernel, trace }];
  });
}

/** The rules that the steps of an outcome name, as the keys of `hits`. Steps of one evaluation of a rule count once. */
function named(outcome: Outcome): string[] {
  const keys: string[] = [];
  let previous = '';
  for (const { hook, table, chain, file, line, handle, effect } of outcome.steps) {
    if (file === null || (line === null && handle === null)) continue;
    const key = handle === null ? `${file}:${line}` : `${file}#${table}#${handle}`;
    const evaluation = `${hook} ${chain} ${key} ${effect.kind === 'policy'}`;
    if (evaluation !== previous) keys.push(key);
    previous = evaluation;
  }
  return keys;
}

/** How often each rule was hit, by `FILE:LINE` for iptables and `FILE#TABLE#HANDLE` for nft. */
export function hits(files: readonly RuleFile[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name, text } of files) {
    if (name === 'nft.json') nftHits(name, text, counts);
    else if (name.includes('-save.') || name.includes('tables-save')) saveHits(name, text, counts);
  }
  return counts;
}

function saveHits(file: string, text: string, counts: Map<string, number>): void {
  for (const [index, line] of text.split('\n').entries()) {
    const found = /^\[(\d+):\d+\] -A|^:\S+ \S+ \[(\d+):\d+\]/.exec(line);
    if (found !== null) counts.set(`${file}:${index + 1}`, Number(found[1] ?? found[2]));
  }
}

interface NftRule {
  table: string;
  handle: number;
  expr: { counter?: { packets: number } | null }[];
}

function nftHits(file: string, text: string, counts: Map<string, number>): void {
  for (const { rule } of (JSON.parse(text) as { nftables: { rule?: NftRule }[] }).nftables) {
    const counter = rule?.expr.find(expression => expression.counter)?.counter;
    if (rule !== undefined && counter) counts.set(`${file}#${rule.table}#${rule.handle}`, counter.packets);
  }
}

/** Targets that change nothing that a trace tells, or not always (a mark from a packet's connection before conntrack has seen it). */
const doNothing = /-j (LOG|NFLOG|CLASSIFY|DSCP|TOS|TCPMSS|CONNMARK)\b|"mangle":.*"value":.*"ct"/;

/** The rule behind a key of `hits`, as the dump has it. */
function textOf(files: readonly RuleFile[], key: string): string {
  const line = /^(.*):(\d+)$/.exec(key);
  if (line !== null) return files.find(({ name }) => name === line[1])?.text.split('\n')[Number(line[2]) - 1] ?? '';
  const [name, table, handle] = key.split('#');
  const text = files.find(file => file.name === name)?.text ?? '{"nftables":[]}';
  const rules = (JSON.parse(text) as { nftables: { rule?: { table: string; handle: number } }[] }).nftables;
  const found = rules.find(({ rule }) => rule && rule.table === table && `${rule.handle}` === handle);
  return JSON.stringify(found?.rule ?? null);
}

/** True for a rule that the steps of a trace name whenever it is hit: it does something that a trace tells. */
function isTold(text: string): boolean {
  if (text.startsWith('{')) return /"(accept|drop|return|jump|goto|reject|dnat|snat|masquerade|redirect)"/.test(text);
  return / -[jg] /.test(text) && !doNothing.test(text);
}
