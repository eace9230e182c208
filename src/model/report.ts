/**
 * The reports that commands give, as published in docs/schema (generated from these types).
 * `null` means "not known" (or, where the comment says so, "there is none"); why stands in `gaps`.
 */

export type Family = 'IPv4' | 'IPv6';

/** Where a fact comes from. Present in a report only when evidence was asked for (`--evidence`). */
export interface Evidence {
  /** A path in the snapshot, e.g. `nodes/node1/link.json`. */
  section: string;
  /** The command or API request that gave it; null when the snapshot does not say. */
  command: string | null;
  /** The raw text of just this fact. */
  raw: string;
}

/** Something that the report cannot answer, and why: an absent, unreadable or truncated section, a forbidden list. */
export interface Gap {
  subject: string;
  why: string;
}

/** A remark in words about something unusual; `code` is stable, `text` is for people. */
export interface Note {
  code: string;
  /** `warning`: traffic may suffer, or a fact is not certain; `info`: worth knowing. */
  severity: 'warning' | 'info';
  text: string;
  evidence?: Evidence[];
}

interface Report {
  apiVersion: 'netinspect/v1';
  /** RFC 3339: when the data was collected. */
  time: string;
  notes: Note[];
  gaps: Gap[];
}

export interface IpAddress {
  family: Family;
  address: string;
  prefixLength: number;
  /** The scope as iproute2 prints it: global, link, host. */
  scope: string;
}

/** A network interface as `ip -d link` and `ip addr` show it. */
export interface Interface {
  name: string;
  index: number;
  /** The link kind of iproute2 (veth, bridge, vxlan, dummy, …); "device" for a physical one. */
  kind: string;
  mac: string | null;
  mtu: number;
  /** operstate: UP, DOWN, UNKNOWN, … */
  state: string;
  /** The bridge (or other master) that it is a port of; null when none. */
  master: string | null;
  addresses: IpAddress[];
  evidence?: Evidence[];
}

/** A pod's interface and its other end on the node (null: not a veth, or not found; then a note says which). */
export interface PodInterface extends Interface {
  /** Joined by interface index and network namespace id, both ways. */
  peer: Interface | null;
}

export interface Route {
  family: Family;
  /** CIDR, or "default". */
  destination: string;
  gateway: string | null;
  interface: string | null;
  source: string | null;
  /** unicast, blackhole, unreachable, local, … */
  type: string;
  protocol: string | null;
  scope: string | null;
  metric: number | null;
  /** main, local, or a number. */
  table: string;
  mtu: number | null;
  evidence?: Evidence[];
}

export interface Container {
  name: string;
  /** `sandbox` is the pause process that holds the pod's namespaces. */
  role: 'app' | 'init' | 'sidecar' | 'ephemeral' | 'sandbox';
  /** The state as Kubernetes gives it (waiting with its reason, running, terminated with its reason). */
  state: string;
  ready: boolean | null;
  /** The runtime's id without its scheme. */
  id: string | null;
  /** PIDs in the node's PID namespace, ascending; null when the node was not looked at. */
  pids: number[] | null;
  evidence?: Evidence[];
}

/** How the pod's traffic reaches the node's network stack. */
export type Attachment =
  | {
      kind: 'bridge';
      bridge: Interface;
      /** Ports of the bridge; `pod` (NAMESPACE/NAME) where an address or a collected peer tells. */
      members: { name: string; index: number; hairpin: boolean | null; pod: string | null; evidence?: Evidence[] }[];
    }
  | { kind: 'routed' /** The node's routes that lead to the pod's addresses. */; routes: Route[] }
  | { kind: 'host-network' }
  | { kind: 'unknown'; why: string };

/** The way out of the node for a destination class. */
export interface Egress {
  family: Family;
  /** `default` or the CIDR of the route. */
  destination: string;
  /** unicast; or why packets go no further: blackhole, unreachable, prohibit, … */
  type: string;
  /** null: discarded. */
  interface: string | null;
  /** null: directly connected, or discarded. */
  nextHop: string | null;
  source: string | null;
  table: string;
  evidence?: Evidence[];
}

