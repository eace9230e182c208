import { canonical } from '../../model/address.ts';
import type {
  Difference,
  EndpointShare,
  Frontend,
  ServiceEndpoint,
  ServiceFacts,
  Target,
} from '../../model/service-report.ts';
import { duplicates, unequal, weights } from './balance.ts';
import {
  type Candidate,
  candidatesOf,
  type Expected,
  expectedOf,
  isSame,
  type NodePlace,
  staysLocal,
} from './expected.ts';
import { named, teller } from './tell.ts';
import { fromNode } from './tree.ts';

/** What a node's rules are held against. */
export interface Truth {
  service: ServiceFacts;
  endpoints: readonly ServiceEndpoint[];
  node: NodePlace;
  /** RFC 3339: when the service's EndpointSlices of a family last changed; null: they do not say. */
  changed: Record<Frontend['family'], string | null>;
}

/**
 * Holds a node's front ends against the EndpointSlices, for each kind of client: endpoints that the rules miss, have too
 * many, at a wrong port or with a wrong share. The same difference at several front ends stands once.
 */
export function differencesOf(frontends: readonly Frontend[], truth: Truth): Difference[] {
  const found = frontends.flatMap(front => differencesAt(front, truth));
  const groups = Map.groupBy(found, ({ frontends: _own, ...what }) => JSON.stringify(what));
  return [...groups.values()]
    .map(group => ({
      ...(group[0] as Difference),
      frontends: [...new Set(group.flatMap(difference => difference.frontends))],
    }))
    .sort((a, b) => Number(a.severity === 'info') - Number(b.severity === 'info'));
}

function differencesAt(front: Frontend, truth: Truth): Difference[] {
  const candidates = candidatesOf(truth.endpoints, front);
  const kinds = Map.groupBy(front.shares, share => JSON.stringify(share.when));
  const judged = [...kinds.values()].flatMap(shares => judge(front, shares, candidates, truth));
  return [...judged, ...duplicates(front, front.branches), ...weights(front, front.branches, candidates)];
}

/** Where packets of one kind of client go, and where they should. */
function judge(
  front: Frontend,
  shares: readonly EndpointShare[],
  candidates: readonly Candidate[],
  truth: Truth,
): Difference[] {
  const [first] = shares;
  if (first === undefined) return [];
  const { required, hinted } = expectedAt(front, first, candidates, truth);
  const taken = shares.flatMap(({ endpoint }) => endpoint ?? []);
  const say = teller(front);
  // Clients that loadBalancerSourceRanges leaves out.
  if (front.kind === 'load-balancer-ip' && first.when.length > 0 && shares.every(({ verdict }) => verdict === 'drop'))
    return [];
  if (shares.some(({ verdict }) => verdict === 'unknown'))
    return [say('unknown-rules', 'info', null, null, 'some rules for it could not be read')];
  const whose = first.when.length === 0 ? '' : ` (packets ${first.when.join(', ')})`;
  if (required.length > 0 && taken.length === 0 && shares.every(({ verdict }) => verdict === 'none'))
    return [
      say(
        'no-rules',
        'error',
        null,
        null,
        `no rule takes packets to it, and it has ${required.length} endpoints${whose}`,
      ),
    ];
  const missing = required.filter(each => !taken.some(target => isSame(each, target.address, target.port)));
  return [
    ...missing.map(({ endpoint, port }) =>
      say(
        'missing',
        'error',
        named(endpoint, port ?? front.port),
        endpoint.since,
        `no rule leads to it, and it is ready${whose}`,
      ),
    ),
    ...taken.flatMap(target => strays(target, candidates, required, truth, front)),
    ...hinted
      .filter(each => !taken.some(target => isSame(each, target.address, target.port)))
      .map(({ endpoint, port }) =>
        say('hints', 'info', named(endpoint, port ?? front.port), null, 'left out here by topology hints'),
      ),
    ...(required.length === 0 && !first.when.includes(fromNode) && shares.some(({ verdict }) => verdict === 'none')
      ? [say('not-refused', 'info', null, null, `it has no endpoint here, and no rule refuses packets to it${whose}`)]
      : []),
    ...unequal(front, shares, whose),
  ];
}

function expectedAt(front: Frontend, share: EndpointShare, candidates: readonly Candidate[], truth: Truth): Expected {
  const local = staysLocal(truth.service, front, share);
  const expected = expectedOf(candidates, truth.node, local);
  // Without an endpoint here IPVS keeps all, for clients inside (pkg/proxy/ipvs/proxier.go syncEndpoint).
  const isIpvs = front.branches.some(({ backend }) => backend === 'ipvs');
  const keepsAll = front.kind !== 'cluster-ip' && truth.service.internalTrafficPolicy !== 'Local';
  if (!isIpvs || !local || expected.required.length > 0 || !keepsAll) return expected;
  return expectedOf(candidates, truth.node, false);
}

/** What is wrong with an endpoint that the rules lead to. */
function strays(
  target: Target,
  candidates: readonly Candidate[],
  required: readonly Candidate[],
  { endpoints, changed }: Truth,
  front: Frontend,
): Difference[] {
  const say = teller(front);
  const about = named(target, target.port);
  const same = candidates.filter(each => isSame(each, target.address, target.port));
  if (same.length === 0) {
    const elsewhere = endpoints.find(({ address }) => canonical(address) === canonical(target.address));
    if (elsewhere === undefined)
      return [
        say('stale', 'error', about, changed[front.family], 'the rules lead to it, and no EndpointSlice lists it'),
      ];
    const ports = candidates.flatMap(({ endpoint, port }) => (endpoint === elsewhere && port !== null ? [port] : []));
    const right =
      ports.length === 0 ? 'the EndpointSlices have no such port' : `the EndpointSlices say ${ports.join(', ')}`;
    return [
      say('wrong-port', 'error', about, changed[front.family], `the rules lead to port ${target.port}, ${right}`),
    ];
  }
  if (
    same.some(each => required.includes(each) && !each.endpoint.terminating) ||
    same.some(({ endpoint }) => endpoint.ready)
  )
    return [];
  const [{ endpoint }] = same as [Candidate];
  if (!endpoint.terminating)
    return [say('not-ready', 'error', about, endpoint.since, 'the rules lead to it, and it is not ready')];
  return required.includes(same[0] as Candidate)
    ? [say('terminating', 'info', about, endpoint.since, 'it is ending, and used since no endpoint is ready')]
    : [say('terminating', 'error', about, endpoint.since, 'the rules lead to it, and it is ending')];
}
