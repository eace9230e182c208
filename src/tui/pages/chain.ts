import { type RuleShare, type Split, sharesIn } from '../../analyse/chains/shares.ts';
import { tableView } from '../../analyse/chains/view.ts';
import { type WatchedChain, type WatchedRule, watchedChain } from '../../analyse/chains/watch.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import type { Chain, RuleSource, Table } from '../../model/rules.ts';
import { hookWords, meaningWords } from '../../render/chains.ts';
import { type CellLike, cell, columnsOf, type Layout } from '../../render/layout.ts';
import { percent } from '../../render/service-tree.ts';
import { list } from '../../render/words.ts';
import { abbreviated } from '../chain-words.ts';
import { fitted, line } from '../columns.ts';
import type { NodeDocument } from '../documents.ts';
import { headLine, type Page, type Row } from '../page.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';
import { leadOfSplit, showRule } from './rules.ts';

/** A row of the page: a rule, one of the ways of a rule that draws a random number, or a rule that has vanished. */
interface Entry {
  rule: number;
  split: Split | null;
  mark: '' | '+' | '-';
}

/** A chain's rules in words: only those on the screen are read. Those that share packets out have their shares. */
export function chainPage(
  document: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  chain: Chain,
  at: { line?: number | null; handle?: number | null },
  layout: Layout,
): Page {
  const { rules } = chain;
  const shares = sharesIn(table, chain);
  const watched = document.watch == null ? null : watchedChain(table, chain, document.watch);
  const entries = entriesOf(chain, shares, watched);
  const entryAt = (index: number): Entry => entries?.[index] ?? { rule: index, split: null, mark: '' };
  const number = Math.max(1, String(rules.length).length + (watched === null ? 0 : 1));
  const extra = [...(shares.size > 0 ? [7] : []), ...(watched === null ? [] : [7])];
  const free = Math.max(20, layout.width - number - 7 - 6 - extra.length * 9);
  const match = matchWidth(document, cluster, table, chain, free);
  const widths = fitted([number, ...extra, 7, match, free - match], layout.width);
  const effectWidth = widths.at(-1) ?? 0;
  const perSecond = watched === null ? [] : ['PKTS/S'];
  const heads = ['#', ...(shares.size > 0 ? ['SHARE'] : []), ...perSecond, 'PACKETS', 'MATCH', 'EFFECT'];
  const node = document.report.node.name;
  const place = (index: number): Place => ({ kind: 'rule', node, table: refOf(table), chain: chain.name, index });
  const cellsOf = (before: CellLike, share: string, rate: string, packets: string, when: string, effect: CellLike) =>
    line(
      [before, ...(shares.size > 0 ? [share] : []), ...(watched === null ? [] : [rate]), packets, when, effect],
      widths,
      layout,
    );

  const vanishedRow = (index: number): Row => {
    const shown = watched?.first == null ? null : showRule(document, cluster, watched.first, chain.name, index);
    if (shown === null) return { text: '', to: null, raw: null };
    const { detail, effect, raw } = shown;
    const words = abbreviated(effect, effectWidth);
    const text = cellsOf(cell(`-${index + 1}`, 'bad'), '', 'gone', '', list(detail.when), cell(words, 'label'));
    return { text, to: null, raw };
  };
  const ruleRow = (index: number, mark: string): Row => {
    const shown = showRule(document, cluster, table, chain.name, index);
    if (shown === null) return { text: '', to: null, raw: null };
    const { detail, effect, leads, raw } = shown;
    const part = shares.get(index);
    const otherwise = part !== undefined && detail.when.length === 0 && part.splits.length === 0 && index > 0;
    const words = abbreviated(effect, effectWidth);
    const [only, more] = leads;
    const own = place(index);
    return {
      text: cellsOf(
        mark === '' ? String(detail.number) : cell(`${mark}${detail.number}`, 'good'),
        part === undefined || part.splits.length > 0 ? '' : percent(part.share?.valueOf() ?? null),
        rateWords(watched?.rate(index) ?? null),
        compact(detail.counters?.packets ?? ''),
        list(detail.when, otherwise ? 'otherwise' : ''),
        detail.opaque ? cell(words, 'doubt') : words,
      ),
      to: more === undefined ? (only?.to ?? own) : own,
      detail: own,
      raw,
      source: sourceWords(rules.source(index)),
    };
  };
  const splitRow = (rule: number, split: Split): Row => {
    const { words, to } = leadOfSplit(document, cluster, table, split.element);
    const whole = shares.get(rule)?.share?.mul(split.chance);
    const effect = abbreviated(`  ${words}`, effectWidth);
    const text = cellsOf('', percent(whole?.valueOf() ?? null), '', '', '', effect);
    return { text, to: to ?? place(rule), detail: place(rule), raw: split.element.source.raw };
  };
  const first = startAt(chain, at);
  return {
    title: titleOf(document, table, chain),
    head: headLine(heads, widths, layout),
    length: entries?.length ?? rules.length,
    start: Math.max(0, entries?.findIndex(({ rule, mark }) => mark !== '-' && rule === first) ?? first),
    row(index) {
      const { rule, split, mark } = entryAt(index);
      if (mark === '-') return vanishedRow(rule);
      return split === null ? ruleRow(rule, mark) : splitRow(rule, split);
    },
    text(index) {
      const { rule, split, mark } = entryAt(index);
      if (mark === '-') return watched?.first?.chains.get(chain.name)?.rules.source(rule).raw ?? '';
      if (split !== null) return leadOfSplit(document, cluster, table, split.element).words;
      const { raw } = rules.source(rule);
      const target = kubeChain.exec(raw)?.[0];
      return target === undefined ? raw : `${raw} ${meaningWords(document.meaning(table, target, true))}`;
    },
  };
}