export interface Overlay {
  device: string;
  kind: string;
  /** VXLAN network identifier; null when the kind has none. */
  vni: number | null;
  /** UDP port; null when the kind has none. */
  port: number | null;
  local: string | null;
  mtu: number;
  /** The node's interface that carries the tunnel; null when not known. */
  underlay: string | null;
  /** Remote tunnel end points (VTEPs), from the forwarding database and the routes. */
  remotes: { mac: string | null; address: string; node: string | null; routes: string[] }[];
  evidence?: Evidence[];
}

export interface DnsConfig {
  nameservers: string[];
  search: string[];
  ndots: number;
  options: string[];
  evidence?: Evidence[];
}

/** The MTUs that a packet meets which leaves the pod, for each family and way out of the node. */
export interface MtuPath {
  family: Family;
  /** The destinations of `egress` that share these hops. */
  destinations: string[];
  /** In the order that the packet meets them; after an overlay's device comes the one that carries the tunnel. */
  hops: { where: 'pod' | 'node'; interface: string; mtu: number }[];
  evidence?: Evidence[];
}

export interface Socket {
  protocol: 'tcp' | 'udp' | 'sctp';
  family: Family;
  /** The bound address; `0.0.0.0` and `::` mean every address. */
  address: string;
  port: number;
  /** True for a `::` socket that takes IPv4 as well; null when not known. */
  dualStack: boolean | null;
  container: string | null;
  pid: number | null;
  process: string | null;
  evidence?: Evidence[];
}

/** Who answers on a service's target port in the pod. `unknown` when the sockets were not read. */
export type Listening = 'yes' | 'localhost-only' | 'no' | 'unknown';

export interface ServicePort {
  name: string | null;
  protocol: 'TCP' | 'UDP' | 'SCTP';
  port: number;
  nodePort: number | null;
  targetPort: string;
  /** The port in this pod that targetPort means; null when a named port does not exist in the pod. */
  podPort: number | null;
  /** The least good of `listeningBy`: no, localhost-only, unknown, yes. */
  listening: Listening;
  /** For each IP family that the service and the pod have. */
  listeningBy: { family: Family; listening: Listening }[];
  /** Names of the chains (or maps and sets) on the pod's node that lead to the pod through this port. */
  chains: {
    backend: 'iptables-legacy' | 'iptables-nft' | 'nftables' | 'ipvs';
    family: Family;
    table: string;
    chain: string;
    /** The rules and map elements by which it leads on. */
    evidence?: Evidence[];
  }[];
  /** How the rules of the pod's node send new connections to this port to the pod. */
  ways: ServiceWay[];
}

/** A way over a service's front end to a pod, for a client that was not seen before. */
export interface ServiceWay {
  /** null address: a node port, on each address of the node that takes them. */
  frontend: {
    kind: 'cluster-ip' | 'external-ip' | 'load-balancer-ip' | 'node-port';
    address: string | null;
    port: number;
  };
  family: Family;
  backend: 'iptables-legacy' | 'iptables-nft' | 'nftables' | 'ipvs';
  /** Which clients come this way, in words; empty: each. */
  clients: string[];
  /** In the order in which packets meet them; of IPVS the virtual server. */
  chains: string[];
  /** The part of these clients' connections that comes to the pod: exact, and as a number; null: not known. */
  probability: string | null;
  share: number | null;
}

/** A service whose selector matches the pod, or whose EndpointSlices list it. */
export interface PodService {
  namespace: string;
  name: string;
  type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  headless: boolean;
  clusterIPs: string[];
  externalIPs: string[];
  loadBalancerIPs: string[];
  /** Names of load balancers that have a name instead of an address. */
  loadBalancerHostnames: string[];
  sessionAffinity: string;
  internalTrafficPolicy: string | null;
  externalTrafficPolicy: string | null;
  /** Whether an EndpointSlice of the service lists the pod; null when not known. */
  listed: boolean | null;
  /** Whether the pod is a ready endpoint: from the EndpointSlices; null when these do not list it. */
  ready: boolean | null;
  serving: boolean | null;
  terminating: boolean | null;
  ports: ServicePort[];
  evidence?: Evidence[];
}

