/**
 * The rule set, whatever wrote it: iptables-legacy, iptables-nft and nftables are lowered into this one form by
 * `model/backends`. A rule is a list of expressions in the order in which the kernel evaluates them: matches, which let it
 * go on or not, and statements, which change the packet or end it. Both unions are closed; `opaque` is a match and `opaqueStatement` a statement that is not modelled.
 */

/** The families of nf_tables; iptables is `ip`, ip6tables `ip6`. */
export type NetFamily = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'egress';

/** Where a rule, an element or a chain stands. */
export interface RuleSource {
  /** The file or section. */
  file: string;
  /** From 1; null where the format has no lines. */
  line: number | null;
  /** The nft handle. */
  handle: number | null;
  /** As the tool printed it; may be computed when asked for. */
  readonly raw: string;
}

export interface Table {
  backend: 'iptables-legacy' | 'iptables-nft' | 'nftables';
  family: NetFamily;
  name: string;
  chains: ReadonlyMap<string, Chain>;
  /** nft sets and maps by name; empty for iptables, whose sets are the network namespace's ipsets. */
  sets: ReadonlyMap<string, NamedSet>;
  /** The file or section that it was read from. */
  file: string;
  /** Why the name is a guess (a dump without headers); null when it was said. */
  guessed: string | null;
  /** What its rules do not show, and are taken not to ask for; null for nothing. */
  hidden: 'interfaces' | null;
  /** nft's `flags dormant`: its base chains are not hooked. */
  dormant: boolean;
}

export interface Chain {
  name: string;
  /** null for a chain that only other chains lead to. */
  base: BaseChain | null;
  rules: RuleList;
  source: RuleSource;
}

export interface BaseChain {
  type: 'filter' | 'nat' | 'route';
  hook: Hook;
  priority: number;
  policy: 'accept' | 'drop';
  /** Devices of ingress and egress chains. */
  devices: readonly string[];
  /** The policy's counters; null when not printed. */
  counters: Counters | null;
}

export interface Counters {
  packets: bigint;
  bytes: bigint;
}

/** The rules of a chain. Rules are read when they are asked for: a dump may have hundreds of thousands. */
export interface RuleList {
  readonly length: number;
  at(index: number): Rule;
  /** What rule `index` asks for exactly, found without reading it whole; for indexes over big chains. */
  key(index: number): RuleKey;
  /** Where rule `index` stands, without reading it. */
  source(index: number): RuleSource;
}

/** Exact values, not negated, that a packet must have for the rule to match; null where it asks for none. */
export interface RuleKey {
  daddr: bigint | null;
  saddr: bigint | null;
  dport: bigint | null;
}

export interface Rule {
  source: RuleSource;
  expressions: readonly Expression[];
  /** null when not printed. */
  counters: Counters | null;
  /** iptables `-m comment`, or nft `comment`. */
  comment: string | null;
  /** No rule of the dump: stands where rules may be missing. */
  missing: boolean;
}

export type Expression = Match | Statement;

/** Numeric things of the packet; addresses have 32 or 128 bits, by the packet's family. */
export type NumericField =
  | 'saddr'
  | 'daddr'
  | 'l4proto'
  | 'sport'
  | 'dport'
  | 'icmpType'
  | 'icmpCode'
  /** 4 or 6: nft `meta nfproto`; AF numbers are lowered to these. */
  | 'nfproto'
  | 'mark'
  | 'ctMark'
  /** Bits as nft's ct state has them: invalid 1, established 2, related 4, new 8, untracked 64 (net/netfilter/nft_ct.c). */
  | 'ctState'
  /** Bits of enum ip_conntrack_status (uapi nf_conntrack_common.h): seen-reply 2, assured 4, confirmed 8, snat 16, dnat 32. */
  | 'ctStatus'
  /** 0 original, 1 reply. */
  | 'ctDirection'
  | 'ctZone'
  /** Of the connection's original tuple. */
  | 'ctOriginalSaddr'
  | 'ctOriginalDaddr'
  | 'ctOriginalSport'
  | 'ctOriginalDport'
  | 'ctOriginalL4proto'
  /** Of the connection's reply tuple. */
  | 'ctReplySaddr'
  | 'ctReplyDaddr'
  | 'ctReplySport'
  | 'ctReplyDport'
  | 'tcpFlags'
  | 'ttl'
  | 'dscp'
  | 'length'
  /** 0 unless the packet is a later fragment. */
  | 'fragmentOffset'
  /** PACKET_HOST 0, BROADCAST 1, MULTICAST 2, OTHERHOST 3 (uapi if_packet.h). */
  | 'pkttype'
  /** Of the sending socket; there is one in output and postrouting of locally made packets only. */
  | 'socketUid'
  | 'socketGid'
  | 'etherSaddr'
  | 'priority';

/** Where a bridge port is meant, `physin` and `physout`. A device that a hook has not is the empty name. */
export type InterfaceField = 'iifname' | 'oifname' | 'physin' | 'physout';

/** ct state bits; `dnat` and `snat` are iptables' pseudo-states. */
export type CtState = 'invalid' | 'new' | 'established' | 'related' | 'untracked' | 'dnat' | 'snat';

