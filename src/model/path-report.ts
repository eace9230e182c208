import type { Family, Gap, Note } from './report.ts';
import type { Outcome } from './trace.ts';
import type { HopLink, TraceEnd } from './trace-report.ts';

/** What `path SRC DST` gives: the ways of a packet in short, alike ones together. */
export interface PathReport {
  apiVersion: 'netinspect/v1';
  kind: 'PathReport';
  /** RFC 3339: when the data was collected; null where the trace has none. */
  time: string | null;
  source: TraceEnd;
  destination: TraceEnd;
  ways: PathWay[];
  notes: Note[];
  gaps: Gap[];
}

export interface PathWay {
  family: Family;
  /** The node where the packet starts or comes in; null: not known. */
  node: string | null;
  /** The share of the packets that go so: exact, and as a number; null: not known. */
  probability: string | null;
  share: number | null;
  verdict: Outcome['verdict'];
  /** Whose address the packet has at the end. */
  ends: { to: string; end: TraceEnd | null }[];
  /** Whether it stays on its node; null: not known, or it leaves the cluster. */
  sameNode: boolean | null;
  /** `cluster` is the pods' network, `service` that of virtual addresses and node ports, `node` the nodes' own, `outside` the rest. */
  networks: ('cluster' | 'service' | 'node' | 'outside')[];
  /** How it gets from host to host: over a bridge, a tunnel, routed; empty: it stays in one namespace. */
  links: Exclude<HopLink, { kind: 'veth' }>[];
  /** Whether the destination was rewritten, and what the source became: `masquerade` or an address; null: it was not. */
  nat: { dnat: boolean; snat: string | null };
}
