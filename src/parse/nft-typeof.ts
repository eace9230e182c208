/** Types of nft (nft describe) by the selector of libnftables-json(5). */
const types: Readonly<Record<string, string>> = {
  'payload ether saddr': 'ether_addr',
  'payload ether daddr': 'ether_addr',
  'payload ether type': 'ether_type',
  'payload ip saddr': 'ipv4_addr',
  'payload ip daddr': 'ipv4_addr',
  'payload ip protocol': 'inet_proto',
  'payload ip dscp': 'dscp',
  'payload ip6 saddr': 'ipv6_addr',
  'payload ip6 daddr': 'ipv6_addr',
  'payload ip6 nexthdr': 'inet_proto',
  'payload ip6 dscp': 'dscp',
  'payload icmp type': 'icmp_type',
  'payload icmp code': 'icmp_code',
  'payload icmpv6 type': 'icmpv6_type',
  'payload icmpv6 code': 'icmpv6_code',
  'payload tcp flags': 'tcp_flag',
  'meta l4proto': 'inet_proto',
  'meta nfproto': 'nf_proto',
  'meta protocol': 'ether_type',
  'meta mark': 'mark',
  'meta iif': 'iface_index',
  'meta oif': 'iface_index',
  'meta iifname': 'ifname',
  'meta oifname': 'ifname',
  'meta pkttype': 'pkt_type',
  'meta skuid': 'uid',
  'meta skgid': 'gid',
  'ct state': 'ct_state',
  'ct status': 'ct_status',
  'ct direction': 'ct_dir',
  'ct mark': 'mark',
  'ct protocol': 'inet_proto',
  'ct proto-src': 'inet_service',
  'ct proto-dst': 'inet_service',
  'ct ip saddr': 'ipv4_addr',
  'ct ip daddr': 'ipv4_addr',
  'ct ip6 saddr': 'ipv6_addr',
  'ct ip6 daddr': 'ipv6_addr',
  'fib type': 'fib_addrtype',
};

/** The type of an expression; `integer` where nft has no name for it. */
export function typeOf(expression: unknown): string {
  const [kind = '', selector] = Object.entries((expression ?? {}) as Record<string, Record<string, unknown>>)[0] ?? [];
  const { protocol, field, key, result } = (selector ?? {}) as Record<string, string | undefined>;
  if (field === 'sport' || field === 'dport') return 'inet_service';
  return types[[kind, protocol, field, key, result].filter(part => part !== undefined).join(' ')] ?? 'integer';
}
