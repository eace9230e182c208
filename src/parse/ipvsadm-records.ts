import { portByName } from './service-names.ts';

/** A virtual server or one of its real servers. */
export type IpvsRecord = VirtualRecord | RealRecord;

interface Place {
  raw: string;
  line: number;
  /** null for one that takes a firewall mark. */
  protocol: 'tcp' | 'udp' | 'sctp' | null;
  /** `address:port`, IPv6 in brackets; or the firewall mark. */
  virtual: string;
}

export interface VirtualRecord extends Place {
  kind: 'virtual';
  /** null: not said (a firewall mark in /proc/net/ip_vs). */
  family: 'IPv4' | 'IPv6' | null;
  /** null: not said (`--stats`, `--rate`). */
  scheduler: string | null;
  /** Seconds; null: not persistent; unknown: how long, or whether at all, is not said. */
  persistence: number | 'unknown' | null;
  /** One packet scheduling. */
  onePacket: boolean;
}

export interface RealRecord extends Place {
  kind: 'real';
  /** The real server's `address:port`. */
  real: string;
  /** null: not said. */
  weight: number | null;
  /** null: not said. */
  forwarding: 'masquerade' | 'route' | 'tunnel' | 'local' | null;
}

/** A record before it has its line. */
export type Bare = Omit<VirtualRecord, 'raw' | 'line'> | Omit<RealRecord, 'raw' | 'line'>;

/** The family of `address:port` with numbers, IPv6 in brackets; null when it is something else. */
export function endpointFamily(text: string): 'IPv4' | 'IPv6' | null {
  if (/^\d+(\.\d+){3}:\d+$/.test(text)) return 'IPv4';
  return /^\[[0-9a-f:.]+\]:\d+$/i.test(text) ? 'IPv6' : null;
}

/** `address:port` in numbers, where it is that or has a port by name (without --numeric); null for other text, such as a host's name. */
export function numericEndpoint(text: string): string | null {
  if (endpointFamily(text) !== null) return text;
  const colon = text.lastIndexOf(':');
  const port = portByName(text.slice(colon + 1));
  const numeric = `${text.slice(0, colon)}:${port}`;
  return colon === -1 || port === null || endpointFamily(numeric) === null ? null : numeric;
}

/** Why an endpoint cannot be read. */
export function notNumeric(text: string): string {
  return `${text} is not an address and a port that is known (ipvsadm --numeric prints them in numbers)`;
}

/** The number, or null. */
export function toNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}
