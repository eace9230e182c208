import type { Parsed } from './records.ts';

/** Rules of one chain, as text: a dump may have hundreds of thousands, so a line is cut out only when asked for. */
export interface RuleLines {
  readonly length: number;
  /** From 1. */
  line(index: number): number;
  /** As the tool printed it. */
  raw(index: number): string;
  /** The same in the words of iptables-save, for `parseIptablesRule`. */
  rule(index: number): string;
  /** Why the line cannot be trusted (it was cut off, it is no rule); null for all others. */
  damage(index: number): string | null;
  /** True for a line that is no rule: rules may be missing in its place. */
  leftOut(index: number): boolean;
}

export interface IptablesChain {
  name: string;
  /** ACCEPT, DROP, QUEUE or `-` (a user's chain); null when it was not declared. */
  policy: string | null;
  /** Packets and bytes of the policy; null when not printed. */
  counters: readonly [bigint, bigint] | null;
  /** Of the declaration; without one, of the first rule. */
  line: number;
  readonly raw: string;
  rules: RuleLines;
  /** Why rules may be missing at its end: the dump was cut off, lines were left out; null for a whole chain. */
  incomplete: string | null;
}

export interface IptablesTable {
  name: string;
  /** Why the name is a guess; null when the dump says it. */
  guessed: string | null;
  /** null: nothing tells. */
  family: 'ip' | 'ip6' | null;
  /** null: the header does not tell them apart (1.8.0 to 1.8.7), or there is none. */
  backend: 'iptables-legacy' | 'iptables-nft' | null;
  chains: ReadonlyMap<string, IptablesChain>;
  line: number;
  readonly raw: string;
}

/** What iptables-save, ip6tables-save, `iptables -S` or `iptables -L` said. Each record is a table. */
export interface IptablesDump extends Parsed<IptablesTable> {
  lines: number;
  rules: number;
  /** What no rule shows, though the kernel's may have it (`iptables -L` without -v); null for nothing. */
  hidden: 'interfaces' | null;
  /** Why the rules may say less than the kernel's (`iptables -L`); null for a faithful dump. */
  lossy: string | null;
}
