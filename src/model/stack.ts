import type { AddrRecord } from '../parse/addr.ts';
import type { BridgePortRecord, FdbRecord } from '../parse/bridge.ts';
import type { LinkRecord } from '../parse/link.ts';
import type { NetnsRecord } from '../parse/lsns.ts';
import type { NeighRecord } from '../parse/neigh.ts';
import type { RouteRecord } from '../parse/route.ts';
import type { RuleRecord } from '../parse/rule.ts';
import type { Family } from './report.ts';
import type { Section } from './section.ts';

/** What was read inside one network namespace. */
export interface Stack {
  links: Section<LinkRecord>;
  addrs: Section<AddrRecord>;
  routes: Record<Family, Section<RouteRecord>>;
  rules: Record<Family, Section<RuleRecord>>;
  neighbours: Section<NeighRecord>;
  /** The other namespaces, with the ids that this one has for them. */
  netns: Section<NetnsRecord>;
  /** Its own inode; null when not known. */
  inode: number | null;
}

/** A node's own network namespace, with its bridges. */
export interface NodeStack extends Stack {
  ports: Section<BridgePortRecord>;
  fdb: Section<FdbRecord>;
}

export const families: readonly Family[] = ['IPv4', 'IPv6'];