/** RTN_* (uapi rtnetlink.h), as xt_addrtype and nft fib know them. */
export type AddressType =
  | 'unspec'
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit';

/** Something that has a value for a packet. */
export type Operand =
  | { kind: 'field'; field: NumericField }
  | { kind: 'interface'; field: InterfaceField }
  /** ((of & and) ^ xor), then shifted left by `shift` (right where negative): every bitwise form of both tools. */
  | { kind: 'bits'; of: Operand; and: bigint; xor: bigint; shift: number }
  /** of[0] ^ of[1] ^ …: CONNMARK save and restore, which mix two marks. */
  | { kind: 'xor'; of: readonly Operand[] }
  | { kind: 'concat'; of: readonly Operand[] }
  | { kind: 'value'; value: bigint | string }
  /** A range of which the kernel takes one: `--to-destination A-B`, port ranges. */
  | { kind: 'oneOf'; range: NumericRange }
  /** random: each of mod values is as likely; inc: in turn. Value: offset + 0 … mod - 1. */
  | { kind: 'numgen'; mode: 'random' | 'inc'; mod: number; offset: number }
  /** jhash, symhash: one of mod values, always the same for a flow, which one is not known. */
  | { kind: 'hash'; mod: number; offset: number; raw: string }
  /** Route lookup (nft fib): an AddressType by its name, or a device; no route: the empty name. `by`: what the lookup is bound to. */
  | { kind: 'fib'; address: 'saddr' | 'daddr'; by: readonly ('iif' | 'oif' | 'mark')[]; result: 'type' | 'oifname' }
  /** The value that a map has for the key; no element: the rule does not match. */
  | { kind: 'map'; key: Operand; map: SetRef }
  | { kind: 'opaque'; raw: string };

export interface NumericRange {
  low: bigint;
  high: bigint;
}

/** What a compared value may be: a range of numbers or a name. A name ending in the wildcard is a prefix. */
export type KeyPart = NumericRange | NamePattern;

export interface NamePattern {
  name: string;
  /** `eth+` of iptables, `eth*` of nft, `wildcard` of ipset: `name` is "eth". */
  prefix: boolean;
  /** `physdev:` of ipset: the bridge port is meant, not the interface. */
  bridgePort?: true;
}

/** A named set (nft set or map of the table; ipset) or the content of an anonymous one. */
export type SetRef = { kind: 'named'; name: string } | { kind: 'anonymous'; set: NamedSet };

/**
 * A set or map. An ipset's key parts are in the order of its type: `ip` and `net` an address range, `port` of a hash two parts,
 * protocol and port (0 where the protocol has none, type * 256 + code for ICMP), `port` of a bitmap one, the port alone; `mac`
 * a number of 48 bits, `mark` a number, `iface` a name. `set` has no key: see `members`.
 */
export interface NamedSet {
  /** null for an anonymous one. */
  name: string | null;
  /** nft type or ipset type as printed: `ipv4_addr . inet_service`, `hash:ip,port`. */
  type: string;
  family: 'IPv4' | 'IPv6' | null;
  /** null: what is in it is not known (never dumped, `nft -t`). */
  elements: readonly SetElement[] | null;
  /** Elements come and go by packets or time: `flags dynamic|timeout`, an `update` statement. */
  dynamic: boolean;
  /** The names of the sets that a list:set holds, in its order; `elements` is then empty. */
  members?: readonly string[];
  source: RuleSource;
}

export interface SetElement {
  /** One part for each concatenated component. An element `*` of nft is the ranges of all. */
  key: readonly KeyPart[];
  /** ipset's nomatch: the most specific element that holds the packet decides. */
  nomatch: boolean;
  /** Of a verdict map or map. */
  data: Verdict | readonly KeyPart[] | null;
  source: RuleSource;
}

/** What ends the evaluation of a rule, or sends it to another chain. */
export type Verdict =
  | { kind: 'accept' }
  | { kind: 'drop' }
  | { kind: 'return' }
  | { kind: 'continue' }
  | { kind: 'jump'; chain: string }
  | { kind: 'goto'; chain: string };

