import { booleanAt, isObject, type JsonObject, numberAt, objectAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A network interface from `ip -j -d link`. */
export interface LinkRecord {
  raw: string;
  index: number;
  name: string;
  flags: string[];
  mtu: number;
  state: string;
  linkType: string;
  mac: string | null;
  master: string | null;
  /** `linkinfo.info_kind`; null for a physical device. */
  kind: string | null;
  /** Index of the other end (veth) or of the lower device, when that is in another network namespace. */
  peerIndex: number | null;
  /** Name of the other end or of the lower device, when that is in the same network namespace. */
  peerName: string | null;
  /** The id that this network namespace has for the other end's; null when it is the same one or has no id. */
  peerNetnsId: number | null;
  /** `hairpin` of a bridge port. */
  hairpin: boolean | null;
  tunnel: TunnelRecord | null;
}

/** What `linkinfo.info_data` says of a tunnel device (vxlan, geneve, ipip, …). */
interface TunnelRecord {
  /** VXLAN or Geneve network identifier; null when none (or set per packet: `external`). */
  id: number | null;
  port: number | null;
  local: string | null;
  remote: string | null;
  /** The device that carries it, when fixed. */
  lower: string | null;
}

/** Reads `ip -j -d link` (iproute2 ip/ipaddress.c, ip/iplink_vxlan.c, iplink_geneve.c, link_iptnl.c). */
export function parseLinks(text: string): Parsed<LinkRecord> {
  return parseJsonArray(text, readLink);
}

/** Reads one interface in the form of `ip -j link`; says why it cannot. */
export function readLink(entry: JsonObject): LinkRecord | string {
  const index = numberAt(entry, 'ifindex');
  const name = stringAt(entry, 'ifname');
  if (index === null || name === null) return 'no ifindex or ifname';
  const info = objectAt(entry, 'linkinfo');
  const netnsId = numberAt(entry, 'link_netnsid');
  const flags = entry['flags'];
  return {
    get raw() {
      return JSON.stringify(entry);
    },
    index,
    name,
    flags: Array.isArray(flags) ? flags.filter(flag => typeof flag === 'string') : [],
    mtu: numberAt(entry, 'mtu') ?? 0,
    state: stringAt(entry, 'operstate') ?? 'UNKNOWN',
    linkType: stringAt(entry, 'link_type') ?? '',
    mac: stringAt(entry, 'address'),
    master: stringAt(entry, 'master'),
    kind: stringAt(info, 'info_kind'),
    peerIndex: numberAt(entry, 'link_index'),
    peerName: stringAt(entry, 'link'),
    peerNetnsId: netnsId !== null && netnsId >= 0 ? netnsId : null,
    hairpin: booleanAt(objectAt(info, 'info_slave_data'), 'hairpin'),
    tunnel: isObject(info['info_data']) ? readTunnel(info['info_data'], entry) : null,
  };
}

function readTunnel(data: JsonObject, entry: JsonObject): TunnelRecord {
  const address = (...keys: string[]) =>
    keys.map(key => stringAt(data, key)).find(value => value !== null && value !== 'any') ?? null;
  return {
    id: numberAt(data, 'id'),
    port: numberAt(data, 'port'),
    local: address('local', 'local6'),
    remote: address('remote', 'remote6', 'group', 'group6'),
    lower: stringAt(data, 'link') ?? stringAt(entry, 'link'),
  };
}
