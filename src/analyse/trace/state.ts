import type { Family } from '../../model/report.ts';
import type { Hook, InterfaceField, NumericField, RuleSource, Table, VirtualServer } from '../../model/rules.ts';
import type { StepEffect } from '../../model/trace.ts';
import type { Asked } from './asked.ts';
import { certain, type Share } from './share.ts';
import type { Name, Numeric } from './unknown.ts';

/** Where something happens to a packet. */
export interface Where {
  hook: Hook | 'routing' | 'ipvs' | 'conntrack';
  table: string | null;
  chain: string | null;
  source: RuleSource | null;
}

/** A step on the way, as a list from the latest back: branches share what they have in common. */
export interface StepNode extends Where {
  effect: StepEffect;
  before: StepNode | null;
}

/** The addresses and ports of one direction of a connection. */
export interface Tuple {
  saddr: Numeric;
  daddr: Numeric;
  /** null where the protocol has none. */
  sport: Numeric | null;
  dport: Numeric | null;
}

/** Where routing sent the packet. */
export interface Route {
  to: 'local' | 'out';
  interface: Name;
  gateway: string | null;
}

/** What conntrack says of the packet; `none` before it has seen it. */
export type Tracking = 'none' | 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/** The packet and all that was decided about it, on one branch. Cloned where ways part, changed in place otherwise. */
export class State {
  readonly family: Family;
  /** null: the packet has no such thing (a port of ICMP). */
  numbers: Record<NumericField, Numeric | null>;
  interfaces: Record<InterfaceField, Name>;
  tracking: Tracking = 'none';
  /** A ct zone was set: the packet has a template, and a later notrack or zone does nothing (net/netfilter/xt_CT.c). */
  template = false;
  /** What conntrack will say when it sees the packet. */
  expected: Exclude<Tracking, 'none'> = 'new';
  /** The packet's connection may be one that the snapshot has; not where its state was given with it. */
  mayBeKnown = true;
  /** The NAT of an existing connection, by direction; null: the rules decide. */
  existing: { original: Tuple; reply: Tuple; direction: 'original' | 'reply' } | null = null;
  /** The nat chains that were consulted, or need not be. */
  bound = { dnat: false, snat: false };
  dnat = false;
  snat: string | null = null;
  route: Route | null = null;
  rejectWith: string | null = null;
  /** The virtual server that took it. */
  ipvs: VirtualServer | null = null;
  share: Share = certain;
  unknown: readonly string[] = [];
  assumed: readonly string[] = [];
  /** Answers of matches that cannot be looked into, and entries that the packet itself made. */
  decided: ReadonlyMap<string, boolean> = nothing;
  step: StepNode | null = null;

  /** Shared by all branches of the trace. */
  readonly asked: Asked;

  constructor(
    family: Family,
    numbers: Record<NumericField, Numeric | null>,
    interfaces: Record<InterfaceField, Name>,
    asked: Asked,
  ) {
    this.asked = asked;
    this.family = family;
    this.numbers = numbers;
    this.interfaces = interfaces;
  }

  clone(): State {
    const copy = new State(this.family, { ...this.numbers }, { ...this.interfaces }, this.asked);
    copy.tracking = this.tracking;
    copy.template = this.template;
    copy.expected = this.expected;
    copy.mayBeKnown = this.mayBeKnown;
    copy.existing = this.existing;
    copy.bound = { ...this.bound };
    copy.dnat = this.dnat;
    copy.snat = this.snat;
    copy.route = this.route;
    copy.rejectWith = this.rejectWith;
    copy.ipvs = this.ipvs;
    copy.share = this.share;
    copy.unknown = this.unknown;
    copy.assumed = this.assumed;
    copy.decided = this.decided;
    copy.step = this.step;
    return copy;
  }

  /** Asks something of the source address, in a way that `asked` remembers; false when it is not known. */
  ofSource(ask: (address: bigint) => boolean): boolean {
    const { saddr } = this.numbers;
    return typeof saddr === 'bigint' && this.asked.of(saddr, ask);
  }

  assume(what: string): void {
    if (!this.assumed.includes(what)) this.assumed = [...this.assumed, what];
  }

  doubt(what: string): void {
    if (!this.unknown.includes(what)) this.unknown = [...this.unknown, what];
  }

  /** Equal for states that no later rule can tell apart. */
  fingerprint(): string {
    const { numbers, interfaces, bound, route, existing } = this;
    let text = `${this.tracking}${this.template}|${this.expected}|${bound.dnat}${bound.snat}${this.dnat}|${this.snat}|${this.rejectWith}|`;
    for (const key in numbers) text += `${numbers[key as NumericField]},`;
    for (const key in interfaces) text += `${interfaces[key as InterfaceField]},`;
    if (route !== null) text += `${route.to} ${route.interface} ${route.gateway}`;
    if (existing !== null) text += existing.direction;
    return `${text}|${this.unknown.join(';')}|${this.assumed.join(';')}|${[...this.decided].join(';')}`;
  }
}

const nothing: ReadonlyMap<string, boolean> = new Map();

/** Where a rule is evaluated. */
export interface Place {
  hook: Hook;
  table: Table;
  chain: string;
}

/** Writes a step on the way. */
export function note(where: Where, state: State, effect: StepEffect): void {
  const { hook, table, chain, source } = where;
  state.step = { hook, table, chain, source, effect, before: state.step };
}
