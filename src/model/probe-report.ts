import type { Family, Note } from './report.ts';
import type { TraceEnd } from './trace-report.ts';

/** What `probe SRC DST` gives: real connections, and what the rules said of them. */
export interface ProbeReport {
  apiVersion: 'netinspect/v1';
  kind: 'ProbeReport';
  /** RFC 3339: when the probe began. */
  time: string;
  source: TraceEnd;
  destination: TraceEnd;
  probes: Probe[];
  notes: Note[];
}

/** The probes of one address. */
export interface Probe {
  family: Family;
  source: string;
  /** The address that was asked, and its port; null for ICMP. */
  address: string;
  port: number | null;
  protocol: 'tcp' | 'udp' | 'icmp';
  /** HTTP on top of TCP: what was asked for. */
  path: string | null;
  attempts: number;
  succeeded: number;
  failures: { why: string; count: number }[];
  /** Until the connection stood, or the answer was there; null when nothing went well. Milliseconds. */
  latency: Latency | null;
  /** HTTP: until the whole answer was there. */
  total: Latency | null;
  /** HTTP status codes. */
  statuses: { status: number; count: number }[];
  /** Who answered, by conntrack; null when that could not be read, with `endpointsUnknown`. */
  endpoints: ProbedEndpoint[] | null;
  endpointsUnknown: string | null;
  agreement: Agreement;
  /** The hops to the address; null when they were not asked for. */
  hops: ProbedHop[] | null;
  /** The path MTU to each end that the rules lead to; null when it was not asked for. */
  mtu: PathMtu[] | null;
}

export interface ProbedHop {
  number: number;
  /** Null: it did not answer. */
  address: string | null;
  /** Who has the address; null when nobody is known to. */
  name: string | null;
  latencyMs: number | null;
  /** What came back in place of "time exceeded"; null for nothing odd. */
  error: string | null;
}

export interface PathMtu {
  address: string;
  name: string | null;
  /** The largest packet that came through uncut, in bytes of IP; null: nobody answered. */
  bytes: number | null;
  /** The source's interface that leads there, and its MTU. */
  interface: string | null;
  interfaceMtu: number | null;
  /** True when larger packets are lost without a word: TCP hangs on them. */
  isSilent: boolean;
  /** Who said that packets are too large, and for which MTU. */
  saidBy: { address: string; mtu: number } | null;
}

/** Percentiles, in milliseconds. */
export interface Latency {
  min: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

export interface ProbedEndpoint {
  /** ADDRESS:PORT after NAT. */
  address: string;
  /** NAMESPACE/NAME of a pod, a node's name; null when nobody is known to have it. */
  name: string | null;
  /** Connections that it answered. */
  count: number;
  /** Its share as the rules have it; null when they say nothing of it. */
  share: number | null;
  /** The same exactly, such as 1/3. */
  probability: string | null;
}

/** Whether what was seen is what the rules say. */
export interface Agreement {
  verdict: 'agrees' | 'differs' | 'not tested';
  /** The chance of counts at least as far from the prediction, were it right (Bonferroni's bound); null when not tested. */
  pValue: number | null;
  why: string;
}
