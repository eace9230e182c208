import type { JsonObject } from '../../../parse/json.ts';
import type { NetFamily } from '../../rules.ts';
import type { LoweredStatement } from './place.ts';
import { isGiven, type Need, own } from './selectors.ts';

/** nft's words for ICMP codes, in iptables' (iptables-extensions(8), REJECT). */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  icmp: {
    'net-unreachable': 'icmp-net-unreachable',
    'host-unreachable': 'icmp-host-unreachable',
    'prot-unreachable': 'icmp-proto-unreachable',
    'port-unreachable': 'icmp-port-unreachable',
    'net-prohibited': 'icmp-net-prohibited',
    'host-prohibited': 'icmp-host-prohibited',
    'admin-prohibited': 'icmp-admin-prohibited',
  },
  icmpv6: {
    'no-route': 'icmp6-no-route',
    'admin-prohibited': 'icmp6-adm-prohibited',
    'addr-unreachable': 'icmp6-addr-unreachable',
    'port-unreachable': 'icmp6-port-unreachable',
    'policy-fail': 'icmp6-policy-fail',
    'reject-route': 'icmp6-reject-route',
  },
  icmpx: {
    'no-route': 'icmpx-no-route',
    'port-unreachable': 'icmpx-port-unreachable',
    'host-unreachable': 'icmpx-host-unreachable',
    'admin-prohibited': 'icmpx-admin-prohibited',
  },
};

/** What a bare `reject` is in a table of each family (nft(8), REJECT STATEMENT). */
const usual: Readonly<Record<NetFamily, string>> = {
  ip: 'icmp-port-unreachable',
  ip6: 'icmp6-port-unreachable',
  inet: 'icmpx-port-unreachable',
  bridge: 'icmpx-port-unreachable',
  netdev: 'icmpx-port-unreachable',
  arp: 'icmpx-port-unreachable',
};

const needs: Readonly<Record<string, Need>> = {
  'tcp reset': { field: 'l4proto', value: 6n },
  icmp: { field: 'nfproto', value: 4n },
  icmpv6: { field: 'nfproto', value: 6n },
};

/** Lowers `reject`; null when its words are not known. */
export function lowerReject(of: JsonObject | null, family: NetFamily): LoweredStatement | null {
  const type = typeof of?.['type'] === 'string' ? of['type'] : null;
  const rejectWith =
    type === null
      ? usual[family]
      : type === 'tcp reset'
        ? 'tcp-reset'
        : (own(own(words, type) ?? {}, String(of?.['expr'] ?? 'port-unreachable')) ?? null);
  if (rejectWith === null) return null;
  const need = type === null ? undefined : own(needs, type);
  return {
    expressions: [{ kind: 'reject', rejectWith }],
    needs: need === undefined || isGiven(need, family) ? [] : [need],
  };
}