/** The columns for what rules ask, of those that are free: what the first ones need, as long as their effects have theirs. */
function matchWidth(
  document: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  { name, rules }: Chain,
  free: number,
): number {
  let width = 'otherwise'.length;
  let effect = 'EFFECT'.length;
  for (let index = 0; index < Math.min(rules.length, 50); index++) {
    const shown = showRule(document, cluster, table, name, index);
    width = Math.max(width, columnsOf(list(shown?.detail.when ?? [])));
    effect = Math.max(effect, columnsOf(abbreviated(shown?.effect ?? '', 0)));
  }
  return Math.min(width, Math.max(Math.floor(free * 0.42), free - effect));
}

/** A chain that kube-proxy names by a hash: what it is for is found beside it. */
const kubeChain = /KUBE-(?:SVC|SEP|EXT|XLB|SVL|FW)-[A-Z2-7]{16}(?= |$)/;

/** The rules with the ways of those that split, and those that have vanished; null: there are none, a row is a rule. */
function entriesOf(
  { rules }: Chain,
  shares: ReadonlyMap<number, RuleShare>,
  watched: WatchedChain | null,
): Entry[] | null {
  if (watched === null && ![...shares.values()].some(({ splits }) => splits.length > 0)) return null;
  const all: readonly WatchedRule[] =
    watched?.rows ?? Array.from({ length: rules.length }, (_, index) => ({ kind: 'there', index, isNew: false }));
  return all.flatMap((row): Entry[] => {
    if (row.kind === 'vanished') return [{ rule: row.index, split: null, mark: '-' }];
    const splits = shares.get(row.index)?.splits ?? [];
    return [
      { rule: row.index, split: null, mark: row.isNew ? '+' : '' },
      ...splits.map((split): Entry => ({ rule: row.index, split, mark: '' })),
    ];
  });
}

/** Packets a second: `0`, `12.4`, `1.2k`; empty where it is not known. */
function rateWords(rate: number | null): string {
  if (rate === null) return '';
  return rate < 1000 ? String(Math.round(rate * 10) / 10) : compact(String(Math.round(rate)));
}

function titleOf(document: NodeDocument, table: Table, chain: Chain): string {
  const [summary] = tableView(table, document.meaning, [chain]).chains;
  const about = [
    chain.name,
    summary?.hook ? `${hookWords(summary)} at ${summary.hook.priority}, policy ${summary.hook.policy}` : '',
    meaningWords(summary?.meaning ?? null),
  ];
  return about.filter(text => text !== '').join(' · ');
}

/** A counter in at most seven columns: `12345`, `12.3M`. */
function compact(packets: string): string {
  if (packets.length <= 7) return packets;
  const value = Number(packets);
  const unit = ['k', 'M', 'G', 'T', 'P', 'E'].find((_, at) => value < 1000 ** (at + 2)) ?? 'E';
  const size = 1000 ** (['k', 'M', 'G', 'T', 'P', 'E'].indexOf(unit) + 1);
  return `${(Math.floor((value / size) * 10) / 10).toFixed(1)}${unit}`;
}

/** Where a rule stands: `nodes/node1/iptables-save.nft:249`. */
function sourceWords({ file, line: number, handle }: RuleSource): string {
  if (number !== null) return `${file}:${number}`;
  return handle === null ? file : `${file} handle ${handle}`;
}

/** The rule that stands in that line or has that handle, else the first. */
function startAt({ rules }: Chain, at: { line?: number | null; handle?: number | null }): number {
  if (at.line == null && at.handle == null) return 0;
  for (let index = 0; index < rules.length; index++) {
    const source = rules.source(index);
    if (at.line == null ? source.handle === at.handle : source.line === at.line) return index;
  }
  return 0;
}
