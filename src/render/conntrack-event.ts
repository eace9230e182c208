import type { ConntrackEvent } from '../model/conntrack-report.ts';
import { visible } from './visible.ts';
import { endpoint } from './words.ts';

const signs = { new: '+', update: '~', destroy: '-' } as const;

/** An event in a line: `12:00:00.123 + tcp SYN_SENT 10.0.0.1:1 (shop/a) → 10.96.0.1:80 (shop/web) DNAT to …`. */
export function eventLine({ time, node, event, entry }: ConntrackEvent, withNode: boolean): string {
  const { protocol, state, original, names, dnat, snat, flags, stale } = entry;
  const named = (address: string, name: string | null) => (name === null ? address : `${address} (${name})`);
  const parts = [
    time.slice(11, 23),
    ...(withNode ? [node] : []),
    signs[event],
    protocol,
    ...(state === null ? [] : [state]),
    named(endpoint(original.source, original.sourcePort), names.source),
    '→',
    named(endpoint(original.destination, original.destinationPort), names.destination),
    ...(dnat === null ? [] : [`DNAT to ${named(endpoint(dnat.address, dnat.port), names.server)}`]),
    ...(snat === null ? [] : [`SNAT to ${named(endpoint(snat.address, snat.port), names.client)}`]),
    ...(stale === true ? ['✗ no endpoint'] : []),
    ...flags.map(flag => `[${flag}]`),
  ];
  return visible(parts.join(' '));
}
