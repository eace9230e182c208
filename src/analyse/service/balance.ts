import type { Difference, EndpointShare, Frontend, RuleBranch, Target } from '../../model/service-report.ts';
import { type Candidate, isSame } from './expected.ts';
import { named, teller } from './tell.ts';

/** Endpoints share connections equally; a share that is not known (an IPVS scheduler's) is not judged. */
export function unequal(front: Frontend, shares: readonly EndpointShare[], whose: string): Difference[] {
  const own = shares.filter(({ verdict }) => verdict === 'endpoint');
  const fair = `1/${own.length}`;
  if (repeats(front.branches).length > 0 || front.branches.some(({ backend }) => backend === 'ipvs')) return [];
  return own.flatMap(({ endpoint, probability }) =>
    endpoint === null || probability === null || probability === fair || (own.length === 1 && probability === '1')
      ? []
      : [
          teller(front)(
            'wrong-weight',
            'error',
            named(endpoint, endpoint.port),
            null,
            `it gets ${probability} of the connections, not ${fair}${whose}`,
          ),
        ],
  );
}

/** Endpoints that one chain (map, virtual server) leads to more than once. */
export function duplicates(front: Frontend, branches: readonly RuleBranch[]): Difference[] {
  return repeats(branches).map(({ target, times }) =>
    teller(front)('duplicate', 'error', named(target, target.port), null, `the rules lead to it ${times} times`),
  );
}

function repeats(branches: readonly RuleBranch[]): { target: Target; times: number }[] {
  const targets = branches
    .filter(({ share }) => share !== 0)
    .flatMap(branch => {
      const end =
        branch.effect.kind === 'endpoint' ? branch : branch.branches.find(({ effect }) => effect.kind === 'endpoint');
      return end?.effect.kind === 'endpoint' ? [{ when: branch.when.join(), target: end.effect.endpoint }] : [];
    });
  const groups = Map.groupBy(targets, ({ when, target }) => `${when} ${target.address} ${target.port}`);
  return [
    ...[...groups.values()].flatMap(group =>
      group.length > 1 && group[0] ? [{ target: group[0].target, times: group.length }] : [],
    ),
    ...branches.flatMap(branch => repeats(branch.branches)),
  ];
}

/** kube-proxy gives each real server the weight 1, and 0 to one that is ending (pkg/proxy/ipvs). */
export function weights(
  front: Frontend,
  branches: readonly RuleBranch[],
  candidates: readonly Candidate[],
): Difference[] {
  return branches.flatMap(({ effect, weight, branches: next }) => {
    if (effect.kind !== 'endpoint' || weight === null) return weights(front, next, candidates);
    const { endpoint: target } = effect;
    const endpoint = candidates.find(each => isSame(each, target.address, target.port))?.endpoint;
    const say = teller(front);
    if (weight === 0 && endpoint?.ready !== true)
      return [
        say(
          'terminating',
          'info',
          named(target, target.port),
          endpoint?.since ?? null,
          'weight 0: it gets no new connections',
        ),
      ];
    if (weight === 1 || endpoint === undefined) return [];
    return [say('wrong-weight', 'error', named(target, target.port), null, `its weight is ${weight}, not 1`)];
  });
}
