import Fraction from 'fraction.js';
import type { PathReport, PathWay } from '../model/path-report.ts';
import type { PathOutcome, TraceEnd, TracePath, TraceReport } from '../model/trace-report.ts';

/** The short answer of a trace: where the ways lead, through which networks, how joined, and what is rewritten. */
export function pathReport({ time, source, destination, paths, notes, gaps }: TraceReport): PathReport {
  const requests = paths.filter(({ direction }) => direction === 'request');
  const ways = requests.flatMap(path =>
    path.outcomes.map(outcome => wayOf(path, outcome, source.kind, destination.kind)),
  );
  const groups = Map.groupBy(ways, ({ probability: _, share: __, ends: ___, ...alike }) => JSON.stringify(alike));
  return {
    apiVersion: 'netinspect/v1',
    kind: 'PathReport',
    time,
    source,
    destination,
    ways: [...groups.values()].map(together),
    notes,
    gaps,
  };
}

function wayOf(path: TracePath, outcome: PathOutcome, from: TraceEnd['kind'], to: TraceEnd['kind']): PathWay {
  const { hops, end, verdict, dnat, snat, probability, share } = outcome;
  const links = hops.flatMap(({ link, carrier }) =>
    // Of a tunnel's own packet only that it is one.
    link === null || link.kind === 'veth' || carrier !== null ? [] : [link],
  );
  const between = links.some(({ kind }) => kind === 'tunnel' || kind === 'network');
  const leaves = end === null || end.kind === 'internet' || (end.kind === 'address' && end.node === null);
  return {
    family: path.family,
    node: path.node,
    probability,
    share,
    verdict,
    ends: [{ to: outcome.to, end }],
    sameNode: verdict !== 'accept' || leaves || path.node === null ? null : end.node === path.node,
    networks: [
      ...(from === 'internet' || from === 'address' ? ['outside' as const] : []),
      ...(hops.some(({ place }) => place === 'pod') ? ['cluster' as const] : []),
      // A node port is a service's too.
      ...(dnat && (to === 'service' || to === 'node') ? ['service' as const] : []),
      ...(between || from === 'node' || to === 'node' ? ['node' as const] : []),
      ...(verdict === 'accept' && leaves ? ['outside' as const] : []),
    ],
    links,
    nat: { dnat, snat },
  };
}

function together(group: PathWay[]): PathWay {
  const [first, ...others] = group as [PathWay, ...PathWay[]];
  if (others.length === 0) return first;
  const known = group.every(({ probability }) => probability !== null);
  const sum = group.reduce((all, { probability }) => all.add(new Fraction(probability ?? 0)), new Fraction(0));
  return {
    ...first,
    probability: known ? sum.toFraction() : null,
    share: known ? sum.valueOf() : null,
    ends: group.flatMap(({ ends }) => ends),
  };
}
