import type { JsonObject } from './json.ts';

/**
 * What `nft list ruleset` shows, from its text or its JSON. Expressions and elements are in the form of
 * libnftables-json(5) whichever it was, and are read when they are asked for: a dump may have hundreds of thousands.
 */
export type NftRecord = NftTable | NftChain | NftRule | NftSet | NftObject;

interface Place {
  /** As printed: ip, ip6, inet, arp, bridge, netdev. */
  family: string;
  /** The text of the object as the tool printed it. */
  readonly raw: string;
  /** From 1; null in JSON. */
  line: number | null;
  handle: number | null;
}

export interface NftTable extends Place {
  kind: 'table';
  name: string;
  dormant: boolean;
  /** nft said "managed by iptables-nft, do not touch!" (text only). */
  warned: boolean;
}

export interface NftChain extends Place {
  kind: 'chain';
  table: string;
  name: string;
  /** null for a chain that only other chains lead to. */
  base: NftBaseChain | null;
}

export interface NftBaseChain {
  type: string;
  hook: string;
  priority: number;
  policy: string;
  devices: readonly string[];
}

export interface NftRule extends Place {
  kind: 'rule';
  table: string;
  chain: string;
  /** No rule of the dump: stands where rules may be missing. */
  missing?: true;
  /** Not kept: each call reads it again. */
  read(): NftRuleBody;
}

export interface NftRuleBody {
  statements: readonly NftStatement[];
  comment: string | null;
  /** Why the rule, or the rest of it, cannot be read; null when all was. What is unread is a statement `unread`. */
  problem: string | null;
}

/** A statement (matches are statements too) as libnftables-json(5) has it, and in the words of `nft list ruleset`. */
export interface NftStatement {
  body: JsonObject;
  readonly raw: string;
}

export interface NftSet extends Place {
  kind: 'set';
  table: string;
  name: string;
  /** Known without reading it. */
  readonly hasElements: boolean;
  /** Read when it is asked for, and not kept. */
  read(): NftSetBody;
}

export interface NftSetBody {
  /** One word for each concatenated component: ipv4_addr, inet_service. */
  type: readonly string[];
  /** What a map leads to: `verdict`, or the words of a type; null for a set. */
  data: readonly string[] | null;
  flags: readonly string[];
  /** Elements as in JSON; a map's are pairs. null: cut off, unreadable or left out (`nft -t`). */
  elements: readonly unknown[] | null;
  problem: string | null;
}

/** Counters, quotas, limits, helpers, flowtables: what rules name but no packet is sent by. */
export interface NftObject extends Place {
  kind: 'object';
  table: string;
  name: string;
  /** The word of JSON: counter, quota, limit, ct helper, flowtable, … */
  what: string;
  /** `over`: what it names matches once the limit is passed. */
  over: boolean;
}