export type Match =
  /** left is in one of `right`. A packet without the thing (a port of ICMP) does not match, negated or not. */
  | { kind: 'compare'; left: Operand; negated: boolean; right: readonly KeyPart[] }
  | { kind: 'lookup'; left: Operand; negated: boolean; set: SetRef }
  /** ipset: left's parts by the rule's direction flags, e.g. dst,dst,src; protocol goes in before a port by the set's type. */
  | { kind: 'ipset'; set: string; directions: readonly ('src' | 'dst')[]; negated: boolean; raw: string }
  | { kind: 'ctState'; states: readonly CtState[]; negated: boolean }
  | {
      kind: 'addrtype';
      address: 'saddr' | 'daddr';
      types: readonly AddressType[];
      negated: boolean;
      limit: 'iif' | 'oif' | null;
    }
  /** True with probability `chance`, a fraction as text ("1/3"); nth: every n-th packet, the same share over time. */
  | { kind: 'statistic'; chance: string; mode: 'random' | 'nth'; negated: boolean }
  | {
      kind: 'recent';
      op: 'set' | 'rcheck' | 'update' | 'remove';
      list: string;
      side: 'saddr' | 'daddr';
      seconds: number | null;
      hits: number | null;
      negated: boolean;
    }
  /** Tokens of limit, hashlimit, quota, connlimit …: `left` says what a fresh bucket answers. */
  | { kind: 'limit'; raw: string; whenFresh: boolean }
  /** xt_rpfilter: the reverse path of the source leads out of the incoming interface. */
  | { kind: 'rpfilter'; loose: boolean; validMark: boolean; acceptLocal: boolean; invert: boolean }
  /** xt_ipvs: the packet belongs to an IPVS connection of this virtual server; every part may be null. */
  | {
      kind: 'ipvs';
      present: boolean;
      vaddr: KeyPart | null;
      vport: bigint | null;
      vproto: bigint | null;
      negated: boolean;
    }
  /** True for a packet that came in, or goes out, by a bridge port. */
  | { kind: 'bridged'; direction: 'in' | 'out' | 'both'; negated: boolean }
  /** A local socket takes it (xt_socket, nft socket). */
  | { kind: 'socket'; raw: string; negated: boolean }
  | { kind: 'opaque'; raw: string };

export type Statement =
  | { kind: 'verdict'; verdict: Verdict }
  | { kind: 'vmap'; key: Operand; map: SetRef }
  /** Writes a field. `priority`, `dscp`, `ttl`, `length` decide nothing later unless they are matched. */
  | { kind: 'set'; field: NumericField; value: Operand }
  /** NAT; `random`: the source port is chosen anew. null address: keep (a port only); masquerade: the outgoing interface's; redirect: this host's. */
  | {
      kind: 'nat';
      nat: 'dnat' | 'snat' | 'masquerade' | 'redirect';
      address: Operand | null;
      port: Operand | null;
      random?: true;
    }
  /** An nft dnat to a concatenation or map of `address . port`. */
  | { kind: 'natTo'; nat: 'dnat' | 'snat'; to: Operand }
  /** NETMAP: the network part is replaced; of the destination or the source, by the hook (net/netfilter/xt_NETMAP.c). */
  | { kind: 'netmap'; nat: 'dnat' | 'snat' | 'byHook'; network: NumericRange }
  /** `rejectWith` in iptables' words: icmp-port-unreachable, tcp-reset, icmp6-adm-prohibited, …; nft's icmpx as icmpx-port-unreachable. */
  | { kind: 'reject'; rejectWith: string }
  | { kind: 'notrack' }
  | { kind: 'ctZone'; zone: number; direction: 'original' | 'reply' | null }
  /** Adds to, updates or deletes from a dynamic nft set. A full or failing set ends the rule; that is not modelled. */
  | { kind: 'setUpdate'; op: 'add' | 'update' | 'delete'; set: string; key: Operand }
  /** A user-space program decides (NFQUEUE, queue). `bypass`: accept when there is none. */
  | { kind: 'queue'; raw: string; bypass: boolean }
  /** Sends to a local socket without rewriting. */
  | { kind: 'tproxy'; port: bigint | null; address: bigint | null }
  /** Counts, logs, or changes what no rule looks at: the packet goes on. */
  | { kind: 'noop'; raw: string }
  /** Not modelled: the packet may end here or go on. */
  | { kind: 'opaqueStatement'; raw: string };

/** A virtual server of IPVS with its real servers. */
export interface VirtualServer {
  /** null for one that takes a firewall mark. */
  protocol: 'tcp' | 'udp' | 'sctp' | null;
  address: bigint | null;
  family: 'IPv4' | 'IPv6';
  /** 0: any port (a persistent service). */
  port: number;
  fwmark: number | null;
  /** null where the dump does not say (`ipvsadm -Ln --stats`). */
  scheduler: string | null;
  /** Seconds; null: not persistent; unknown: how long, or whether at all, is not said. */
  persistence: number | 'unknown' | null;
  /** One packet scheduling (`ops`): no connection is kept, each packet is scheduled. */
  onePacket: boolean;
  realServers: readonly RealServer[];
  source: RuleSource;
}

export interface RealServer {
  family: 'IPv4' | 'IPv6';
  address: bigint;
  port: number;
  /** null where the dump does not say. */
  weight: number | null;
  /** `local`: a masqueraded one on this host. null where the dump does not say. */
  forwarding: 'masquerade' | 'route' | 'tunnel' | 'local' | null;
  source: RuleSource;
}

/** All that decides over packets in one network namespace, apart from routes. */
export interface RuleSet {
  tables: readonly Table[];
  /** By name. */
  ipsets: ReadonlyMap<string, NamedSet>;
  /** null: IPVS was not read. */
  ipvs: readonly VirtualServer[] | null;
  /** Lists of xt_recent by name: addresses and seconds since last seen (null: seen, nobody knows when); null: not read. */
  recent: ReadonlyMap<string, ReadonlyMap<bigint, number | null>> | null;
}
