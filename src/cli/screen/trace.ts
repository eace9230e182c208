import type { Opened } from '../../app/open.ts';
import { type TraceQuestion, tracer } from '../../app/trace.ts';
import type { EndName, NamedDestination } from '../../app/trace-ends.ts';
import type { CollectRequest } from '../../collect/source.ts';
import type { TraceReport } from '../../model/trace-report.ts';
import type { Snapshot } from '../../parse/snapshot.ts';
import type { TracePlace } from '../../tui/place.ts';
import type { Call } from '../command.ts';
import { readDestination, readEnd } from '../trace/ends.ts';
import { liveRequest, located, namedSource } from '../trace/located.ts';
import { packetWishes } from '../trace/packet-flags.ts';

/** What names mean where the data comes from. */
export type Names = Pick<Opened, 'pod' | 'service'>;

/** What has to be looked at for a trace on the live cluster. Throws UsageError for names that mean nothing. */
export function traceRequest({ from, to }: TracePlace, names: Names): CollectRequest {
  return liveRequest(readEnd(from, undefined), readDestination(to, undefined), false, names);
}

/** The trace of a place from a snapshot. Throws as tracer does. */
export function traceFrom(snapshot: Snapshot, { from, to, packet, reply }: TracePlace, names: Names): TraceReport {
  const destination = readDestination(to, undefined);
  const question: TraceQuestion = {
    source: located(readEnd(from, undefined), names),
    destination: { ...destination, end: located(destination.end, names) },
    wishes: packetWishes({ get: name => packet[name] }),
    allNodes: false,
    reply,
    evidence: true,
  };
  return tracer(snapshot)(question);
}

/** The flags that say something of the packet. */
const packetFlags = ['protocol', 'source-port', 'in', 'mark', 'ct-state'];

/** The place of the trace that a command line names, every name with its namespace. Throws where the trace would. */
export async function tracePlace(call: Call, typed: { from: string; to: string }, source: Opened): Promise<TracePlace> {
  const { flags } = call;
  const saved = flags.get('from') !== undefined;
  const namespace = flags.get('namespace');
  const destination = readDestination(typed.to, namespace);
  const place: TracePlace = {
    kind: 'trace',
    from: endText(located(await namedSource(readEnd(typed.from, namespace), call, saved), source)),
    to: destinationText({ ...destination, end: located(destination.end, source) }),
    packet: Object.fromEntries(
      packetFlags.flatMap(name => (flags.get(name) === undefined ? [] : [[name, flags.get(name) ?? '']])),
    ),
    reply: flags.on('reply'),
  };
  if (saved) traceFrom(await source.collect({ pods: [], nodes: [] }), place, source);
  else await source.check(traceRequest(place, source));
  return place;
}

/** An end as it can be typed. */
function endText(end: EndName): string {
  switch (end.kind) {
    case 'internet':
    case 'local':
      return end.kind;
    case 'address':
      return end.address;
    case 'node':
      return `node/${end.name}`;
    default:
      return [end.kind, end.namespace, end.name].filter(part => part !== undefined).join('/');
  }
}

function destinationText({ end, port, protocol }: NamedDestination): string {
  const host = end.kind === 'address' && port !== null && end.address.includes(':') ? `[${end.address}]` : endText(end);
  return `${host}${port === null ? '' : `:${port}`}${protocol === null ? '' : `/${protocol}`}`;
}
