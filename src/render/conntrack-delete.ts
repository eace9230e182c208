import type { ConntrackDeleteReport, NamedConntrackEntry } from '../model/conntrack-report.ts';
import { visible } from './visible.ts';
import { count, endpoint } from './words.ts';

/** The entries that would be deleted, a line each. */
export function staleText(stale: readonly { node: string; entry: NamedConntrackEntry }[]): string {
  return stale
    .map(({ node, entry: { protocol, original, reply } }) =>
      visible(
        `${node}: ${protocol} ${endpoint(original.source, original.sourcePort)} → ${endpoint(original.destination, original.destinationPort)} → ${endpoint(reply.source, reply.sourcePort)}, no endpoint`,
      ),
    )
    .join('\n');
}

/** What was deleted. */
export function deletedText({ service, entries }: ConntrackDeleteReport): string {
  if (entries.length === 0) return visible(`${service} has no stale entry`).concat('\n');
  const deleted = entries.filter(({ problem }) => problem === null).length;
  return visible(`${count(deleted, 'stale entry', 'stale entries')} of ${service} deleted`).concat('\n');
}
