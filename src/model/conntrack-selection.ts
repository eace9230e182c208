import { canonical, parsePrefix } from './address.ts';
import type { ConntrackEntry } from './report.ts';

/** Which entries of a connection table are asked for. */
export interface ConntrackSelection {
  /** Entries of any of these; all three empty: of the whole node. */
  addresses: readonly string[];
  fronts: readonly { protocol: string; address: string; port: number }[];
  nodePorts: readonly { protocol: string; port: number }[];
  /** And all of these that are not null. */
  protocol: string | null;
  /** A TCP state, UNREPLIED or ASSURED. */
  state: string | null;
  peers: readonly string[] | null;
  port: number | null;
  nat: 'dnat' | 'snat' | 'any' | 'none' | null;
}

/** The selection as words for the node (collect/questions.sh), sorted. */
export function selectionWords(selection: ConntrackSelection): string[] {
  const { addresses, fronts, nodePorts, protocol, state, peers, port, nat } = selection;
  return [
    ...addresses.flatMap(address => bothForms(address).map(form => `address=${form}`)),
    ...fronts.flatMap(front => bothForms(front.address).map(form => `front=${front.protocol} ${form} ${front.port}`)),
    ...nodePorts.map(one => `node-port=${one.protocol} ${one.port}`),
    ...(protocol === null ? [] : [`protocol=${protocol}`]),
    ...(state === null ? [] : [`state=${state}`]),
    ...(peers ?? []).flatMap(peer => bothForms(peer).map(form => `peer=${form}`)),
    ...(port === null ? [] : [`port=${port}`]),
    ...(nat === null ? [] : [`nat=${nat}`]),
  ].sort();
}

/** conntrack(8) shortens IPv6 addresses, /proc/net/nf_conntrack has them in full. */
function bothForms(address: string): string[] {
  const prefix = parsePrefix(address);
  if (prefix?.family !== 'IPv6') return [address];
  const hex = prefix.value.toString(16).padStart(32, '0');
  return [canonical(address), (hex.match(/.{4}/g) ?? []).join(':')];
}

/** A test for entries, the same as the node makes. */
export function selector(selection: ConntrackSelection): (entry: ConntrackEntry) => boolean {
  const { protocol, state, port, nat } = selection;
  const addresses = new Set(selection.addresses.map(canonical));
  const fronts = new Set(selection.fronts.map(front => `${front.protocol} ${canonical(front.address)} ${front.port}`));
  const nodePorts = new Set(selection.nodePorts.map(one => `${one.protocol} ${one.port}`));
  const peers = selection.peers === null ? null : new Set(selection.peers.map(canonical));
  const all = addresses.size + fronts.size + nodePorts.size === 0;
  return ({ protocol: own, state: ownState, original, reply, dnat, snat, flags }) => {
    const ends = [original.source, original.destination, reply.source, reply.destination];
    const ofTarget =
      all ||
      ends.some(end => addresses.has(end)) ||
      fronts.has(`${own} ${original.destination} ${original.destinationPort}`) ||
      (dnat !== null && nodePorts.has(`${own} ${original.destinationPort}`));
    const ports = [original.sourcePort, original.destinationPort, reply.sourcePort, reply.destinationPort];
    return (
      ofTarget &&
      (peers === null || ends.some(end => peers.has(end))) &&
      (protocol === null || own === protocol) &&
      (state === null || ownState === state || flags.includes(state)) &&
      (port === null || ports.includes(port)) &&
      (nat !== 'dnat' || dnat !== null) &&
      (nat !== 'snat' || snat !== null) &&
      (nat !== 'any' || dnat !== null || snat !== null) &&
      (nat !== 'none' || (dnat === null && snat === null))
    );
  };
}
