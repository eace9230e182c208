import Fraction from 'fraction.js';
import type { BaseChain, Chain, Hook, RuleSet, Table } from '../../model/rules.ts';
import type { EndpointShare, Frontend, RuleBranch } from '../../model/service-report.ts';
import { schedule, virtualServerOf } from './ipvs.ts';
import type { FrontPacket, Ground } from './packet.ts';
import { answerWords, type Condition, merged, type State } from './state.ts';
import { type Leaf, walkChain } from './walk.ts';

/** Which ways packets to the front end go through a node's rules, as a tree, and what these come to. */
export type FrontendWays = Pick<Frontend, 'branches' | 'fromNode' | 'shares'>;

/**
 * Walks a new connection to a front end through the node's base chains in the kernel's order, as for a client that is
 * not known and was not seen before, until it is sent to an endpoint or refused. What is asked about the client makes
 * branches of its own; rules that say nothing of the front end are passed over: what they do to a certain packet is
 * `trace`'s to tell.
 */
export function frontendWays(
  rules: RuleSet,
  packet: FrontPacket,
  ground: Pick<Ground, 'name' | 'evidence'>,
): FrontendWays {
  const arriving = walkHooks(rules, packet, ['prerouting', packet.local === true ? 'input' : 'forward'], ground);
  const own = walkHooks(rules, packet, packet.local === true ? ['output', 'input'] : ['output'], ground);
  const ownShares = sharesOf(ofNode(own.leaves), [fromNode]);
  const same = JSON.stringify(ownShares) === JSON.stringify(sharesOf(ofNode(arriving.leaves), [fromNode]));
  return {
    branches: arriving.branches,
    fromNode: same ? null : own.branches,
    shares: [...sharesOf(arriving.leaves, []), ...(same ? [] : ownShares)],
  };
}

/** The kind of client that the node itself is. */
export const fromNode = 'from the node itself';

/** What of the ways is open to the node itself: its source is a local address. */
function ofNode(leaves: readonly Leaf[]): Leaf[] {
  const asks = ({ of }: Condition) => of === 'source local';
  return leaves
    .filter(({ conditions }) => conditions.find(asks)?.answer !== false)
    .map(leaf => ({ ...leaf, conditions: leaf.conditions.filter(condition => !asks(condition)) }));
}

function walkHooks(
  rules: RuleSet,
  packet: FrontPacket,
  hooks: readonly Hook[],
  ground: Pick<Ground, 'name' | 'evidence'>,
): { branches: RuleBranch[]; leaves: Leaf[] } {
  const branches: RuleBranch[] = [];
  const leaves: Leaf[] = [];
  let states: State[] = [{ conditions: [], remaining: new Fraction(1), masqueraded: false, doomed: false }];
  for (const hook of hooks) {
    for (const { table, chain } of baseChains(rules, packet, hook)) {
      const scope = { table, family: packet.family === 'IPv4' ? 'ip' : 'ip6', ipsets: rules.ipsets } as const;
      const walk = walkChain({ ...ground, packet, scope }, chain, states, false);
      branches.push(...walk.branches);
      leaves.push(...walk.leaves);
      states = merged([...walk.out, ...walk.accepted]);
    }
    // LOCAL_IN after the filter, LOCAL_OUT before it, but nothing there refuses what IPVS takes.
    const server = hook === 'input' || hook === 'output' ? virtualServerOf(rules.ipvs ?? [], packet) : undefined;
    if (server === undefined) continue;
    for (const state of states) {
      const taken = schedule(server, { ...ground, packet }, state);
      branches.push(taken.branch);
      leaves.push(...taken.leaves);
    }
    states = [];
  }
  const past = states.map(({ doomed, ...state }): Leaf => ({ ...state, effect: { kind: doomed ? 'drop' : 'accept' } }));
  return { branches, leaves: [...leaves, ...past] };
}

interface Hooked {
  table: Table;
  chain: Chain & { base: BaseChain };
}

/** The base chains of a hook in the kernel's order: all of type nat at one priority (NF_IP_PRI_NAT_DST). */
function baseChains(rules: RuleSet, packet: FrontPacket, hook: Hook): Hooked[] {
  const families = [packet.family === 'IPv4' ? 'ip' : 'ip6', 'inet'];
  const when = ({ base: { type, priority } }: Hooked['chain']) => (type === 'nat' ? -100 : priority);
  return (
    rules.tables
      .filter(({ family, dormant }) => families.includes(family) && !dormant)
      .flatMap(table => [...table.chains.values()].flatMap(chain => (isHooked(chain, hook) ? [{ table, chain }] : [])))
      // A nat chain of input takes no part in sending the packet anywhere.
      .filter(({ chain }) => chain.base.type !== 'nat' || hook !== 'input')
      .sort((a, b) => when(a.chain) - when(b.chain) || a.chain.base.priority - b.chain.base.priority)
  );
}

function isHooked(chain: Chain, hook: Hook): chain is Hooked['chain'] {
  return chain.base?.hook === hook;
}

/** Leaves of the same clients to the same end, added up. */
function sharesOf(leaves: readonly Leaf[], before: readonly string[]): EndpointShare[] {
  const groups = Map.groupBy(leaves, ({ conditions, effect }) => JSON.stringify([conditions.map(answerWords), effect]));
  return [...groups.values()].map((group): EndpointShare => {
    const [{ conditions, effect, masqueraded }] = group as [Leaf, ...Leaf[]];
    const total = group.reduce<Fraction | null>(
      (sum, { remaining }) => (remaining === null ? null : (sum?.add(remaining) ?? null)),
      new Fraction(0),
    );
    return {
      when: [...before, ...conditions.map(answerWords)],
      endpoint: effect.kind === 'endpoint' ? effect.endpoint : null,
      verdict: effect.kind === 'accept' ? 'none' : effect.kind,
      probability: total?.toFraction() ?? null,
      share: total?.valueOf() ?? null,
      masqueraded: group.every(leaf => leaf.masqueraded === masqueraded) ? masqueraded : null,
    };
  });
}
