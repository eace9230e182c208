import type { BaseChain, Hook } from '../../rules.ts';

const hooks: ReadonlyMap<string, Hook> = new Map([
  ['PREROUTING', 'prerouting'],
  ['INPUT', 'input'],
  ['FORWARD', 'forward'],
  ['OUTPUT', 'output'],
  ['POSTROUTING', 'postrouting'],
]);

/** The hooks of each table's built-in chains and their priority (uapi netfilter_ipv4.h, NF_IP_PRI_*). */
const priorities: ReadonlyMap<string, { readonly [hook in Hook]?: number }> = new Map([
  ['raw', { prerouting: -300, output: -300 }],
  ['mangle', { prerouting: -150, input: -150, forward: -150, output: -150, postrouting: -150 }],
  ['nat', { prerouting: -100, input: 100, output: -100, postrouting: 100 }],
  ['filter', { input: 0, forward: 0, output: 0 }],
  ['security', { input: 50, forward: 50, output: 50 }],
]);

/** iptables-nft makes its security chains at 150, which is after NAT (iptables iptables/nft.c; found by the kernel oracle). */
const nftSecurity = 150;

/** Where a built-in chain is hooked; null for a user's chain. */
export function hookOf(
  backend: 'iptables-legacy' | 'iptables-nft',
  table: string,
  chain: string,
): Pick<BaseChain, 'type' | 'hook' | 'priority'> | null {
  const hook = hooks.get(chain);
  const usual = hook === undefined ? undefined : priorities.get(table)?.[hook];
  if (hook === undefined || usual === undefined) return null;
  const priority = table === 'security' && backend === 'iptables-nft' ? nftSecurity : usual;
  // mangle OUTPUT looks the route up again where a mark or address changed.
  const type = table === 'nat' ? 'nat' : table === 'mangle' && chain === 'OUTPUT' ? 'route' : 'filter';
  return { type, hook, priority };
}
