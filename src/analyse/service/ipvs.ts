import Fraction from 'fraction.js';
import { formatAddress, hostPort } from '../../model/address.ts';
import type { RealServer, RuleSource, VirtualServer } from '../../model/rules.ts';
import type { BranchEffect, RuleBranch } from '../../model/service-report.ts';
import type { FrontPacket, Ground } from './packet.ts';
import { answerWords, type State } from './state.ts';
import type { Leaf } from './walk.ts';

/** The virtual server that takes the packet (net/netfilter/ipvs ip_vs_service_find); undefined: none. */
export function virtualServerOf(servers: readonly VirtualServer[], packet: FrontPacket): VirtualServer | undefined {
  const own = servers.filter(
    ({ protocol, family, address }) =>
      protocol === packet.protocol && family === packet.family && address !== null && address === packet.daddr,
  );
  return own.find(({ port }) => BigInt(port) === packet.port) ?? own.find(({ port }) => port === 0);
}

/** What a virtual server does with packets: each real server by its weight and the scheduler. */
export function schedule(
  server: VirtualServer,
  ground: Omit<Ground, 'scope'>,
  state: State,
): { branch: RuleBranch; leaves: Leaf[] } {
  const at = hostPort(formatAddress(server.address ?? 0n, server.family), server.port);
  const parts = shares(server);
  const leaves: Leaf[] = [];
  const branches = server.realServers.map((real, index) => {
    const chance = parts[index] ?? null;
    const remaining = chance === null ? null : (state.remaining?.mul(chance) ?? null);
    const effect = {
      kind: 'endpoint',
      endpoint: ground.name(real.family, real.address, real.port === 0 ? ground.packet.port : BigInt(real.port)),
    } as const;
    if (chance?.equals(0) !== true) leaves.push({ ...state, effect, remaining });
    return branch(at, real.source, effect, ground, {
      chance,
      remaining,
      weight: real.weight,
      clients: state.conditions,
    });
  });
  if (parts.every(part => part?.equals(0) === true))
    leaves.push({ ...state, effect: { kind: 'reject', rejectWith: 'icmp-port-unreachable' } });
  const effect = {
    kind: 'virtual-server',
    scheduler: server.scheduler ?? 'unknown',
    persistence: server.persistence,
  } as const;
  const whole = branch(at, server.source, effect, ground, {
    chance: null,
    remaining: state.remaining,
    weight: null,
    clients: state.conditions,
  });
  return { branch: { ...whole, branches }, leaves };
}

/**
 * The part of new connections that each real server gets: round robin takes each that has a weight in turn, weighted
 * round robin by weight; what others do depends on connections and addresses.
 */
function shares({ scheduler, realServers }: VirtualServer): (Fraction | null)[] {
  const weights = realServers.map(({ weight }: RealServer) => weight);
  const known = weights.filter(weight => weight !== null);
  const live = known.filter(weight => weight > 0).length;
  const all = known.reduce((sum, weight) => sum + weight, 0);
  return weights.map(weight => {
    if (weight === 0) return new Fraction(0);
    if (known.length < weights.length) return null;
    if (scheduler === 'rr' || live === 1) return new Fraction(1, live);
    return scheduler === 'wrr' ? new Fraction(weight ?? 0, all) : null;
  });
}

interface Odds {
  chance: Fraction | null;
  remaining: Fraction | null;
  weight: number | null;
  clients: State['conditions'];
}

function branch(
  chain: string,
  { file, line, handle, raw }: RuleSource,
  effect: BranchEffect,
  { evidence }: Omit<Ground, 'scope'>,
  { chance, remaining, weight, clients }: Odds,
): RuleBranch {
  return {
    backend: 'ipvs',
    table: null,
    chain,
    file,
    line,
    handle,
    when: [],
    clients: clients.map(answerWords),
    chance: chance?.toFraction() ?? null,
    probability: remaining?.toFraction() ?? null,
    share: remaining?.valueOf() ?? null,
    effect,
    weight,
    counters: null,
    branches: [],
    ...(evidence ? { raw } : {}),
  };
}
