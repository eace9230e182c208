import type { SocketRecord } from '../parse/sockets.ts';
import { canonical, familyOf } from './address.ts';
import { containerOfPid } from './containers.ts';
import type { Container, Family, Listening, Socket } from './report.ts';
import { cite, type Section } from './section.ts';

/**
 * The pod's sockets with the container that holds each, TCP and SCTP listening, UDP bound. `own` limits them to these
 * PIDs (for a pod in the node's network namespace, whose sockets are all the node's). null when they were not read.
 */
export function socketsOf(
  section: Section<SocketRecord>,
  containers: readonly Container[],
  own: ReadonlySet<number> | null,
): Socket[] | null {
  if (section.state === 'absent') return null;
  return section.records
    .filter(({ protocol, state }) => (protocol === 'udp' ? state === 'UNCONN' : state === 'LISTEN'))
    .filter(({ processes }) => own === null || processes.some(({ pid }) => own.has(pid)))
    .map(record => toSocket(record, section, containers, own))
    .sort((a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port || a.address.localeCompare(b.address));
}

function toSocket(
  record: SocketRecord,
  section: Section<SocketRecord>,
  containers: readonly Container[],
  own: ReadonlySet<number> | null,
): Socket {
  const process = record.processes.find(({ pid }) => own?.has(pid)) ?? record.processes[0];
  // ss prints `*` for an IPv6 socket on every address that takes IPv4 as well.
  const address = record.address === '*' ? '::' : canonical(record.address);
  const family = familyOf(address);
  return {
    protocol: record.protocol,
    family,
    address,
    port: record.port,
    dualStack:
      family === 'IPv4' || address !== '::'
        ? false
        : record.v6only === null
          ? record.address === '*' || null
          : !record.v6only,
    container: containerOfPid(process?.pid ?? null, containers),
    pid: process?.pid ?? null,
    process: process?.name ?? null,
    evidence: cite(section, record),
  };
}

/**
 * Whether something in the pod answers on this port and family: on every address or on one of the pod's own (`yes`),
 * on the loopback alone, or not at all.
 */
export function listeningOn(
  sockets: readonly Socket[] | null,
  complete: boolean,
  want: { protocol: string; port: number; family: Family; ips: readonly string[] },
): Listening {
  if (sockets === null) return 'unknown';
  const own = new Set(want.ips.map(canonical));
  let result: Listening = complete ? 'no' : 'unknown';
  for (const socket of sockets) {
    if (socket.protocol !== want.protocol.toLowerCase() || socket.port !== want.port) continue;
    const reach = reaches(socket, want.family, own);
    if (reach === 'yes') return 'yes';
    if (reach === 'unknown' || (reach === 'localhost-only' && result === 'no')) result = reach;
  }
  return result;
}

function reaches(socket: Socket, family: Family, own: ReadonlySet<string>): Listening {
  if (socket.address === '::' && family === 'IPv4') {
    return socket.dualStack === null ? 'unknown' : socket.dualStack ? 'yes' : 'no';
  }
  const mapped = socket.address.startsWith('::ffff:') ? socket.address.slice('::ffff:'.length) : null;
  const address = mapped ?? socket.address;
  if (familyOf(address) !== family) return 'no';
  if (address === '0.0.0.0' || address === '::' || own.has(address)) return 'yes';
  return address === '::1' || address.startsWith('127.') ? 'localhost-only' : 'no';
}
