import type { Family, Gap, Note } from './report.ts';
import type { Outcome, PacketInput, TraceStep } from './trace.ts';

/** What `trace SRC DST` gives: every way that a packet may go, from each place that it was asked for. */
export interface TraceReport {
  apiVersion: 'netinspect/v1';
  kind: 'TraceReport';
  /** RFC 3339: when the data was collected; null for rule files. */
  time: string | null;
  source: TraceEnd;
  destination: TraceEnd;
  paths: TracePath[];
  notes: Note[];
  gaps: Gap[];
}

/** What an address belongs to. */
export interface TraceEnd {
  kind: 'pod' | 'service' | 'node' | 'internet' | 'address';
  /** NAMESPACE/NAME of a pod or service, the node's name, or the address. */
  name: string;
  /** The node that a pod is on; null when it is none, or not known. */
  node: string | null;
}

/** A packet, and what becomes of it. */
export interface TracePath {
  direction: 'request' | 'reply';
  family: Family;
  /** The node where it starts or comes in; null for rule files. */
  node: string | null;
  packet: PacketInput;
  outcomes: PathOutcome[];
}

/** One way that the packet may go; `steps` of all hops are in `hops`. */
export interface PathOutcome extends Omit<Outcome, 'steps'> {
  /** Who has the address of `to`; null when nobody is known to. */
  end: TraceEnd | null;
  hops: TraceHop[];
}

/** The passage through one network namespace, or between two. */
export interface TraceHop {
  /** `rules`: that of rule files; `network`: what lies between nodes, or beyond them. */
  place: 'pod' | 'node' | 'network' | 'rules';
  /** NAMESPACE/NAME of a pod, the node's name; null for rule files and networks without a name. */
  name: string | null;
  /** The interface that the packet came in by; null: made here, or not known. */
  in: string | null;
  /** The interface that it goes out by; null: it ends here, or not known. */
  out: string | null;
  /** What joins this hop to the next, in words for people: `veth`, `bridge cni0`, `vxlan flannel.1 to 172.31.99.12`. */
  link: string | null;
  steps: TraceStep[];
}
