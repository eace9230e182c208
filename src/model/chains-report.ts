import type { Gap, Note } from './report.ts';
import type { NetFamily } from './rules.ts';
import type { Target } from './service-report.ts';

export interface ChainsReport {
  apiVersion: 'netinspect/v1';
  kind: 'ChainsReport';
  /** RFC 3339: when the data was collected; null: files do not say. */
  time: string | null;
  /** null: rule files. */
  node: string | null;
  /** null: chains were asked for, and the other rules were not read. */
  summary: RuleSummary | null;
  /** Every table with its chains; where chains were asked for, their tables with these alone. */
  tables: RuleTable[];
  /** IPVS; null: not read, or chains were asked for. */
  virtualServers: VirtualServerView[] | null;
  /** The chains that were asked for: several where backends have the same one; null: none was. */
  chains: ChainDetail[] | null;
  notes: Note[];
  gaps: Gap[];
}

/** What was read: `opaque` rules have parts that are not modelled, `unread` lines could not be read at all. */
export interface RuleSummary {
  lines: number;
  rules: number;
  opaque: number;
  unread: number;
}

export interface RuleTable {
  backend: 'iptables-legacy' | 'iptables-nft' | 'nftables';
  family: NetFamily;
  name: string;
  /** The file or section. */
  file: string;
  /** Why the name is a guess; null when the dump says it. */
  guessed: string | null;
  /** Switched off: its chains are not hooked. */
  dormant: boolean;
  chains: ChainSummary[];
  /** nft sets and maps; `elements` is null where they were not dumped. */
  sets: { name: string; type: string; elements: number | null; dynamic: boolean }[];
}

export interface ChainSummary {
  name: string;
  /** null: other chains lead to it. */
  hook: { type: 'filter' | 'nat' | 'route'; name: string; priority: number; policy: 'accept' | 'drop' } | null;
  counters: RuleCounters | null;
  ruleCount: number;
  line: number | null;
  handle: number | null;
  meaning: ChainMeaning | null;
}

/** What kube-proxy made a chain for, found by its name. */
export interface ChainMeaning {
  role: 'service' | 'external' | 'local' | 'firewall' | 'endpoint';
  /** NAMESPACE/NAME:PORT, without `:PORT` where the port has no name. */
  service: string;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  /** Of the role endpoint. */
  endpoint: Target | null;
  /** Whose word it is: the API's services and slices, a comment that the hash confirms, or the name itself. */
  by: 'api' | 'comment' | 'name';
}

export interface ChainDetail extends ChainSummary {
  backend: RuleTable['backend'];
  family: NetFamily;
  table: string;
  file: string;
  rules: RuleDetail[];
  /** The rules and map elements that lead here. */
  callers: ChainCaller[];
  /** The maps by whose elements its rules lead on. */
  maps: { name: string; elements: { key: string; effect: string }[] | null }[];
}

export interface ChainCaller {
  /** null for a map's element. */
  chain: string | null;
  map: string | null;
  /** The rule's number in its chain, from 1; null for an element. */
  number: number | null;
  line: number | null;
  handle: number | null;
  /** What it asks for, in words. */
  when: string[];
}

export interface RuleDetail {
  /** In the chain, from 1. */
  number: number;
  line: number | null;
  handle: number | null;
  /** What it asks of a packet, in words. */
  when: string[];
  /** What it does, in words; empty: it counts only. */
  effects: string[];
  /** Chains that it leads to, but for those of named maps. */
  targets: { chain: string; meaning: ChainMeaning | null }[];
  counters: RuleCounters | null;
  comment: string | null;
  /** Part of it is not modelled. */
  opaque: boolean;
  /** As the tool printed it; with --evidence. */
  raw?: string;
}

/** An IPVS virtual server. */
export interface VirtualServerView {
  /** null: a firewall mark takes every one. */
  protocol: 'tcp' | 'udp' | 'sctp' | null;
  /** `ADDRESS:PORT`, or `fwmark N`. */
  name: string;
  /** null: the dump does not say. */
  scheduler: string | null;
  /** Seconds; null: none; `unknown`: the dump does not say. */
  persistence: number | 'unknown' | null;
  realServers: { address: string; port: number; weight: number | null; forwarding: string | null }[];
  line: number | null;
}

/** Decimal numbers as text: they may pass what JSON readers keep exact. */
export interface RuleCounters {
  packets: string;
  bytes: string;
}