export interface Tuple {
  source: string;
  destination: string;
  sourcePort: number | null;
  destinationPort: number | null;
}

export interface ConntrackEntry {
  family: Family;
  protocol: string;
  /** TCP state; null for protocols without. */
  state: string | null;
  /** Seconds until it expires. */
  timeout: number | null;
  original: Tuple;
  reply: Tuple;
  /** The real destination when it was rewritten (reply source differs from the original destination). */
  dnat: { address: string; port: number | null } | null;
  /** The source as the other side sees it when it was rewritten. */
  snat: { address: string; port: number | null } | null;
  /** The flags in brackets: ASSURED, UNREPLIED, OFFLOAD, … */
  flags: string[];
  mark: number | null;
  zone: number | null;
  evidence?: Evidence[];
}

export interface PodReport extends Report {
  kind: 'PodReport';
  pod: {
    namespace: string;
    name: string;
    uid: string;
    phase: string;
    ready: boolean | null;
    hostNetwork: boolean;
    runtimeClass: string | null;
    /** Why the pod (or its sandbox) does not run or is not ready, in Kubernetes' words; null when it is fine. */
    reason: string | null;
    evidence?: Evidence[];
  };
  node: { name: string; ips: string[]; evidence?: Evidence[] } | null;
  /** status.podIPs, IPv4 and IPv6. */
  ips: string[];
  containers: Container[];
  /** The network namespace: its inode, and whether it is the node's own. null: not running, or not known (see gaps). */
  netns: { inode: number; isNode: boolean; evidence?: Evidence[] } | null;
  /** Without lo. The node's own interfaces are not repeated for a host-network pod: then empty. */
  interfaces: PodInterface[];
  attachment: Attachment;
  /** The pod's own routes (main table). */
  routes: Route[];
  gateways: {
    family: Family;
    address: string;
    /** The pod's. */
    interface: string;
    /** The node's interface that has this address; null when none has (proxy ARP), or when the node's were not read. */
    onNode: string | null;
    evidence?: Evidence[];
  }[];
  egress: Egress[];
  overlays: Overlay[];
  dns: DnsConfig | null;
  mtu: MtuPath[];
  /** Those that select the pod or list it; null when none is known and not all were read. */
  services: PodService[] | null;
  /** Listening TCP and bound UDP sockets; null when not read. */
  sockets: Socket[] | null;
  /** Entries with one of the pod's addresses in either tuple; null when not read. */
  conntrack: ConntrackEntry[] | null;
}

export interface NodeReport extends Report {
  kind: 'NodeReport';
  node: {
    name: string;
    ips: string[];
    podCIDRs: string[];
    ready: boolean | null;
    osImage: string | null;
    kernel: string | null;
    containerRuntime: string | null;
    kubeletVersion: string | null;
    evidence?: Evidence[];
  };
  interfaces: Interface[];
  bridges: { name: string; members: string[]; evidence?: Evidence[] }[];
  routes: Route[];
  rules: { family: Family; priority: number; text: string; table: string | null; evidence?: Evidence[] }[];
  overlays: Overlay[];
  /** The CNI configuration that the runtime takes: the first file by name. null: none there, or not read (see gaps). */
  cni: { file: string; name: string; plugins: string[]; evidence?: Evidence[] } | null;
  /** mode as the rules and the configuration show it. */
  kubeProxy: {
    mode: 'iptables' | 'nftables' | 'ipvs' | 'none' | 'unknown';
    /** Where its rules live. */
    backends: ('iptables-legacy' | 'iptables-nft' | 'nftables' | 'ipvs')[];
    evidence?: Evidence[];
  };
  /** Entries in use and the limit; null when not read. */
  conntrack: { count: number; max: number; evidence?: Evidence[] } | null;
  sysctls: Record<string, string>;
}
