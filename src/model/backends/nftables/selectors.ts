import type { JsonObject } from '../../../parse/json.ts';
import { isObject } from '../../../parse/json.ts';
import type { InterfaceField, NetFamily, NumericField, Operand } from '../../rules.ts';
import { type Domain, domainOf } from './domains.ts';

/** What a selector of libnftables-json(5) stands for. */
export interface Selected {
  operand: Operand;
  domain: Domain;
  /** Fields that the packet must have these values in for the rule to go on: the kernel tests them first. */
  needs: readonly Need[];
}

export interface Need {
  field: 'nfproto' | 'l4proto';
  value: bigint;
}

type Row = readonly [field: NumericField, type: string];

const ports: Readonly<Record<string, Row>> = { sport: ['sport', 'inet_service'], dport: ['dport', 'inet_service'] };

/** Header fields by protocol; those that are not here decide nothing that is modelled. */
const headers: Readonly<Record<string, { fields: Readonly<Record<string, Row>>; needs: readonly Need[] }>> = {
  ip: {
    needs: [{ field: 'nfproto', value: 4n }],
    fields: {
      saddr: ['saddr', 'ipv4_addr'],
      daddr: ['daddr', 'ipv4_addr'],
      protocol: ['l4proto', 'inet_proto'],
      ttl: ['ttl', 'integer'],
      dscp: ['dscp', 'dscp'],
      length: ['length', 'integer'],
    },
  },
  ip6: {
    needs: [{ field: 'nfproto', value: 6n }],
    fields: {
      saddr: ['saddr', 'ipv6_addr'],
      daddr: ['daddr', 'ipv6_addr'],
      nexthdr: ['l4proto', 'inet_proto'],
      hoplimit: ['ttl', 'integer'],
      dscp: ['dscp', 'dscp'],
    },
  },
  tcp: { needs: [{ field: 'l4proto', value: 6n }], fields: { ...ports, flags: ['tcpFlags', 'tcp_flag'] } },
  udp: { needs: [{ field: 'l4proto', value: 17n }], fields: ports },
  dccp: { needs: [{ field: 'l4proto', value: 33n }], fields: ports },
  sctp: { needs: [{ field: 'l4proto', value: 132n }], fields: ports },
  udplite: { needs: [{ field: 'l4proto', value: 136n }], fields: ports },
  th: { needs: [], fields: ports },
  icmp: {
    needs: [
      { field: 'nfproto', value: 4n },
      { field: 'l4proto', value: 1n },
    ],
    fields: { type: ['icmpType', 'icmp_type'], code: ['icmpCode', 'icmp_code'] },
  },
  icmpv6: {
    needs: [
      { field: 'nfproto', value: 6n },
      { field: 'l4proto', value: 58n },
    ],
    fields: { type: ['icmpType', 'icmpv6_type'], code: ['icmpCode', 'icmpv6_code'] },
  },
};

const metaKeys: Readonly<Record<string, Row>> = {
  l4proto: ['l4proto', 'inet_proto'],
  nfproto: ['nfproto', 'nf_proto'],
  protocol: ['nfproto', 'ether_type'],
  mark: ['mark', 'mark'],
  pkttype: ['pkttype', 'pkt_type'],
  skuid: ['socketUid', 'uid'],
  skgid: ['socketGid', 'gid'],
  length: ['length', 'integer'],
  priority: ['priority', 'classid'],
};

const interfaces: Readonly<Record<string, readonly [InterfaceField, string]>> = {
  iifname: ['iifname', 'ifname'],
  oifname: ['oifname', 'ifname'],
  // By index in the kernel; nft prints the name.
  iif: ['iifname', 'iface_index'],
  oif: ['oifname', 'iface_index'],
};

/** Conntrack keys, with the direction before those that have one. */
const ctKeys: Readonly<Record<string, Row>> = {
  state: ['ctState', 'ct_state'],
  status: ['ctStatus', 'ct_status'],
  direction: ['ctDirection', 'ct_dir'],
  mark: ['ctMark', 'mark'],
  zone: ['ctZone', 'integer'],
  // Of the original direction, whichever is asked for; nft prints none.
  protocol: ['ctOriginalL4proto', 'inet_proto'],
  'original protocol': ['ctOriginalL4proto', 'inet_proto'],
  'original saddr': ['ctOriginalSaddr', 'address'],
  'original daddr': ['ctOriginalDaddr', 'address'],
  'original proto-src': ['ctOriginalSport', 'inet_service'],
  'original proto-dst': ['ctOriginalDport', 'inet_service'],
  'reply protocol': ['ctOriginalL4proto', 'inet_proto'],
  'reply saddr': ['ctReplySaddr', 'address'],
  'reply daddr': ['ctReplyDaddr', 'address'],
  'reply proto-src': ['ctReplySport', 'inet_service'],
  'reply proto-dst': ['ctReplyDport', 'inet_service'],
};

