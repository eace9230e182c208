import { type Parsed, parseLines } from './records.ts';

/** A virtual server or one of its real servers. */
export interface IpvsRecord {
  raw: string;
  line: number;
  kind: 'virtual' | 'real';
  protocol: 'tcp' | 'udp' | 'sctp';
  /** `address:port`, IPv6 in brackets; a firewall mark for `-f`. */
  virtual: string;
  /** The real server's `address:port`. */
  real: string | null;
}

const protocols = { '-t': 'tcp', '-u': 'udp', '--sctp-service': 'sctp' } as const;

/** Reads `ipvsadm -Sn` (ipvsadm(8)): -A lines for virtual servers, -a lines for their real servers. */
export function parseIpvsadm(text: string): Parsed<IpvsRecord> {
  return parseLines<IpvsRecord>(text, (raw, line) => {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '') return null;
    if (words[0] !== '-A' && words[0] !== '-a') return 'neither -A nor -a';
    const at = words.findIndex(word => word in protocols);
    const virtual = words[at + 1];
    if (words.includes('-f')) return null;
    if (at === -1 || virtual === undefined) return 'no virtual server';
    return {
      raw,
      line,
      kind: words[0] === '-A' ? 'virtual' : 'real',
      protocol: protocols[words[at] as keyof typeof protocols],
      virtual,
      real: words.includes('-r') ? (words[words.indexOf('-r') + 1] ?? null) : null,
    };
  });
}
