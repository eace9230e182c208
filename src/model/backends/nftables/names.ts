/** Words that nft prints for numbers (nft describe TYPE; nftables src/datatype.c, src/proto.c, src/ct.c, src/meta.c). */
type Names = Readonly<Record<string, bigint>>;

export const icmpTypes: Names = {
  'echo-reply': 0n,
  'destination-unreachable': 3n,
  'source-quench': 4n,
  redirect: 5n,
  'echo-request': 8n,
  'router-advertisement': 9n,
  'router-solicitation': 10n,
  'time-exceeded': 11n,
  'parameter-problem': 12n,
  'timestamp-request': 13n,
  'timestamp-reply': 14n,
  'info-request': 15n,
  'info-reply': 16n,
  'address-mask-request': 17n,
  'address-mask-reply': 18n,
};

export const icmpCodes: Names = {
  'net-unreachable': 0n,
  'host-unreachable': 1n,
  'prot-unreachable': 2n,
  'port-unreachable': 3n,
  'frag-needed': 4n,
  'net-prohibited': 9n,
  'host-prohibited': 10n,
  'admin-prohibited': 13n,
};

export const icmpv6Types: Names = {
  'destination-unreachable': 1n,
  'packet-too-big': 2n,
  'time-exceeded': 3n,
  'parameter-problem': 4n,
  'echo-request': 128n,
  'echo-reply': 129n,
  'mld-listener-query': 130n,
  'mld-listener-report': 131n,
  'mld-listener-done': 132n,
  'mld-listener-reduction': 132n,
  'nd-router-solicit': 133n,
  'nd-router-advert': 134n,
  'nd-neighbor-solicit': 135n,
  'nd-neighbor-advert': 136n,
  'nd-redirect': 137n,
  'router-renumbering': 138n,
  'ind-neighbor-solicit': 141n,
  'ind-neighbor-advert': 142n,
  'mld2-listener-report': 143n,
};

export const icmpv6Codes: Names = {
  'no-route': 0n,
  'admin-prohibited': 1n,
  'addr-unreachable': 3n,
  'port-unreachable': 4n,
  'policy-fail': 5n,
  'reject-route': 6n,
};

export const ctStates: Names = { invalid: 1n, established: 2n, related: 4n, new: 8n, untracked: 64n };

/** enum ip_conntrack_status. */
export const ctStatuses: Names = {
  expected: 1n,
  'seen-reply': 2n,
  assured: 4n,
  confirmed: 8n,
  snat: 16n,
  dnat: 32n,
  dying: 512n,
};

export const ctDirections: Names = { original: 0n, reply: 1n };

export const tcpFlags: Names = { fin: 1n, syn: 2n, rst: 4n, psh: 8n, ack: 16n, urg: 32n, ecn: 64n, cwr: 128n };

export const packetTypes: Names = { host: 0n, unicast: 0n, broadcast: 1n, multicast: 2n, other: 3n };

/** AF_INET and AF_INET6 are 4 and 6 in the model. */
export const families: Names = { ipv4: 4n, ipv6: 6n, 2: 4n, 10: 6n };

/** IP and IPv6 are 4 and 6 in the model; others keep their number, which is neither. */
export const etherTypes: Names = {
  ip: 4n,
  ip6: 6n,
  2048: 4n,
  34525: 6n,
  arp: 0x806n,
  vlan: 0x8100n,
  '8021q': 0x8100n,
  '8021ad': 0x88a8n,
};

export const dscps: Names = {
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map(at => [`cs${at}`, BigInt(at * 8)])),
  df: 0n,
  be: 0n,
  lephb: 1n,
  af11: 10n,
  af12: 12n,
  af13: 14n,
  af21: 18n,
  af22: 20n,
  af23: 22n,
  af31: 26n,
  af32: 28n,
  af33: 30n,
  af41: 34n,
  af42: 36n,
  af43: 38n,
  va: 44n,
  ef: 46n,
};

/** Ports by the names that nft before 0.9.1, and `nft -S`, print (the most used of /etc/services). */
export const services: Names = {
  'ftp-data': 20n,
  ftp: 21n,
  ssh: 22n,
  telnet: 23n,
  smtp: 25n,
  domain: 53n,
  bootps: 67n,
  bootpc: 68n,
  tftp: 69n,
  http: 80n,
  kerberos: 88n,
  pop3: 110n,
  sunrpc: 111n,
  ntp: 123n,
  imap: 143n,
  imap2: 143n,
  snmp: 161n,
  bgp: 179n,
  ldap: 389n,
  https: 443n,
  'microsoft-ds': 445n,
  submission: 587n,
  ldaps: 636n,
  'domain-s': 853n,
  imaps: 993n,
  pop3s: 995n,
  nfs: 2049n,
  mysql: 3306n,
  postgresql: 5432n,
  'http-alt': 8080n,
};
