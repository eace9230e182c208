import type { NamedSet, SetElement } from '../../model/rules.ts';
import { holds } from './holds.ts';
import { type FrontPacket, fieldOf } from './packet.ts';

/** Whether the packet is in an ipset (ipset(8), xt_set); null: its source, or what is in the set, is not known. */
export function inIpset(
  sets: ReadonlyMap<string, NamedSet>,
  name: string,
  directions: readonly ('src' | 'dst')[],
  packet: FrontPacket,
): boolean | null {
  const set = sets.get(name);
  if (set?.members !== undefined) {
    const answers = set.members.map(member => inIpset(sets, member, directions, packet));
    return answers.includes(true) ? true : answers.includes(null) ? null : false;
  }
  if (!set?.elements) return null;
  const values = valuesOf(set, directions, packet);
  const possible = set.elements.filter(({ key }) =>
    key.every((part, at) => {
      const value = values[at] ?? null;
      return value === null || holds(part, value);
    }),
  );
  const [nearest] = possible.toSorted((a, b) => (sizeOf(a) < sizeOf(b) ? -1 : 1));
  if (nearest === undefined) return false;
  return values.includes(null) ? null : !nearest.nomatch;
}

/** How much an element takes: the one that takes least decides. */
function sizeOf({ key }: SetElement): bigint {
  return key.reduce((sum, part) => sum + ('name' in part ? 0n : part.high - part.low), 0n);
}

/** What the packet has for each part of the set's keys: a hash has the protocol before a port. */
function valuesOf({ type }: NamedSet, directions: readonly ('src' | 'dst')[], packet: FrontPacket): (bigint | null)[] {
  const [method = '', parts = ''] = type.split(':');
  return parts.split(',').flatMap((part, at) => {
    const own = directions[at] === 'dst';
    if (part === 'port') return [...(method === 'hash' ? [fieldOf(packet, 'l4proto')] : []), own ? packet.port : null];
    return [own && (part === 'ip' || part === 'net') ? packet.daddr : null];
  });
}
