import type { BaseChain, Hook } from '../../rules.ts';

const hooks: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

/** The built-in chains of each table and their priority (uapi netfilter_ipv4.h, NF_IP_PRI_*). */
const priorities: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  raw: { PREROUTING: -300, OUTPUT: -300 },
  mangle: { PREROUTING: -150, INPUT: -150, FORWARD: -150, OUTPUT: -150, POSTROUTING: -150 },
  nat: { PREROUTING: -100, INPUT: 100, OUTPUT: -100, POSTROUTING: 100 },
  filter: { INPUT: 0, FORWARD: 0, OUTPUT: 0 },
  security: { INPUT: 50, FORWARD: 50, OUTPUT: 50 },
};

/** iptables-nft makes its security chains at 150, which is after NAT (iptables iptables/nft.c xtables_ipv4). */
const nftSecurity = 150;

/** Where a built-in chain is hooked; null for a user's chain. */
export function hookOf(
  backend: 'iptables-legacy' | 'iptables-nft',
  table: string,
  chain: string,
): Pick<BaseChain, 'type' | 'hook' | 'priority'> | null {
  const own = Object.hasOwn(priorities, table) ? priorities[table] : undefined;
  const usual = own !== undefined && Object.hasOwn(own, chain) ? own[chain] : undefined;
  const priority = usual !== undefined && table === 'security' && backend === 'iptables-nft' ? nftSecurity : usual;
  const hook = hooks[chain];
  if (priority === undefined || hook === undefined) return null;
  // mangle OUTPUT looks the route up again where a mark or address changed.
  const type = table === 'nat' ? 'nat' : table === 'mangle' && chain === 'OUTPUT' ? 'route' : 'filter';
  return { type, hook, priority };
}
