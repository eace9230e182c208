import type { Family } from '../../model/report.ts';
import type { NamedSet, NetFamily, NumericField, Table } from '../../model/rules.ts';
import type { Target } from '../../model/service-report.ts';

/** The first packet of a new connection to a front end: its destination is known, its sender is not. */
export interface FrontPacket {
  family: Family;
  /** null: one of the node's own addresses, which one is not known. */
  daddr: bigint | null;
  /** Whether daddr is an address of the node; null: not known. */
  local: boolean | null;
  protocol: 'tcp' | 'udp' | 'sctp';
  port: bigint;
}

/** What matches look at beside the packet. */
export interface Scope {
  table: Table;
  family: NetFamily;
  ipsets: ReadonlyMap<string, NamedSet>;
}

/** What stays the same on a walk through a table. */
export interface Ground {
  packet: FrontPacket;
  scope: Scope;
  /** An endpoint with the pod that has its address. */
  name: (family: Family, address: bigint, port: bigint | null) => Target;
  evidence: boolean;
}

const protocolNumbers = { tcp: 6n, udp: 17n, sctp: 132n } as const;

/** NF_CT_STATE_BIT(IP_CT_NEW) of uapi nf_conntrack_common.h. */
const ctStateNew = 8n;

/** The value of a field; null: it depends on the sender, or on what came before. */
export function fieldOf(packet: FrontPacket, field: NumericField): bigint | null {
  switch (field) {
    case 'daddr':
    case 'ctOriginalDaddr':
      return packet.daddr;
    case 'dport':
    case 'ctOriginalDport':
      return packet.port;
    case 'l4proto':
    case 'ctOriginalL4proto':
      return protocolNumbers[packet.protocol];
    case 'nfproto':
      return packet.family === 'IPv4' ? 4n : 6n;
    case 'ctState':
      return ctStateNew;
    case 'ctDirection':
    case 'fragmentOffset':
    case 'ctStatus':
      return 0n;
    default:
      return null;
  }
}
