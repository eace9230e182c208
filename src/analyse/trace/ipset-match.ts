import type { NumericField } from '../../model/rules.ts';
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
    if (side === undefined) return undecided(context, state, raw);
    const field = (numeric: NumericField) => read(state, { kind: 'field', field: numeric }) ?? null;
    if (kind === 'ip' || kind === 'net') key.push(field(side === 'src' ? 'saddr' : 'daddr'));
    else if (kind === 'port') {
      const port = portOf(state, side);
      // A bitmap of ports is of TCP and UDP only (ip_set_getport.c ip_set_get_ip_port).
      if (set.type.startsWith('bitmap:')) {
        const { l4proto } = state.numbers;
        key.push(l4proto === 6n || l4proto === 17n ? port : null);
      } else key.push(field('l4proto'), port ?? 0n);
    } else if (kind === 'mac') key.push(field('etherSaddr'));
    else if (kind === 'mark') key.push(field('mark'));
    else if (kind === 'iface')
      key.push(read(state, { kind: 'interface', field: side === 'src' ? 'iifname' : 'oifname' }) ?? null);
    else return undecided(context, state, raw);
  }
  return isIn(context, state, key, set, () => raw);
}

function portOf(state: State, side: 'src' | 'dst'): Value {
  const { l4proto, icmpType, icmpCode } = state.numbers;
  if (l4proto === 1n || l4proto === 58n)
    return typeof icmpType === 'bigint' && typeof icmpCode === 'bigint' ? (icmpType << 8n) | icmpCode : null;
  if (typeof l4proto === 'bigint' && !tcpUdp.includes(l4proto)) return null;
  return read(state, { kind: 'field', field: side === 'src' ? 'sport' : 'dport' }) ?? null;
}
