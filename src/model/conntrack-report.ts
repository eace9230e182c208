import type { ConntrackEntry, Evidence, Family, Gap, Note } from './report.ts';

/** What `conntrack TARGET` gives: the tracked connections of a pod, service, node or address. */
export interface ConntrackReport {
  apiVersion: 'netinspect/v1';
  kind: 'ConntrackReport';
  /** RFC 3339: when the data was collected. */
  time: string;
  target: {
    kind: 'pod' | 'service' | 'node' | 'address';
    /** NAMESPACE/NAME of a pod or service, the node's name, or the address. */
    name: string;
    /** Whose entries are selected; empty for a node: all. */
    addresses: string[];
  };
  /** What the entries were narrowed to; null: to nothing. */
  filter: {
    protocol: string | null;
    state: string | null;
    peer: string | null;
    port: number | null;
    nat: 'dnat' | 'snat' | 'any' | 'none' | null;
  };
  nodes: ConntrackOnNode[];
  notes: Note[];
  gaps: Gap[];
}

/** The table of one node. */
export interface ConntrackOnNode {
  node: string;
  /** Entries in use, of everything that the node tracks, and the limit; null when not read. */
  table: { count: number; max: number; evidence?: Evidence[] } | null;
  /** The kernel log's last lines that say "table full"; null when it was not read. */
  full: string[] | null;
  /** How many entries match; null when the table was not read. */
  matched: number | null;
  states: { protocol: string; state: string | null; count: number }[];
  /** Those with most entries first. */
  destinations: ConntrackDestination[];
  /** How many more destinations there are at most, with fewer entries. */
  moreDestinations: number;
  /** Null when the table was not read; of a great many only the first. */
  entries: NamedConntrackEntry[] | null;
  /** What the counters grew by, of each CPU; null when not asked for or not read. */
  statistics: { seconds: number; cpus: { cpu: number; counters: Record<string, number> }[] } | null;
}

/** Entries to one destination, together. */
export interface ConntrackDestination {
  family: Family;
  protocol: string;
  address: string;
  port: number | null;
  /** Service or pod (NAMESPACE/NAME), or node. */
  name: string | null;
  count: number;
  unreplied: number;
  /** Who answers, most entries first; `stale`: not an endpoint of the service (any more); null: not known. */
  servers: { address: string; port: number | null; name: string | null; count: number; stale: boolean | null }[];
}

/** An entry with the names of who talks. */
export interface NamedConntrackEntry extends ConntrackEntry {
  /** Seconds since the connection began; null when the kernel does not keep it (nf_conntrack_timestamp). */
  age: number | null;
  /** Who has each address: pod or service (NAMESPACE/NAME), or node; null when nobody is known to. */
  names: {
    source: string | null;
    destination: string | null;
    /** Where replies come from: the real destination. */
    server: string | null;
    /** Where replies go to: the source as the server sees it. */
    client: string | null;
  };
  /** True when it was sent by a service to something that is no endpoint of it (any more); null: no service, or not known. */
  stale: boolean | null;
}

/** A line of `conntrack --follow -o json`. */
export interface ConntrackEvent {
  /** RFC 3339, by the node's clock. */
  time: string;
  node: string;
  event: 'new' | 'update' | 'destroy';
  entry: NamedConntrackEntry;
}

/** What `conntrack svc/NAME --delete` gives. */
export interface ConntrackDeleteReport {
  apiVersion: 'netinspect/v1';
  kind: 'ConntrackDeleteReport';
  /** RFC 3339: when the tables were read. */
  time: string;
  /** NAMESPACE/NAME. */
  service: string;
  /** Its stale entries; `problem`: why one was not deleted. */
  entries: { node: string; entry: NamedConntrackEntry; problem: string | null }[];
}
