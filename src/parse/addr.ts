import { type JsonObject, numberAt, objectsAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** The addresses of one interface, from `ip -j addr`. */
export interface AddrRecord {
  raw: string;
  index: number;
  name: string;
  addresses: { family: 'IPv4' | 'IPv6'; address: string; prefixLength: number; scope: string }[];
}

/** Reads `ip -j addr` (iproute2 ip/ipaddress.c); addresses of other families than inet and inet6 are left out. */
export function parseAddrs(text: string): Parsed<AddrRecord> {
  return parseJsonArray(text, readAddr);
}

/** Reads one interface in the form of `ip -j addr`; says why it cannot. */
export function readAddr(entry: JsonObject): AddrRecord | string {
  const index = numberAt(entry, 'ifindex');
  const name = stringAt(entry, 'ifname');
  if (index === null || name === null) return 'no ifindex or ifname';
  const infos = objectsAt(entry, 'addr_info');
  return {
    get raw() {
      return JSON.stringify({ ifindex: index, ifname: name, addr_info: infos });
    },
    index,
    name,
    addresses: infos.flatMap(info => {
      const family = stringAt(info, 'family');
      const address = stringAt(info, 'local');
      const prefixLength = numberAt(info, 'prefixlen');
      if ((family !== 'inet' && family !== 'inet6') || address === null || prefixLength === null) return [];
      const scope = stringAt(info, 'scope') ?? 'global';
      return [{ family: family === 'inet' ? ('IPv4' as const) : ('IPv6' as const), address, prefixLength, scope }];
    }),
  };
}
