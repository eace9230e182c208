import type { ConntrackRecord } from '../parse/conntrack.ts';
import type { ProbeAttempt } from '../parse/probe-output.ts';
import { canonical } from './address.ts';
import type { AddressNames } from './address-names.ts';
import { addressWords } from './captured-packets.ts';
import type { Agreement, Latency, Probe, ProbedEndpoint } from './probe-report.ts';
import { alarm, pValueOf } from './share-test.ts';
import type { PathOutcome, TracePath } from './trace-report.ts';

/** What was asked, and what came of it. */
export interface ProbeFacts {
  path: TracePath;
  protocol: Probe['protocol'];
  /** Of HTTP; null for none. */
  httpPath: string | null;
  attempts: readonly ProbeAttempt[];
  /** The entries of the source's connections to the address; a text says why there are none. */
  entries: readonly ConntrackRecord[] | string;
  names: AddressNames;
  /** True where a client stays with its endpoint: its connections are not drawn one by one. */
  isSticky: boolean;
}

/** Sums up the attempts of one address, and holds who answered against the shares of the trace. */
export function probeOf(facts: ProbeFacts): Probe {
  const { path, protocol, attempts, httpPath } = facts;
  const { source, destination, port } = path.packet;
  const good = attempts.filter(({ failure }) => failure === null);
  const latencies = good.flatMap(({ latencyMs }) => latencyMs ?? []);
  const entries = isDirect(path) ? [] : facts.entries;
  const endpoints = typeof entries === 'string' ? null : endpointsOf(facts, entries, good);
  return {
    family: path.family,
    source,
    address: destination,
    port: protocol === 'icmp' ? null : (port ?? null),
    protocol,
    path: httpPath,
    attempts: attempts.length,
    succeeded: good.length,
    failures: countsOf(attempts.flatMap(({ failure }) => failure ?? [])).map(([why, count]) => ({ why, count })),
    latency: latencyOf(latencies),
    total: latencyOf(good.flatMap(({ totalMs }) => totalMs ?? [])),
    statuses: countsOf(attempts.flatMap(({ status }) => status ?? [])).map(([status, count]) => ({ status, count })),
    endpoints,
    endpointsUnknown: typeof entries === 'string' ? entries : null,
    agreement: agreementOf(facts, good.length, endpoints),
    hops: null,
    mtu: null,
  };
}

/** The address in `ADDRESS:PORT`, `[ADDRESS]:PORT` or `ADDRESS`. */
export function addressOf(words: string): string {
  const [, ipv6, ipv4] = /^\[(.*)\]:\d+$|^([^:]*):\d+$/.exec(words) ?? [];
  return ipv6 ?? ipv4 ?? words;
}

/** Nothing is rewritten on the way: who answers has not to be looked up. */
function isDirect({ outcomes }: TracePath): boolean {
  return outcomes.every(({ dnat }) => !dnat);
}

/** Percentiles by rank (nearest); null for nothing. */
function latencyOf(values: readonly number[]): Latency | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return null;
  return { min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function countsOf<T>(values: readonly T[]): [T, number][] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function endpointsOf(
  { path, names }: ProbeFacts,
  entries: readonly ConntrackRecord[],
  good: readonly ProbeAttempt[],
): ProbedEndpoint[] {
  const ports = new Set(good.map(({ sourcePort }) => sourcePort));
  const answered = entries.filter(({ original }) => ports.has(original.sourcePort));
  const counts = new Map(
    countsOf(answered.map(({ reply }) => addressWords(canonical(reply.source), reply.sourcePort))),
  );
  // Without DNAT it is the address itself that answers.
  const [only] = path.outcomes;
  if (only !== undefined && isDirect(path) && good.length > 0) counts.set(only.to, good.length);
  const predicted = new Map(acceptedOf(path).map(outcome => [outcome.to, outcome]));
  return [...new Set([...counts.keys(), ...predicted.keys()])]
    .map(address => {
      const outcome = predicted.get(address);
      return {
        address,
        name: names.name(addressOf(address)),
        count: counts.get(address) ?? 0,
        share: outcome?.share ?? null,
        probability: outcome?.probability ?? null,
      };
    })
    .sort((a, b) => b.count - a.count || (a.address < b.address ? -1 : 1));
}

/** The ends that the rules lead to; ways that lead to the same one are one. */
export function acceptedOf({ outcomes }: TracePath): PathOutcome[] {
  const byEnd = Map.groupBy(
    outcomes.filter(({ verdict }) => verdict === 'accept'),
    ({ to }) => to,
  );
  return [...byEnd.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    if (more.length === 0) return first;
    const shares = [first, ...more].map(({ share }) => share);
    const share = shares.includes(null) ? null : shares.reduce<number>((sum, each) => sum + (each ?? 0), 0);
    return { ...first, share, probability: null };
  });
}

function agreementOf(
  { path, attempts, isSticky }: ProbeFacts,
  succeeded: number,
  endpoints: readonly ProbedEndpoint[] | null,
): Agreement {
  const notTested = (why: string): Agreement => ({ verdict: 'not tested', pValue: null, why });
  const differs = (why: string): Agreement => ({ verdict: 'differs', pValue: 0, why });
  const { outcomes } = path;
  if (outcomes.some(({ share }) => share === null)) return notTested('the rules leave something open: see `trace`');
  const accepted = acceptedOf(path);
  const reach = accepted.reduce((sum, { share }) => sum + (share ?? 0), 0);
  if (reach === 0 && succeeded > 0)
    return differs(
      `the rules let nothing through (${outcomes.map(({ verdict }) => verdict).join(', ')}), and ${succeeded} went through`,
    );
  if (reach === 0) return { verdict: 'agrees', pValue: 1, why: 'nothing went through' };
  if (endpoints === null) return notTested('who answered is not known');
  const stranger = endpoints.find(({ count, share }) => count > 0 && share === null);
  if (stranger !== undefined) return differs(`${stranger.name ?? stranger.address} answered, which no rule leads to`);
  const seen = endpoints.reduce((sum, { count }) => sum + count, 0);
  if (seen === 0)
    return notTested(
      'nothing came back, though the rules let it through: it is refused or lost behind them (see `capture`)',
    );
  if (isSticky) return notTested('a client stays with its endpoint: its connections are not drawn one by one');
  if (endpoints.length === 1 && seen === attempts.length)
    return { verdict: 'agrees', pValue: 1, why: 'all went to the only endpoint' };
  const pValue = pValueOf(
    endpoints.map(({ count, share }) => ({ count, share: (share ?? 0) / reach })),
    seen,
  );
  return pValue < alarm
    ? { verdict: 'differs', pValue, why: 'such counts are all but impossible with the shares of the rules' }
    : { verdict: 'agrees', pValue, why: 'the counts are such as the shares of the rules give' };
}
