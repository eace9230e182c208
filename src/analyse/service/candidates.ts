import type { Chain } from '../../model/rules.ts';
import type { FrontPacket } from './packet.ts';

/** Chains with fewer rules are read through. */
const small = 32;

const indexes = new WeakMap<Chain, Map<bigint | null, number[]>>();

/** The rules of a chain that a packet to this destination can match, in order: those for other addresses are never read. */
export function candidates(chain: Chain, { daddr, port }: FrontPacket): number[] {
  const { rules } = chain;
  const possible = (index: number) => {
    const key = rules.key(index);
    return (key.daddr === null || daddr === null || key.daddr === daddr) && (key.dport === null || key.dport === port);
  };
  if (rules.length <= small || daddr === null)
    return Array.from({ length: rules.length }, (_, index) => index).filter(possible);
  let index = indexes.get(chain);
  if (index === undefined) {
    index = new Map();
    for (let at = 0; at < rules.length; at++) {
      const key = rules.key(at).daddr;
      const own = index.get(key);
      if (own === undefined) index.set(key, [at]);
      else own.push(at);
    }
    indexes.set(chain, index);
  }
  return [...(index.get(daddr) ?? []), ...(index.get(null) ?? [])].sort((a, b) => a - b).filter(possible);
}
