import type { ConntrackRecord } from '../parse/conntrack.ts';
import type { ConntrackCountRecord } from '../parse/conntrack-counts.ts';
import type { ConntrackStatsRecord } from '../parse/conntrack-stats.ts';
import { canonical, familyOf } from './address.ts';
import type { AddressNames } from './address-names.ts';
import { entriesOf } from './conntrack.ts';
import type { ConntrackDestination, ConntrackOnNode, NamedConntrackEntry } from './conntrack-report.ts';
import { type ConntrackSelection, selectionWords, selector } from './conntrack-selection.ts';
import type { ConntrackEntry } from './report.ts';
import type { Section } from './section.ts';

/** What the entries are judged by. */
export interface ConntrackView {
  selection: ConntrackSelection;
  names: AddressNames;
  /** False when some endpoints may be missing, so that "no endpoint" cannot be said. */
  endpointsWhole: boolean;
}

type Counts = Pick<ConntrackOnNode, 'matched' | 'states' | 'destinations' | 'moreDestinations'>;

/** The selected entries with their names; null when the table was not read. */
export function namedEntries(section: Section<ConntrackRecord>, view: ConntrackView): NamedConntrackEntry[] | null {
  const wanted = selector(view.selection);
  return (
    entriesOf(section)
      ?.filter(wanted)
      .map(entry => named(entry, view)) ?? null
  );
}

function named(entry: ConntrackEntry, view: ConntrackView): NamedConntrackEntry {
  const { original, reply, protocol, evidence } = entry;
  const age = /\bdelta-time=(\d+)/.exec(evidence?.[0]?.raw ?? '')?.[1];
  const { name } = view.names;
  return {
    ...entry,
    age: age === undefined ? null : Number(age),
    names: {
      source: name(original.source),
      destination: name(original.destination),
      server: name(reply.source),
      client: name(reply.destination),
    },
    stale:
      entry.dnat === null
        ? null
        : isStale(
            {
              protocol,
              destination: original.destination,
              destinationPort: original.destinationPort,
              server: reply.source,
              serverPort: reply.sourcePort,
            },
            view,
          ),
  };
}

type Way = Pick<
  ConntrackCountRecord & { kind: 'way' },
  'protocol' | 'destination' | 'destinationPort' | 'server' | 'serverPort'
>;

/** A service's connection whose real destination is none of its endpoints. */
function isStale({ protocol, destination, destinationPort, server, serverPort }: Way, view: ConntrackView) {
  const front = view.names.front(protocol, destination, destinationPort);
  if (front === null || !view.endpointsWhole) return null;
  if (canonical(server) === canonical(destination) && serverPort === destinationPort) return null;
  return !front.endpoints.has(`${canonical(server)} ${serverPort}`);
}

/** The counts that the node made, where they are of just this selection. */
export function countedOnNode(section: Section<ConntrackCountRecord>, view: ConntrackView): Counts | null {
  const { records } = section;
  const of = records.flatMap(record => (record.kind === 'of' ? [record.word] : [])).sort();
  const matched = records.find(({ kind }) => kind === 'matched');
  const wanted = selectionWords(view.selection);
  if (matched?.kind !== 'matched' || of.join('\n') !== wanted.join('\n')) return null;
  const ways = records.filter(record => record.kind === 'way');
  const total = records.find(({ kind }) => kind === 'ways');
  return {
    matched: matched.count,
    states: records
      .flatMap(record =>
        record.kind === 'state' ? [{ protocol: record.protocol, state: record.state, count: record.count }] : [],
      )
      .sort((a, b) => b.count - a.count),
    destinations: destinationsOf(ways, view),
    moreDestinations: total?.kind === 'ways' ? Math.max(0, total.count - ways.length) : 0,
  };
}

/** The same from the entries themselves. */
export function countedHere(entries: readonly NamedConntrackEntry[], view: ConntrackView): Counts {
  const states = Map.groupBy(entries, ({ protocol, state }) => `${protocol} ${state ?? ''}`);
  const ways = entries.map(({ protocol, original, reply, flags }) => ({
    protocol,
    destination: original.destination,
    destinationPort: original.destinationPort,
    server: reply.source,
    serverPort: reply.sourcePort,
    count: 1,
    unreplied: flags.includes('UNREPLIED') ? 1 : 0,
  }));
  return {
    matched: entries.length,
    states: [...states.values()]
      .map(group => ({ protocol: group[0]?.protocol ?? '', state: group[0]?.state ?? null, count: group.length }))
      .sort((a, b) => b.count - a.count),
    destinations: destinationsOf(ways, view),
    moreDestinations: 0,
  };
}

function destinationsOf(
  ways: readonly (Way & { count: number; unreplied: number })[],
  view: ConntrackView,
): ConntrackDestination[] {
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const groups = Map.groupBy(ways, way => `${way.protocol} ${canonical(way.destination)} ${way.destinationPort}`);
  return [...groups.values()]
    .flatMap(group => {
      const [first] = group;
      if (first === undefined) return [];
      const { protocol, destination, destinationPort: port } = first;
      const servers = [...Map.groupBy(group, way => `${canonical(way.server)} ${way.serverPort}`).values()];
      return [
        {
          family: familyOf(destination),
          protocol,
          address: canonical(destination),
          port,
          name: view.names.front(protocol, destination, port)?.service ?? view.names.name(destination),
          count: sum(group.map(({ count }) => count)),
          unreplied: sum(group.map(({ unreplied }) => unreplied)),
          servers: servers
            .flatMap(own => {
              const [way] = own;
              if (way === undefined) return [];
              return [
                {
                  address: canonical(way.server),
                  port: way.serverPort,
                  name: view.names.name(way.server),
                  count: sum(own.map(({ count }) => count)),
                  stale: isStale(way, view),
                },
              ];
            })
            .sort((a, b) => b.count - a.count),
        },
      ];
    })
    .sort((a, b) => b.count - a.count);
}

/** By how much each CPU's counters grew between the two samples; null when there are not two. */
export function statisticsOf(records: readonly ConntrackStatsRecord[]): ConntrackOnNode['statistics'] {
  const at = records.findIndex(({ kind }) => kind === 'after');
  const between = records[at];
  if (between?.kind !== 'after') return null;
  const cpus = (part: readonly ConntrackStatsRecord[]) => part.flatMap(one => (one.kind === 'cpu' ? [one] : []));
  const before = new Map(cpus(records.slice(0, at)).map(({ cpu, counters }) => [cpu, counters]));
  return {
    seconds: between.seconds,
    cpus: cpus(records.slice(at + 1)).map(({ cpu, counters }) => ({
      cpu,
      counters: Object.fromEntries(
        Object.entries(counters).map(([name, value]) => [name, value - (before.get(cpu)?.[name] ?? 0)]),
      ),
    })),
  };
}
