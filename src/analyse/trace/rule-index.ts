import type { Chain } from '../../model/rules.ts';
import type { State } from './state.ts';

/** Chains shorter than this are walked rule by rule. */
const worthIndexing = 16;

interface Index {
  /** Rule numbers by the exact value that the rule asks for; each rule stands in one of the four. */
  daddr: ReadonlyMap<bigint, readonly number[]>;
  dport: ReadonlyMap<bigint, readonly number[]>;
  saddr: ReadonlyMap<bigint, readonly number[]>;
  rest: readonly number[];
}

const indexes = new WeakMap<Chain, Index>();

/** The rules of a chain that may match the packet, in order; null: all of them. */
export function candidates(chain: Chain, state: State): readonly number[] | null {
  if (chain.rules.length < worthIndexing) return null;
  const { daddr, dport, saddr } = state.numbers;
  if (typeof daddr !== 'bigint' || typeof saddr !== 'bigint' || (dport !== null && typeof dport !== 'bigint'))
    return null;
  const index = indexOf(chain);
  const lists = [
    index.daddr.get(daddr),
    dport === null ? undefined : index.dport.get(dport),
    index.saddr.size === 0 ? undefined : state.asked.of(saddr, address => index.saddr.get(address)),
    index.rest,
  ];
  const found = lists.filter(list => list !== undefined && list.length > 0) as (readonly number[])[];
  return found.length === 1 && found[0] !== undefined ? found[0] : found.flat().sort((a, b) => a - b);
}

function indexOf(chain: Chain): Index {
  const known = indexes.get(chain);
  if (known !== undefined) return known;
  const daddr = new Map<bigint, number[]>();
  const dport = new Map<bigint, number[]>();
  const saddr = new Map<bigint, number[]>();
  const rest: number[] = [];
  for (let at = 0; at < chain.rules.length; at++) {
    const key = chain.rules.key(at);
    if (key.daddr !== null) add(daddr, key.daddr, at);
    else if (key.dport !== null) add(dport, key.dport, at);
    else if (key.saddr !== null) add(saddr, key.saddr, at);
    else rest.push(at);
  }
  const index = { daddr, dport, saddr, rest };
  indexes.set(chain, index);
  return index;
}

function add(map: Map<bigint, number[]>, key: bigint, at: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [at]);
  else list.push(at);
}
