import { parseIpText, wordValue } from './ip-text.ts';
import type { JsonObject } from './json.ts';
import type { Parsed } from './records.ts';
import { type RouteRecord, readRoute } from './route.ts';

/** Reads the text of `ip [-4|-6] route show` (iproute2 ip/iproute.c print_route), each route's family by what stands in it. */
export function parseRouteText(text: string): Parsed<RouteRecord> {
  return parseIpText(text, toEntry, entry => readRoute(entry, null));
}

const types = /^(unicast|local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw|nat|xresolve)$/;
const address = /^(default|[\da-f]*[.:][\da-f.:]*(\/\d+)?)$/;

/** Words with a value, and what JSON calls them. */
const keys: Readonly<Record<string, string>> = {
  from: 'from',
  tos: 'tos',
  dev: 'dev',
  table: 'table',
  proto: 'protocol',
  scope: 'scope',
  src: 'prefsrc',
  metric: 'metric',
  pref: 'pref',
  nhid: 'nhid',
  weight: 'weight',
};

/** What JSON has as a word whatever it looks like. */
const asText = new Set(['from', 'tos', 'dev', 'table', 'proto', 'scope', 'src', 'pref']);

const flags = new Set(['onlink', 'linkdown', 'dead', 'pervasive', 'offload', 'trap', 'unresolved']);

function toEntry(words: readonly string[]): JsonObject | string {
  const typed = types.test(words[0] ?? '') ? words[0] : undefined;
  const [destination, ...rest] = typed === undefined ? words : words.slice(1);
  if (destination === undefined || !address.test(destination)) return 'no destination (an address, a CIDR or default)';
  const hops: Record<string, unknown>[] = [];
  const entry: Record<string, unknown> = {
    dst: destination,
    flags: [],
    ...(typed === undefined ? {} : { type: typed }),
  };
  let hop = entry;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] as string;
    if (word === 'nexthop') {
      hop = { flags: [] };
      hops.push(hop);
    } else if (word === 'via') {
      const next = rest[++at] ?? '';
      if (next === 'inet' || next === 'inet6') hop['via'] = { family: next, host: rest[++at] };
      else hop['gateway'] = next;
    } else if (word === 'encap') {
      // What a tunnel says of itself uses the words of routes, too.
      while (at + 1 < rest.length && !/^(via|dev)$/.test(rest[at + 1] as string)) at++;
    } else if (word === 'mtu') {
      if (rest[at + 1] === 'lock') at++;
      entry['metrics'] = [{ mtu: wordValue(rest[++at]) }];
    } else if (flags.has(word)) (hop['flags'] as string[]).push(word);
    else if (Object.hasOwn(keys, word)) {
      const value = rest[++at];
      hop[keys[word] as string] = asText.has(word) ? value : wordValue(value);
    }
  }
  return hops.length === 0 ? entry : { ...entry, nexthops: hops };
}
