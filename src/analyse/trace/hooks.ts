import type { Family } from '../../model/report.ts';
import type { BaseChain, Chain, Hook, NetFamily, Table } from '../../model/rules.ts';
import { walk } from './chain.ts';
import { applyExisting, track } from './conntrack.ts';
import type { Context } from './context.ts';
import type { Host } from './host.ts';
import { withImplied } from './implied.ts';
import { balance } from './ipvs.ts';
import { passesDevice } from './link-layer.ts';
import { merge } from './merge.ts';
import { type Decided, routeOutput } from './route.ts';
import { knownTotal, taking } from './share.ts';
import { note, type State, type Where } from './state.ts';

interface Hooked {
  table: Table;
  chain: Chain;
  base: BaseChain;
}

/** What stands at a priority of a hook: chains of equal priority, or a part of the kernel itself. */
type Entry =
  | { kind: 'chains'; priority: number; chains: readonly Hooked[] }
  /** `registered`: the host has nat chains of the family at all; without one the kernel binds nothing. */
  | { kind: 'nat'; priority: number; nat: 'dnat' | 'snat'; groups: readonly (readonly Hooked[])[]; registered: boolean }
  | { kind: 'conntrack' | 'ipvs'; priority: number };

/** Priorities of the kernel's own hooks (uapi linux/netfilter_ipv4.h; net/netfilter/ipvs/ip_vs_core.c). */
const conntrackPriority = -200;
const natPriority = { prerouting: -100, output: -100, input: 100, postrouting: 100 } as const;
const ipvsPriority = { input: 99, output: -98 } as const;

const compiled = new WeakMap<Host, Map<string, readonly Entry[]>>();

/** How a packet leaves a hook; `sent`: IPVS took it and sends it on itself. */
export interface HookEnd {
  state: State;
  how: 'accept' | 'drop' | 'reject' | 'unknown' | 'sent';
}

/** Takes a packet through a hook: every base chain in the kernel's order, conntrack, NAT and IPVS in their places. */
export function runHook(context: Context, hook: Hook, state: State): HookEnd[] {
  const entries = entriesOf(context.host, hook, state.family);
  return inTurn(state, entries, (way, entry) => runEntry(context, hook, entry, way));
}

function runEntry(context: Context, hook: Hook, entry: Entry, state: State): HookEnd[] {
  switch (entry.kind) {
    case 'conntrack':
      track(context, state);
      return [{ state, how: 'accept' }];
    case 'ipvs':
      return runIpvs(context, state);
    case 'nat':
      return runNat(context, hook, entry, state);
    case 'chains':
      return inEitherOrder(context, state, entry.chains, (way, chains) =>
        inTurn(way, chains, (one, hooked) => runChain(context, hook, hooked, one)),
      );
  }
}

/** Takes a packet through one thing after the other, as long as it is accepted; ways that come together again are one. */
function inTurn<T>(state: State, items: readonly T[], run: (state: State, item: T) => HookEnd[]): HookEnd[] {
  const done: HookEnd[] = [];
  let going: readonly State[] = [state];
  for (const item of items) {
    const next: State[] = [];
    for (const way of going) {
      for (const end of run(way, item)) {
        if (end.how === 'accept') next.push(end.state);
        else done.push(end);
      }
    }
    going = merge(next);
  }
  return [...done, ...going.map(way => ({ state: way, how: 'accept' as const }))];
}

/**
 * Chains of equal priority: the one registered last runs first. Within one nft listing, which is in the order of creation,
 * that is the later, which is said where it matters; of chains from different dumps it is not known: both orders, and a doubt where
 * they differ.
 */
function inEitherOrder(
  context: Context,
  state: State,
  chains: readonly Hooked[],
  run: (state: State, chains: readonly Hooked[]) => HookEnd[],
): HookEnd[] {
  const likely = [...chains].reverse();
  const [first] = chains;
  if (chains.length === 1) return run(state, likely);
  const one = run(state.clone(), likely);
  const other = run(state.clone(), chains);
  if (digest(one) === digest(other)) return one;
  const names = chains.map(({ table, chain }) => `${table.family} ${table.name} ${chain.name}`).join(', ');
  if (chains.every(({ table }) => table.file === first?.table.file)) {
    for (const { state: way } of one) way.assume(`${names} were made in this order: the last runs first`);
    return one;
  }
  const choice = context.choice(2);
  return [one, other].flatMap((ends, way) =>
    ends.map(end => {
      end.state.share = taking(end.state.share, choice, way);
      end.state.assume(`the order of ${names} is not known`);
      return end;
    }),
  );
}

