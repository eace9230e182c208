/** A network sysctl that matters to Kubernetes: what it is, and when its value is a fault. */
export interface SysctlMeaning {
  /** Of the key, with `*` for an interface. */
  key: RegExp;
  meaning: string;
  /** What is wrong with a value, and what to do; null: nothing is. */
  advice?(value: string, all: Readonly<Record<string, string>>): string | null;
}

const number = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : null);

/**
 * Linux Documentation/networking/{ip-sysctl,nf_conntrack-sysctl,ipvs-sysctl}.rst; what Kubernetes wants of them: kubeadm's
 * preflight checks, kube-proxy (pkg/proxy), the CNI plugins' documentation.
 */
export const sysctlMeanings: readonly SysctlMeaning[] = [
  {
    key: /^net\.ipv4\.ip_forward$/,
    meaning: 'the node forwards IPv4 packets between interfaces',
    advice: value => (value === '1' ? null : 'must be 1: without it no packet of a pod leaves the node'),
  },
  {
    key: /^net\.ipv6\.conf\.all\.forwarding$/,
    meaning: 'the node forwards IPv6 packets between interfaces',
    advice: value => (value === '1' ? null : 'must be 1 where pods have IPv6 addresses'),
  },
  { key: /^net\.ipv[46]\.conf\.[^=]+\.forwarding$/, meaning: 'packets that come in by this interface are forwarded' },
  {
    key: /^net\.bridge\.bridge-nf-call-ip6?tables$/,
    meaning: 'packets between ports of a bridge go through iptables',
    advice: value =>
      value === '1'
        ? null
        : "must be 1 on a bridge CNI with kube-proxy's iptables rules: else pods of one node do not reach services that lead back to it",
  },
  { key: /^net\.bridge\.bridge-nf-call-arptables$/, meaning: 'packets between ports of a bridge go through arptables' },
  {
    key: /^net\.ipv4\.conf\.[^=]+\.rp_filter$/,
    meaning: 'drops packets whose source is not routed back through the same interface (1 strict, 2 any interface)',
    advice: value =>
      value === '1'
        ? 'strict: packets that come and go by different interfaces are dropped; the larger of all and the interface counts'
        : null,
  },
  {
    key: /^net\.ipv4\.conf\.[^=]+\.route_localnet$/,
    meaning:
      '127.0.0.0/8 is routed through this interface: kube-proxy in iptables mode wants it for node ports on 127.0.0.1',
  },
  {
    key: /^net\.ipv4\.conf\.[^=]+\.arp_ignore$/,
    meaning: 'which ARP requests are answered; kube-proxy in IPVS mode with strictARP sets 1',
  },
  {
    key: /^net\.ipv4\.conf\.[^=]+\.proxy_arp$/,
    meaning: 'answers ARP for addresses that it has routes to; Calico sets it on pod interfaces',
  },
  {
    key: /^net\.ipv6\.conf\.[^=]+\.proxy_ndp$/,
    meaning: 'answers neighbour solicitations for addresses that it is told',
  },
  {
    key: /^net\.ipv6\.conf\.[^=]+\.disable_ipv6$/,
    meaning: 'IPv6 is off on this interface',
    advice: value => (value === '1' ? 'pods and services with IPv6 addresses do not work over it' : null),
  },
  {
    key: /^net\.ipv6\.conf\.[^=]+\.accept_ra$/,
    meaning: 'routes of router advertisements are taken; with forwarding on only 2 takes them',
  },
  {
    key: /^net\.netfilter\.nf_conntrack_count$/,
    meaning: 'connections that are tracked now',
    advice: (value, all) => {
      const [count, max] = [number(value), number(all['net.netfilter.nf_conntrack_max'])];
      if (count === null || max === null || max === 0 || count < 0.8 * max) return null;
      return `${Math.floor((100 * count) / max)} % of nf_conntrack_max: when it is full, new connections are dropped`;
    },
  },
  {
    key: /^net\.(netfilter\.)?nf_conntrack_max$/,
    meaning: 'as many connections can be tracked (kube-proxy sets it: --conntrack-max-per-core)',
  },
  {
    key: /^net\.netfilter\.nf_conntrack_buckets$/,
    meaning: 'hash buckets of the connection table',
    advice: (value, all) => {
      const [buckets, max] = [number(value), number(all['net.netfilter.nf_conntrack_max'])];
      if (buckets === null || max === null || buckets === 0 || max <= 8 * buckets) return null;
      return `nf_conntrack_max is ${Math.round(max / buckets)} times as large: look-ups get slow when the table fills`;
    },
  },
  {
    key: /^net\.netfilter\.nf_conntrack_tcp_be_liberal$/,
    meaning:
      '1: TCP segments out of the window are not INVALID; then no reset tears connections through a service down',
  },
  { key: /^net\.netfilter\.nf_conntrack_acct$/, meaning: 'packets and bytes of each connection are counted' },
  {
    key: /^net\.netfilter\.nf_conntrack_.*timeout.*$/,
    meaning: 'seconds until a silent connection in this state is forgotten',
  },
  {
    key: /^net\.ipv4\.ip_local_port_range$/,
    meaning: 'source ports of connections that the node opens',
    advice: value => {
      const [low, high] = value.split(' ').map(number);
      if (low === null || high === null || low === undefined || high === undefined) return null;
      if (low <= 30_000 && high >= 32_767) return null;
      return high - low < 10_000
        ? `only ${high - low + 1} ports: many connections to one destination run out of them`
        : null;
    },
  },
  {
    key: /^net\.ipv[46]\.neigh\.default\.gc_thresh3$/,
    meaning: 'as many neighbours (ARP, NDP) can be known',
    advice: value => {
      const most = number(value);
      return most !== null && most <= 1024
        ? 'more than so many pods and nodes in one layer 2 network overflow the table'
        : null;
    },
  },
  { key: /^net\.ipv[46]\.neigh\.default\.gc_thresh[12]$/, meaning: 'neighbours from which on old ones are removed' },
  {
    key: /^net\.core\.somaxconn$/,
    meaning: 'as many connections may wait for accept() on one socket (of the node; pods have their own)',
    advice: value =>
      (number(value) ?? 4096) < 1024 ? 'bursts of connections overflow the queue and are dropped' : null,
  },
  {
    key: /^net\.ipv4\.fib_multipath_hash_policy$/,
    meaning: 'which fields choose among several next hops (0 addresses, 1 ports too)',
  },
  {
    key: /^net\.ipv4\.vs\.conntrack$/,
    meaning: 'connections of IPVS are tracked',
    advice: value => (value === '1' ? null : 'must be 1 for kube-proxy: else replies to masqueraded clients are lost'),
  },
  {
    key: /^net\.ipv4\.vs\.conn_reuse_mode$/,
    meaning: 'what a new connection of a known port does (kube-proxy sets 0, 1 on kernels from 5.9)',
  },
  { key: /^net\.ipv4\.vs\.expire_nodest_conn$/, meaning: 'connections to a removed server end at once' },
  { key: /^net\.ipv4\.vs\./, meaning: 'of IPVS' },
];

/** What is known of a key; null: nothing. */
export function meaningOf(key: string): SysctlMeaning | null {
  return sysctlMeanings.find(each => each.key.test(key)) ?? null;
}
