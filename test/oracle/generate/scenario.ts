import { Random } from '../random.ts';
import { domains } from './domain.ts';
import { ipsetProgram } from './ipsets.ts';
import { iptablesProgram } from './iptables.ts';
import { nftablesProgram } from './nftables.ts';
import { type Shot, shot } from './packets.ts';
import type { Program } from './rule-lines.ts';

export const backends = ['legacy', 'nft-iptables', 'nft', 'mixed'] as const;
export type Backend = (typeof backends)[number];

/** Rules to load, in order, and packets to send. */
export interface Scenario {
  seed: number;
  backend: Backend;
  family: 4 | 6;
  /** Which rules are hit is certain, so that counters can be compared. */
  countable: boolean;
  programs: readonly Program[];
  shots: readonly Shot[];
}

/** The scenario of a seed. `mixed`: iptables-legacy and nftables tables, live at once. */
export function scenario(seed: number, backend: Backend, count: number): Scenario {
  const random = new Random(seed);
  const family = random.pick([4, 6] as const);
  const domain = domains[family];
  const chance = random.once(5);
  const apart = backend === 'mixed' && !random.once(4);
  const programs: Program[] = [];
  const sets = backend !== 'nft' && random.once(2) ? ipsetProgram(random, domain) : null;
  if (sets !== null) programs.push(sets.program);
  const flavour = { sets: sets?.names ?? {}, chance };
  if (backend === 'legacy' || backend === 'mixed') programs.push(iptablesProgram(random, domain, 'legacy', flavour));
  if (backend === 'nft-iptables') programs.push(iptablesProgram(random, domain, 'nft', flavour));
  if (backend === 'nft' || backend === 'mixed') programs.push(nftablesProgram(random, domain, { chance, apart }));
  let portless = 0;
  // Whether a group was joined is not known, which ends the counting.
  const groups = random.once(5);
  const shots = Array.from({ length: count }, (_, serial) => shot(random, domain, serial, groups))
    // Connections without ports can clash with each other, as they are or after NAT.
    .filter(({ datagram }) => datagram.protocol !== 'esp' || portless++ === 0);
  // The kernel's order of legacy and nft chains of equal priority cannot be known from dumps.
  const countable = !chance && (backend !== 'mixed' || apart);
  return { seed, backend, family, countable, programs, shots };
}
