/** A packet as `trace --packets` reads it: one JSON object a line. */
export interface PacketInput {
  source: string;
  destination: string;
  /** tcp, udp, sctp, icmp, icmpv6, in any case, or a number. */
  protocol: string;
  /** Destination port; not for ICMP. */
  port?: number;
  sourcePort?: number;
  /** Interface that it comes in by. */
  in?: string;
  /** Interface that it goes out by. */
  out?: string;
  /** Packet mark, "0x4000" or a number. */
  mark?: string | number;
  ctState?: 'new' | 'established' | 'related' | 'invalid' | 'untracked';
  icmpType?: number;
  icmpCode?: number;
}

export interface TraceStep {
  /** A netfilter hook (prerouting, input, forward, output, postrouting) or `routing`, `ipvs`, `conntrack`. */
  hook: string;
  table: string | null;
  chain: string | null;
  file: string | null;
  line: number | null;
  /** The nft handle. */
  handle: number | null;
  effect: StepEffect;
  /** The rule as the tool printed it; with --evidence. */
  raw?: string;
}

/** What a step did. Addresses are `address:port` (IPv6 in brackets), without port for ICMP. */
export type StepEffect =
  | { kind: 'jump' | 'goto'; chain: string }
  | { kind: 'set'; field: string; value: string | null }
  | { kind: 'dnat' | 'snat'; to: string }
  | { kind: 'masquerade' | 'notrack' | 'return' | 'continue' }
  | { kind: 'accept' | 'drop' }
  | { kind: 'policy'; verdict: 'accept' | 'drop' }
  | { kind: 'reject'; rejectWith: string }
  /** `why`: that it goes no further. */
  | { kind: 'route'; to: 'local' | 'out' | 'none'; interface: string | null; gateway: string | null; why?: string }
  | { kind: 'ipvs'; scheduler: string; to: string | null }
  /** A match or target that could not be decided; `taken`: the way that this branch goes. */
  | { kind: 'undecided'; taken: boolean }
  | { kind: 'unknown'; why: string };

/** One way that the packet may go, and how likely it is. */
export interface Outcome {
  /** Exact: "1/3", "1"; null when it is not known. */
  probability: string | null;
  share: number | null;
  verdict: 'accept' | 'drop' | 'reject' | 'unknown';
  /** The destination was rewritten. */
  dnat: boolean;
  /** The destination when the verdict fell. */
  to: string;
  /** What was applied: `masquerade` or an address. */
  snat: string | null;
  rejectWith: string | null;
  /** Raw matches and targets that could not be decided. */
  unknown: string[];
  /** What was taken for granted. */
  assumed: string[];
  steps: TraceStep[];
}

/** A line of `trace --packets … -o json`. */
export type PacketTrace = { packet: PacketInput; outcomes: Outcome[] } | { packet: unknown; error: string };
