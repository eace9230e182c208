import { familyOf } from './address.ts';
import type { Family, Note, Socket } from './report.ts';
import { listeningOn } from './sockets.ts';
import type { TracePath } from './trace-report.ts';

/** The sockets of a pod; `complete`: none is missing. */
export interface PodSockets {
  sockets: readonly Socket[];
  complete: boolean;
}

/** Pods that a request gets to, and that do not listen there. `sockets`: by NAMESPACE/NAME, of the pods that were looked at. */
export function listenerNotes(paths: readonly TracePath[], sockets: ReadonlyMap<string, PodSockets>): Note[] {
  const notes = new Map<string, Note>();
  for (const { packet, outcomes, direction } of paths) {
    const { protocol } = packet;
    if (direction === 'reply' || !['tcp', 'udp', 'sctp'].includes(protocol)) continue;
    for (const { end, to, verdict } of outcomes) {
      const own = end?.kind === 'pod' ? sockets.get(end.name) : undefined;
      const at = /^\[?(.*?)\]?:(\d+)$/.exec(to);
      if (own === undefined || end === null || verdict !== 'accept' || at === null) continue;
      const [, address = '', port = ''] = at;
      const family: Family = familyOf(address);
      const listening = listeningOn(own.sockets, own.complete, {
        protocol,
        port: Number(port),
        family,
        ips: [address],
      });
      if (listening === 'yes' || listening === 'unknown') continue;
      const text =
        listening === 'no'
          ? `nobody in pod ${end.name} listens on ${to}/${protocol}: it refuses the packet`
          : `pod ${end.name} listens on port ${port}/${protocol} of localhost only: it refuses the packet`;
      notes.set(`${end.name} ${to}`, { code: 'nobody-listens', severity: 'warning', text });
    }
  }
  return [...notes.values()];
}

/** A family that the destination has and the source has not. */
export function familyNote(family: Family, source: string): Note {
  const text = `${source} has no ${family} address: the way to the destination's is not traced`;
  return { code: 'family-not-traced', severity: 'info', text };
}
