import type { Evidence, Family, Gap, Note } from './report.ts';

/** Where kube-proxy's rules for a service stand. */
export type ServiceBackend = 'iptables-legacy' | 'iptables-nft' | 'nftables' | 'ipvs';

export interface ServiceReport {
  apiVersion: 'netinspect/v1';
  kind: 'ServiceReport';
  /** RFC 3339: when the data was collected. */
  time: string;
  service: ServiceFacts;
  /** From the EndpointSlices; null: these were not read. */
  endpoints: ServiceEndpoint[] | null;
  /** The nodes that were looked at, by name. */
  nodes: ServiceOnNode[];
  notes: Note[];
  gaps: Gap[];
}

export interface ServiceFacts {
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  headless: boolean;
  /** The name that an ExternalName service stands for. */
  externalName: string | null;
  clusterIPs: string[];
  externalIPs: string[];
  loadBalancerIPs: string[];
  /** Names of load balancers that have a name instead of an address. */
  loadBalancerHostnames: string[];
  sessionAffinity: string;
  /** Seconds that a client stays with its endpoint; null without affinity. */
  affinitySeconds: number | null;
  internalTrafficPolicy: string | null;
  externalTrafficPolicy: string | null;
  healthCheckNodePort: number | null;
  ports: ServiceReportPort[];
  evidence?: Evidence[];
}

export interface ServiceReportPort {
  name: string | null;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  port: number;
  nodePort: number | null;
  targetPort: string;
}

/** An address of the service's EndpointSlices. */
export interface ServiceEndpoint {
  family: Family;
  address: string;
  /** null: any port. */
  ports: { name: string | null; protocol: string; port: number | null }[];
  /** NAMESPACE/NAME. */
  pod: string | null;
  node: string | null;
  zone: string | null;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  /** Zones and nodes that should use it; empty: all. */
  hints: { zones: string[]; nodes: string[] };
  /** RFC 3339: since when it is as it is, from the pod's deletion or Ready condition; null: the API does not say. */
  since: string | null;
}

export interface ServiceOnNode {
  node: string;
  /** Where rules for the service were found; empty: nowhere. */
  backends: ServiceBackend[];
  frontends: Frontend[];
  /** The rules held against the EndpointSlices; null: these or the rules were not read whole. */
  differences: Difference[] | null;
}

/** An address and port that the service answers on, and where the node's rules send a new connection to it. */
export interface Frontend {
  kind: 'cluster-ip' | 'external-ip' | 'load-balancer-ip' | 'node-port';
  family: Family;
  /** null for a node port: each address of the node that takes node ports. */
  address: string | null;
  port: number;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  /** The service port's name. */
  portName: string | null;
  /** The rules by which they go; empty: no rule takes them. */
  branches: RuleBranch[];
  /** The same for the node's own packets, where these go another way; null: they go the same way. */
  fromNode: RuleBranch[] | null;
  /** What the branches come to, for each kind of client. */
  shares: EndpointShare[];
}

/**
 * A rule, a map's element or an IPVS server that takes packets further. Shares are those of a new connection of a client
 * not seen before, for which all conditions on the way hold.
 */
export interface RuleBranch {
  backend: ServiceBackend;
  /** null in IPVS. */
  table: string | null;
  /** The chain that it stands in; of an IPVS real server, the virtual server. */
  chain: string;
  file: string;
  line: number | null;
  /** The nft handle. */
  handle: number | null;
  /** What it asks of a packet to this front end beside its address and port, in words: "from 10.244.0.0/16". */
  when: string[];
  /** Which clients come here, by all that was asked on the way: "not source local"; empty: each. */
  clients: string[];
  /** Its own chance as it stands in the rule: "1/3", "1/2", …; null: it has none. */
  chance: string | null;
  /** The part of the front end's connections that comes this way: exact, and as a number; null: not known. */
  probability: string | null;
  share: number | null;
  effect: BranchEffect;
  /** IPVS only. */
  weight: number | null;
  counters: { packets: string; bytes: string } | null;
  branches: RuleBranch[];
  /** The rule as the tool printed it; with --evidence. */
  raw?: string;
}

export type BranchEffect =
  | { kind: 'jump' | 'goto'; chain: string }
  /** IPVS; persistence in seconds, null: none; what the dump does not say is `unknown`. */
  | { kind: 'virtual-server'; scheduler: string; persistence: number | 'unknown' | null }
  | { kind: 'endpoint'; endpoint: Target }
  | { kind: 'masquerade-mark' | 'drop-mark' }
  | { kind: 'accept' | 'drop' }
  | { kind: 'reject'; rejectWith: string }
  /** Not modelled, or not in the dump. */
  | { kind: 'unknown'; why: string };

/** An endpoint as the rules name it, with the pod that has the address by the API. */
export interface Target {
  address: string;
  /** null: the port is kept. */
  port: number | null;
  pod: string | null;
  node: string | null;
}

export interface EndpointShare {
  /** The kind of client, by the conditions on the way; empty: each. */
  when: string[];
  /** null: not to an endpoint, see `verdict`. */
  endpoint: Target | null;
  /** `none`: the rules leave the packet as it is. */
  verdict: 'endpoint' | 'reject' | 'drop' | 'none' | 'unknown';
  probability: string | null;
  share: number | null;
  /** The source is replaced by the node's address; null: that depends on the source. */
  masqueraded: boolean | null;
}

/** A difference between the node's rules and the EndpointSlices. */
export interface Difference {
  kind:
    | 'missing'
    | 'stale'
    | 'wrong-port'
    | 'duplicate'
    | 'wrong-weight'
    | 'terminating'
    | 'not-ready'
    | 'no-rules'
    | 'not-refused'
    | 'hints'
    | 'unknown-rules';
  /** `error`: the rules are wrong; `info`: as it should be, worth knowing. */
  severity: 'error' | 'info';
  family: Family;
  /** The front ends that it concerns, as ADDRESS:PORT/PROTOCOL, `node port PORT/PROTOCOL`. */
  frontends: string[];
  /** ADDRESS:PORT; null: it concerns no single endpoint. */
  endpoint: string | null;
  pod: string | null;
  /** RFC 3339; null: the API does not say since when. */
  since: string | null;
  text: string;
}
