import type { Family } from '../../model/report.ts';
import type { RuleSet } from '../../model/rules.ts';
import type { Section } from '../../model/section.ts';
import type { ConntrackRecord } from '../../parse/conntrack.ts';
import type { LinkRecord } from '../../parse/link.ts';
import type { RouteRecord } from '../../parse/route.ts';
import type { RuleRecord } from '../../parse/rule.ts';

/** All that a trace asks of one network namespace. null: not known. */
export interface Host {
  /** The node's or pod's name; null for raw dumps. */
  name: string | null;
  rules: RuleSet;
  /** Local addresses beside 127.0.0.0/8 and ::1; null: none were given. */
  addresses: readonly HostAddress[] | null;
  links: Section<LinkRecord> | null;
  /** Of every table, the local one included where the dump has it. */
  routes: Record<Family, Section<RouteRecord> | null>;
  /** Routing policy rules. */
  policies: Record<Family, Section<RuleRecord> | null>;
  /** By dotted name: `net.ipv4.ip_forward`. */
  sysctls: ReadonlyMap<string, string>;
  conntrack: Section<ConntrackRecord> | null;
}

export interface HostAddress {
  family: Family;
  address: bigint;
  prefixLength: number;
  /** null: not said (`--local`). */
  interface: string | null;
}
