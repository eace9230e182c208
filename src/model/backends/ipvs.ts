import type { IpvsRecord } from '../../parse/ipvsadm-records.ts';
import type { Unread } from '../../parse/records.ts';
import { parsePrefix } from '../address.ts';
import type { Family } from '../report.ts';
import type { RealServer, VirtualServer } from '../rules.ts';

/** The virtual servers with their real servers, in the dump's order; `unread` says what could not be taken. */
export function virtualServers(
  records: readonly IpvsRecord[],
  { file }: { file: string },
): { servers: VirtualServer[]; unread: Unread[] } {
  const unread: Unread[] = [];
  const key = ({ protocol, virtual }: IpvsRecord) => `${protocol} ${virtual}`;
  // Two that take the same firewall mark differ in family, and only the order says whose a real server is.
  const groups: { of: Extract<IpvsRecord, { kind: 'virtual' }>; reals: RealServer[] }[] = [];
  for (const record of records) {
    const { raw, line } = record;
    if (record.kind === 'virtual') {
      groups.push({ of: record, reals: [] });
      continue;
    }
    const place = readEndpoint(record.real);
    const group = groups.findLast(({ of }) => key(of) === key(record));
    if (place === null) unread.push({ raw, line, why: `${record.real} is not an address and a port` });
    else if (group === undefined) unread.push({ raw, line, why: 'a real server without its virtual server' });
    else {
      const { weight, forwarding } = record;
      group.reals.push({ ...place, weight, forwarding, source: { file, line, handle: null, raw } });
    }
  }
  const servers = groups.flatMap(({ of, reals }) => {
    const server = toServer(of, reals, file);
    if (typeof server === 'string') unread.push({ raw: of.raw, line: of.line, why: server });
    return typeof server === 'string' ? [] : [server];
  });
  return { servers, unread };
}

function toServer(
  record: Extract<IpvsRecord, { kind: 'virtual' }>,
  realServers: RealServer[],
  file: string,
): VirtualServer | string {
  const { protocol, virtual, scheduler, persistence, onePacket, raw, line } = record;
  const place = protocol === null ? null : readEndpoint(virtual);
  const family = place?.family ?? record.family ?? realServers[0]?.family ?? null;
  if (protocol !== null && place === null) return `${virtual} is not an address and a port`;
  if (family === null) return 'the family of this firewall mark is not said';
  return {
    protocol,
    address: place?.address ?? null,
    family,
    port: place?.port ?? 0,
    fwmark: protocol === null ? Number(virtual) : null,
    scheduler,
    persistence,
    onePacket,
    realServers,
    source: { file, line, handle: null, raw },
  };
}

function readEndpoint(text: string): { family: Family; address: bigint; port: number } | null {
  const [, six, four, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const prefix = parsePrefix(six ?? four ?? '');
  if (prefix === null || Number(port) > 65535) return null;
  return { family: prefix.family, address: prefix.value, port: Number(port) };
}
