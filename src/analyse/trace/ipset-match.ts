import type { NamedSet, NumericField } from '../../model/rules.ts';
import type { Context } from './context.ts';
import { type Decision, either, undecided } from './decision.ts';
import { isIn } from './sets.ts';
import type { State } from './state.ts';
import { read, type Value } from './values.ts';

const tcpUdp = [6n, 17n, 132n, 136n];

/** The key that an ipset takes from a packet (net/netfilter/ipset/ip_set_getport.c). */
export function inIpset(
  context: Context,
  state: State,
  name: string,
  directions: readonly ('src' | 'dst')[],
  raw: string,
): Decision {
  const set = context.ipset(name);
  if (set === undefined || set.elements === null) return undecided(context, state, raw);
  if (set.members !== undefined) {
    let decision: Decision = false;
    for (const member of set.members)
      decision = either(state, decision, way => inIpset(context, way, member, directions, raw));
    return decision;
  }
  if (set.family !== null && set.family !== state.family) return false;
  const key: Value[] = [];
  const kinds = set.type.slice(set.type.indexOf(':') + 1).split(',');
  for (const [at, kind] of kinds.entries()) {
    const side = directions[at];
    // A rule with fewer directions than the set has parts never matches (ip_set_core.c ip_set_test).
    if (side === undefined) return false;
    const field = (numeric: NumericField) => read(state, { kind: 'field', field: numeric }) ?? null;
    if (kind === 'ip' || kind === 'net') key.push(field(side === 'src' ? 'saddr' : 'daddr'));
    else if (kind === 'port') {
      const port = portOf(state, side);
      // A bitmap of ports is of TCP and UDP only (ip_set_getport.c ip_set_get_ip_port).
      if (set.type.startsWith('bitmap:')) {
        const { l4proto } = state.numbers;
        key.push(l4proto === 6n || l4proto === 17n ? port : null);
      } else key.push(field('l4proto'), port ?? 0n);
    } else if (kind === 'mac' && side === 'src') key.push(field('etherSaddr'));
    else if (kind === 'mark') key.push(field('mark'));
    else if (kind === 'iface')
      key.push(read(state, { kind: 'interface', field: side === 'src' ? 'iifname' : 'oifname' }) ?? null);
    else return undecided(context, state, raw);
  }
  if (set.type !== 'hash:net,iface') return isIn(context, state, key, set, () => raw);
  const [address] = key;
  return typeof address === 'bigint'
    ? isIn(context, state, key, nearest(set, address), () => raw)
    : undecided(context, state, raw);
}

/**
 * The elements of the longest prefix that holds an address, whatever their interfaces: shorter ones are not tried, and an element
 * `physdev:…` is for lookups that iptables has no option for (net/netfilter/ipset/ip_set_hash_netiface.c; both run).
 */
function nearest(set: NamedSet, address: bigint): NamedSet {
  const around = (set.elements ?? []).flatMap(element => {
    const [net] = element.key;
    const holds = net !== undefined && 'low' in net && net.low <= address && address <= net.high;
    return holds ? [{ element, size: net.high - net.low }] : [];
  });
  const least = around.reduce<bigint | null>(
    (least, { size }) => (least === null || size < least ? size : least),
    null,
  );
  const elements = around.filter(({ size }) => size === least).map(({ element }) => element);
  return { ...set, elements: elements.filter(({ key }) => !key.some(part => 'bridgePort' in part)) };
}

function portOf(state: State, side: 'src' | 'dst'): Value {
  const { l4proto, icmpType, icmpCode } = state.numbers;
  if (l4proto === 1n || l4proto === 58n)
    return typeof icmpType === 'bigint' && typeof icmpCode === 'bigint' ? (icmpType << 8n) | icmpCode : null;
  if (typeof l4proto === 'bigint' && !tcpUdp.includes(l4proto)) return null;
  return read(state, { kind: 'field', field: side === 'src' ? 'sport' : 'dport' }) ?? null;
}
