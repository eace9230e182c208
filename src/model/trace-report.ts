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

/** The passage through one network namespace. */
export interface TraceHop {
  /** `rules`: that of rule files; `network`: what lies beyond the nodes. */
  place: 'pod' | 'node' | 'network' | 'rules';
  /** NAMESPACE/NAME of a pod, the node's name; null for rule files and the network. */
  name: string | null;
  /** False where only the API is known: the packet is taken to pass. */
  lookedAt: boolean;
  /** Where the hop is of the packet that carries this one through a tunnel: that packet's addresses, in words. */
  carrier: string | null;
  /** The interface that the packet came in by; null: made here, or not known. */
  in: string | null;
  /** The interface that it goes out by; null: it ends here, or not known. */
  out: string | null;
  /** How it gets to the next hop; null: it ends here. */
  link: HopLink | null;
  steps: TraceStep[];
}

/** What joins two hops. */
export type HopLink =
  /** The pod's interface and its other end on the node. */
  | { kind: 'veth' }
  /** Over a bridge of the node, past its IP stack or out of it. */
  | { kind: 'bridge'; bridge: string }
  /** Encapsulated: the overlay's device and kind, and the remote tunnel end point. */
  | { kind: 'tunnel'; device: string; type: string; remote: string | null }
  /** The network between the nodes, or to the world; null next hop: straight to the destination. */
  | { kind: 'network'; nextHop: string | null };