function digest(ends: readonly HookEnd[]): string {
  return ends
    .map(({ state, how }) => `${how} ${state.fingerprint()} ${knownTotal(state.share)?.toFraction()}`)
    .sort()
    .join('\n');
}

function runChain(context: Context, hook: Hook, hooked: Hooked, state: State): HookEnd[] {
  if (hook !== 'ingress' && hook !== 'egress') return runRules(context, hook, hooked, state);
  const { base, table, chain } = hooked;
  context.where = { hook, table: table.name, chain: chain.name, source: chain.source };
  const decision = passesDevice(context, state, hook, base.devices);
  if (decision === false) return [{ state, how: 'accept' }];
  if (decision === true) return runRules(context, hook, hooked, state);
  return [
    ...decision.yes.flatMap(way => runRules(context, hook, hooked, way)),
    ...decision.no.map(way => ({ state: way, how: 'accept' as const })),
  ];
}

function runRules(context: Context, hook: Hook, { table, chain, base }: Hooked, state: State): HookEnd[] {
  const { mark, saddr, daddr, dscp } = state.numbers;
  return walk(context, hook, table, chain, state).flatMap(({ state: way, how }): HookEnd[] => {
    if (how === 'drop' || how === 'reject' || how === 'unknown') return [{ state: way, how }];
    if (how === 'end') {
      const where: Where = { hook, table: table.name, chain: chain.name, source: chain.source };
      note(where, way, { kind: 'policy', verdict: base.policy });
      if (base.policy === 'drop') return [{ state: way, how: 'drop' }];
    }
    const { numbers } = way;
    const changed =
      numbers.mark !== mark || numbers.saddr !== saddr || numbers.daddr !== daddr || numbers.dscp !== dscp;
    // ip_route_me_harder after mangle OUTPUT and nft `type route` (net/netfilter/nft_chain_route.c).
    if (base.type === 'route' && hook === 'output' && changed) return rerouted(context, way);
    return [{ state: way, how: 'accept' }];
  });
}

function rerouted(context: Context, state: State): HookEnd[] {
  return routeOutput(context, state).map(({ state: way, failure }: Decided) => ({
    state: way,
    how: failure === null ? 'accept' : failure.how === 'unknown' ? 'unknown' : 'drop',
  }));
}

/** All nat chains of a hook run from one place, for the first packet only; the first that rewrites ends it (nf_nat_core.c nf_nat_inet_fn). */
function runNat(context: Context, hook: Hook, entry: Entry & { kind: 'nat' }, state: State): HookEnd[] {
  const { nat, groups } = entry;
  const daddr = state.numbers.daddr;
  if (state.existing !== null) {
    applyExisting(state, nat);
    return hook === 'output' && state.numbers.daddr !== daddr ? rerouted(context, state) : [{ state, how: 'accept' }];
  }
  if (state.bound[nat] || (state.tracking !== 'new' && state.tracking !== 'related')) return [{ state, how: 'accept' }];
  let ends: HookEnd[] = [{ state, how: 'accept' }];
  for (const group of groups) {
    ends = ends.flatMap(end =>
      end.how !== 'accept' || end.state.bound[nat]
        ? [end]
        : inEitherOrder(context, end.state, group, (way, chains) => {
            let ways: HookEnd[] = [{ state: way, how: 'accept' }];
            for (const hooked of chains)
              ways = ways.flatMap(one =>
                one.how !== 'accept' || one.state.bound[nat] ? [one] : runChain(context, hook, hooked, one.state),
              );
            return ways;
          }),
    );
  }
  return ends.flatMap(end => {
    if (end.how !== 'accept') return [end];
    end.state.bound = { ...end.state.bound, [nat]: true };
    if (entry.registered) setDone(end.state, nat);
    return hook === 'output' && end.state.numbers.daddr !== daddr ? rerouted(context, end.state) : [end];
  });
}

/** IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE: the nat chains were consulted, whatever they said. */
function setDone({ numbers }: State, nat: 'dnat' | 'snat'): void {
  const { ctStatus } = numbers;
  if (typeof ctStatus === 'bigint') numbers.ctStatus = ctStatus | (nat === 'dnat' ? 0x100n : 0x80n);
}

function runIpvs(context: Context, state: State): HookEnd[] {
  const ends = balance(context, state);
  if (ends === null) return [{ state, how: 'accept' }];
  return ends.flatMap(({ state: way, how }): HookEnd[] => {
    if (how !== 'end') return [{ state: way, how }];
    const { daddr } = way.numbers;
    const isLocal = typeof daddr === 'bigint' && context.routing.isLocal(way.family, daddr);
    return [{ state: way, how: isLocal ? 'accept' : 'sent' }];
  });
}

function entriesOf(host: Host, hook: Hook, family: Family): readonly Entry[] {
  let hooks = compiled.get(host);
  if (hooks === undefined) {
    hooks = new Map();
    compiled.set(host, hooks);
  }
  const key = `${hook} ${family}`;
  let entries = hooks.get(key);
  if (entries === undefined) {
    entries = compile(host, hook, family);
    hooks.set(key, entries);
  }
  return entries;
}

const completed = new WeakMap<Host, readonly Table[]>();

function tablesOf(host: Host): readonly Table[] {
  let tables = completed.get(host);
  if (tables === undefined) {
    tables = withImplied(host.rules.tables);
    completed.set(host, tables);
  }
  return tables;
}

function compile(host: Host, hook: Hook, family: Family): readonly Entry[] {
  const hooked: Hooked[] = [];
  for (const table of tablesOf(host)) {
    if (table.dormant || !familiesAt(hook, family).includes(table.family)) continue;
    for (const chain of chainsOf(table, hook))
      if (chain.base?.hook === hook) hooked.push({ table, chain, base: chain.base });
  }
  const entries: Entry[] = byPriority(hooked.filter(({ base }) => base.type !== 'nat')).map(chains => ({
    kind: 'chains',
    priority: chains[0]?.base.priority ?? 0,
    chains,
  }));
  if (hook in natPriority) {
    const at = hook as keyof typeof natPriority;
    const nat = at === 'prerouting' || at === 'output' ? 'dnat' : 'snat';
    entries.push({
      kind: 'nat',
      priority: natPriority[at],
      nat,
      groups: byPriority(hooked.filter(({ base }) => base.type === 'nat')),
      registered: tablesOf(host).some(
        table => !table.dormant && hasNat(table) && familiesAt(hook, family).includes(table.family),
      ),
    });
  }
  if (hook === 'prerouting' || hook === 'output') entries.push({ kind: 'conntrack', priority: conntrackPriority });
  if (hook === 'input' || hook === 'output') entries.push({ kind: 'ipvs', priority: ipvsPriority[hook] });
  return entries.sort((a, b) => a.priority - b.priority);
}

/** The families whose tables see a packet at a hook. */
function familiesAt(hook: Hook, family: Family): readonly NetFamily[] {
  if (hook === 'ingress' || hook === 'egress') return ['netdev', 'inet'];
  return ['inet', family === 'IPv4' ? 'ip' : 'ip6'];
}

function hasNat({ backend, name, chains }: Table): boolean {
  return backend === 'nftables' ? [...chains.values()].some(({ base }) => base?.type === 'nat') : name === 'nat';
}

/** Chains that may be of a hook: iptables has fixed names for them, so that a big dump's other chains need not be made. */
function chainsOf({ backend, chains }: Table, hook: Hook): Iterable<Chain> {
  if (backend === 'nftables') return chains.values();
  const chain = chains.get(hook.toUpperCase());
  return chain === undefined ? [] : [chain];
}

function byPriority(chains: readonly Hooked[]): Hooked[][] {
  return [...Map.groupBy(chains, ({ base }) => base.priority)].sort(([a], [b]) => a - b).map(([, group]) => group);
}
