import { canonical, hostPort } from '../../model/address.ts';
import type {
  Difference,
  EndpointShare,
  Frontend,
  RuleBranch,
  ServiceEndpoint,
  ServiceFacts,
  Target,
} from '../../model/service-report.ts';
import { type Candidate, candidatesOf, expectedOf, isSame, type NodePlace, staysLocal } from './expected.ts';
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

/** A front end in words, as differences name it. */
export function frontendWords({ address, port, protocol }: Pick<Frontend, 'address' | 'port' | 'protocol'>): string {
  return address === null ? `node port ${port}/${protocol}` : `${hostPort(address, port)}/${protocol}`;
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
  const local = staysLocal(truth.service, front, first);
  const { required, hinted } = expectedOf(candidates, truth.node, local);
  const taken = shares.flatMap(({ endpoint }) => endpoint ?? []);
  const say = teller(front);
  // Clients that loadBalancerSourceRanges leaves out.
  if (front.kind === 'load-balancer-ip' && first.when.length > 0 && shares.every(({ verdict }) => verdict === 'drop'))
    return [];
  if (shares.some(({ verdict }) => verdict === 'unknown'))
    return [say('unknown-rules', 'info', null, null, 'some rules for it could not be read')];
  const whose = first.when.length === 0 ? '' : ` (packets ${first.when.join(', ')})`;
  const usual = ipvsFallback(front, local, taken, candidates) ? candidates : required;
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
  const missing =
    usual === required ? required.filter(each => !taken.some(target => isSame(each, target.address, target.port))) : [];
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

/** With external policy Local and no endpoint here, IPVS keeps all of them for clients inside (pkg/proxy/ipvs syncEndpoint). */
function ipvsFallback(
  front: Frontend,
  local: boolean,
  taken: readonly Target[],
  candidates: readonly Candidate[],
): boolean {
  return (
    local &&
    front.branches.some(({ backend }) => backend === 'ipvs') &&
    taken.every(target => candidates.some(each => isSame(each, target.address, target.port)))
  );
}

interface Named {
  endpoint: string;
  pod: string | null;
}

function named({ address, pod }: Pick<ServiceEndpoint, 'address' | 'pod'>, port: number | null): Named {
  return { endpoint: port === null ? address : hostPort(address, port), pod };
}

function teller(front: Frontend) {
  return (
    kind: Difference['kind'],
    severity: Difference['severity'],
    about: Named | null,
    since: string | null,
    text: string,
  ): Difference => ({
    kind,
    severity,
    family: front.family,
    frontends: [frontendWords(front)],
    endpoint: about?.endpoint ?? null,
    pod: about?.pod ?? null,
    since,
    text,
  });
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

/** Endpoints share connections equally; a share that is not known (an IPVS scheduler's) is not judged. */
function unequal(front: Frontend, shares: readonly EndpointShare[], whose: string): Difference[] {
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
function duplicates(front: Frontend, branches: readonly RuleBranch[]): Difference[] {
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
function weights(front: Frontend, branches: readonly RuleBranch[], candidates: readonly Candidate[]): Difference[] {
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
