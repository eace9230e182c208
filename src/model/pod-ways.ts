import { canonical } from './address.ts';
import type { ServiceWay } from './report.ts';
import type { Frontend, RuleBranch } from './service-report.ts';

/** The ways of new connections over front ends to a pod with these addresses, with its part of each. */
export function waysTo(ips: readonly string[], frontends: readonly Frontend[]): ServiceWay[] {
  const own = new Set(ips.map(canonical));
  return frontends.flatMap(front =>
    front.branches.flatMap(branch =>
      follow(branch, []).flatMap(({ chains, end }): ServiceWay[] => {
        const { effect, backend, clients, probability, share } = end;
        if (effect.kind !== 'endpoint' || !own.has(effect.endpoint.address)) return [];
        const { kind, family, address, port } = front;
        return [{ frontend: { kind, address, port }, family, backend, clients, chains, probability, share }];
      }),
    ),
  );
}

interface Way {
  chains: string[];
  end: RuleBranch;
}

/** Ends of a branch, but for those of clients that were there before. */
function follow(branch: RuleBranch, before: readonly string[]): Way[] {
  if (branch.share === 0) return [];
  const chains = before.at(-1) === branch.chain ? [...before] : [...before, branch.chain];
  if (branch.branches.length === 0) return [{ chains, end: branch }];
  return branch.branches.flatMap(next => follow(next, chains));
}