/** The field, interface or other source of a value; null where it is not modelled. */
export function select(selector: JsonObject, family: NetFamily): Selected | null {
  const [kind = ''] = Object.keys(selector);
  const of = selector[kind];
  if (!isObject(of)) return null;
  switch (kind) {
    case 'payload':
      return payload(of, family);
    case 'meta':
      return meta(String(of['key']));
    case 'ct':
      return conntrack(of, family);
    case 'fib':
      return fib(of);
    case 'numgen':
      return numgen(of);
    case 'jhash':
    case 'symhash': {
      const mod = whole(of['mod']);
      if (mod === null || mod === 0) return null;
      const operand = { kind: 'hash', mod, offset: whole(of['offset']) ?? 0, raw: kind } as const;
      return { operand, domain: domainOf('integer'), needs: [] };
    }
    default:
      return null;
  }
}

function field([name, type]: Row, needs: readonly Need[]): Selected {
  return { operand: { kind: 'field', field: name }, domain: domainOf(type), needs };
}

function payload(of: JsonObject, family: NetFamily): Selected | null {
  const header = own(headers, String(of['protocol']));
  const row = header === undefined ? undefined : own(header.fields, String(of['field']));
  if (header === undefined || row === undefined) return null;
  return field(
    row,
    header.needs.filter(need => !isGiven(need, family)),
  );
}

/** A table of one family sees packets of that family only. */
export function isGiven({ field, value }: Need, family: NetFamily): boolean {
  return field === 'nfproto' && value === { ip: 4n, ip6: 6n, inet: 0n, arp: 0n, bridge: 0n, netdev: 0n }[family];
}

function meta(key: string): Selected | null {
  const named = own(interfaces, key);
  if (named !== undefined) {
    return { operand: { kind: 'interface', field: named[0] }, domain: domainOf(named[1]), needs: [] };
  }
  const row = own(metaKeys, key);
  return row === undefined ? null : field(row, []);
}

function conntrack(of: JsonObject, family: NetFamily): Selected | null {
  const direction = typeof of['dir'] === 'string' ? `${of['dir']} ` : '';
  const [, named, key = ''] = /^(?:(ip6?) )?(.*)$/.exec(String(of['key'])) ?? [];
  const row = own(ctKeys, `${direction}${key}`);
  if (row === undefined) return null;
  if (row[1] !== 'address') return field(row, []);
  const version = named ?? family;
  if (version !== 'ip' && version !== 'ip6') return null;
  const need: Need = { field: 'nfproto', value: version === 'ip' ? 4n : 6n };
  return field([row[0], version === 'ip' ? 'ipv4_addr' : 'ipv6_addr'], isGiven(need, family) ? [] : [need]);
}

const bindings = ['iif', 'oif', 'mark'] as const;

function fib(of: JsonObject): Selected | null {
  const flags = Array.isArray(of['flags']) ? of['flags'] : [of['flags']];
  const address = (['saddr', 'daddr'] as const).find(side => flags.includes(side));
  const result = of['result'];
  if (address === undefined || flags.length > 4) return null;
  const by = bindings.filter(binding => flags.includes(binding));
  if (result === 'type') {
    return { operand: { kind: 'fib', address, by, result }, domain: domainOf('fib_addrtype'), needs: [] };
  }
  if (result !== 'oif' && result !== 'oifname' && result !== 'check') return null;
  const domain = domainOf(result === 'oifname' ? 'ifname' : 'iface_index');
  return { operand: { kind: 'fib', address, by, result: 'oifname' }, domain, needs: [] };
}

function numgen(of: JsonObject): Selected | null {
  const { mode } = of;
  const mod = whole(of['mod']);
  if ((mode !== 'random' && mode !== 'inc') || mod === null || mod === 0) return null;
  return {
    operand: { kind: 'numgen', mode, mod, offset: whole(of['offset']) ?? 0 },
    domain: domainOf('integer'),
    needs: [],
  };
}

function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** Of an object used as a table, without what every object inherits. */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
