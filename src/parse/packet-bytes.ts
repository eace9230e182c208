import { isIPv6 } from 'node:net';
import { dnsWords } from './dns-message.ts';

/** What is read of a packet: addresses, ports and what identifies it. */
export interface DecodedPacket {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `sctp`, `arp`, another IP protocol's number, or `ether 0x88cc`. */
  protocol: string;
  source: string | null;
  destination: string | null;
  sourcePort: number | null;
  destinationPort: number | null;
  /** TCP flags in tcpdump's letters (`S`, `S.`, `P.`); the type and code of ICMP (`echo request`); what ARP or DNS asks. */
  info: string;
  /** Bytes after the transport header; null when it cannot be told. */
  payloadLength: number | null;
  /** The same for one packet wherever it is seen, whatever NAT does to its addresses and ports. */
  identity: string;
  /** VXLAN or Geneve that carries it: its VNI. */
  tunnel: number | null;
}

const ether = { ipv4: 0x0800, ipv6: 0x86dd, arp: 0x0806, vlan: [0x8100, 0x88a8] };
const linkTypes = { null: 0, ethernet: 1, rawOpenBsd: 12, raw: 101, cooked: 113, ipv4: 228, ipv6: 229, cooked2: 276 };

/** Reads the head of a packet of a link type (tcpdump.org/linktypes.html); null for a kind or a rest that cannot be read. */
export function decodePacket(linkType: number, data: Buffer): DecodedPacket | null {
  try {
    return decodeLink(linkType, data);
  } catch (error) {
    if ((error as Error).name === 'RangeError') return null; // cut off by the snap length
    throw error;
  }
}

function decodeLink(linkType: number, data: Buffer): DecodedPacket | null {
  switch (linkType) {
    case linkTypes.ethernet:
      return decodeEthernet(data);
    case linkTypes.cooked:
      return decodeEther(data.readUInt16BE(14), data.subarray(16));
    case linkTypes.cooked2:
      return decodeEther(data.readUInt16BE(0), data.subarray(20));
    case linkTypes.raw:
    case linkTypes.rawOpenBsd:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
      return decodeIp(data);
    case linkTypes.null:
      return decodeIp(data.subarray(4));
    default:
      return null;
  }
}

function decodeEthernet(data: Buffer): DecodedPacket | null {
  let at = 12;
  while (ether.vlan.includes(data.readUInt16BE(at))) at += 4;
  return decodeEther(data.readUInt16BE(at), data.subarray(at + 2));
}

function decodeEther(type: number, data: Buffer): DecodedPacket | null {
  if (type === ether.ipv4 || type === ether.ipv6) return decodeIp(data);
  const nothing = { sourcePort: null, destinationPort: null, payloadLength: null, tunnel: null };
  if (type === ether.arp && data.readUInt16BE(2) === ether.ipv4) {
    const [source, destination] = [ipv4(data, 14), ipv4(data, 24)];
    const info = data.readUInt16BE(6) === 1 ? 'who-has' : 'is-at';
    return { ...nothing, protocol: 'arp', source, destination, info, identity: `arp ${info} ${source} ${destination}` };
  }
  const protocol = `ether 0x${type.toString(16).padStart(4, '0')}`;
  return { ...nothing, protocol, source: null, destination: null, info: '', identity: `${protocol} ${digest(data)}` };
}

function decodeIp(data: Buffer): DecodedPacket | null {
  const version = data.readUInt8(0) >> 4;
  if (version === 4) {
    const headerLength = (data.readUInt8(0) & 15) * 4;
    const total = data.readUInt16BE(2) || data.length;
    const fragment = data.readUInt16BE(6) & 0x1fff;
    return decodeTransport(data.readUInt8(9), data.subarray(headerLength, total), {
      source: ipv4(data, 12),
      destination: ipv4(data, 16),
      id: `${data.readUInt16BE(4)}.${fragment}`,
      length: total - headerLength,
      isFirst: fragment === 0,
    });
  }
  if (version !== 6) return null;
  let next = data.readUInt8(6);
  let at = 40;
  let fragment = '';
  let isFirst = true;
  // Hop-by-hop, routing, destination options; the fragment header (RFC 8200).
  while ([0, 43, 44, 60].includes(next)) {
    if (next === 44) {
      fragment = `${data.readUInt32BE(at + 4)}.${data.readUInt16BE(at + 2) >> 3}`;
      isFirst = data.readUInt16BE(at + 2) >> 3 === 0;
    }
    const size = next === 44 ? 8 : (data.readUInt8(at + 1) + 1) * 8;
    next = data.readUInt8(at);
    at += size;
  }
  const total = 40 + data.readUInt16BE(4);
  return decodeTransport(next, data.subarray(at, total), {
    source: ipv6(data, 8),
    destination: ipv6(data, 24),
    id: fragment,
    length: total - at,
    isFirst,
  });
}

interface IpHeader {
  source: string;
  destination: string;
  /** The IPv4 identification, which stays the same on the way. */
  id: string;
  /** Bytes after the IP header. */
  length: number;
  /** False for a fragment that has no transport header. */
  isFirst: boolean;
}

/** VXLAN (RFC 7348), flannel's on Linux' old port, Geneve (RFC 8926). */
const tunnelPorts = { vxlan: [4789, 8472], geneve: 6081 };

function decodeTransport(protocol: number, data: Buffer, ip: IpHeader): DecodedPacket | null {
  const { source, destination } = ip;
  const base = { source, destination, tunnel: null };
  if (!ip.isFirst)
    return {
      ...base,
      protocol: name(protocol, source),
      sourcePort: null,
      destinationPort: null,
      info: 'fragment',
      payloadLength: ip.length,
      identity: `fragment ${ip.id} ${digest(data)}`,
    };
  if (protocol === 6) {
    const headerLength = (data.readUInt8(12) >> 4) * 4;
    const [seq, ack] = [data.readUInt32BE(4), data.readUInt32BE(8)];
    const info = tcpFlags(data.readUInt8(13));
    const payloadLength = ip.length - headerLength;
    return {
      ...base,
      protocol: 'tcp',
      sourcePort: data.readUInt16BE(0),
      destinationPort: data.readUInt16BE(2),
      info,
      payloadLength,
      identity: `tcp ${ip.id} ${seq} ${ack} ${info} ${payloadLength}`,
    };
  }
  if (protocol === 17) {
    const [sourcePort, destinationPort] = [data.readUInt16BE(0), data.readUInt16BE(2)];
    const inner = decodeTunnel(destinationPort, data.subarray(8));
    if (inner !== null) return inner;
    return {
      ...base,
      protocol: 'udp',
      sourcePort,
      destinationPort,
      info: sourcePort === 53 || destinationPort === 53 ? dnsWords(data.subarray(8)) : '',
      payloadLength: ip.length - 8,
      identity: `udp ${ip.id} ${ip.length} ${digest(data.subarray(8))}`,
    };
  }
  if (protocol === 1 || protocol === 58) {
    const info = icmpWords(protocol, data.readUInt8(0), data.readUInt8(1));
    return {
      ...base,
      protocol: name(protocol, source),
      sourcePort: null,
      destinationPort: null,
      info,
      payloadLength: ip.length - 8,
      // An echo's id is a port to NAT; its sequence number is not.
      identity: `icmp ${ip.id} ${info} ${data.length >= 8 ? data.readUInt16BE(6) : ''} ${ip.length} ${digest(data.subarray(8))}`,
    };
  }
  const ports = protocol === 132;
  return {
    ...base,
    protocol: name(protocol, source),
    sourcePort: ports ? data.readUInt16BE(0) : null,
    destinationPort: ports ? data.readUInt16BE(2) : null,
    info: '',
    payloadLength: ip.length - (ports ? 12 : 0),
    identity: `${protocol} ${ip.id} ${ip.length} ${digest(data.subarray(ports ? 12 : 0))}`,
  };
}

function decodeTunnel(port: number, data: Buffer): DecodedPacket | null {
  const isVxlan = tunnelPorts.vxlan.includes(port) && data.length >= 8 && (data.readUInt8(0) & 8) !== 0;
  const isGeneve = port === tunnelPorts.geneve && data.length >= 8 && data.readUInt16BE(2) === 0x6558;
  if (!isVxlan && !isGeneve) return null;
  const options = isGeneve ? (data.readUInt8(0) & 0x3f) * 4 : 0;
  const inner = decodeEthernet(data.subarray(8 + options));
  return inner === null ? null : { ...inner, tunnel: data.readUIntBE(4, 3) };
}

function name(protocol: number, address: string): string {
  if (protocol === 1 || protocol === 58) return isIPv6(address) ? 'icmpv6' : 'icmp';
  return protocol === 132 ? 'sctp' : String(protocol);
}

/** In tcpdump's order and letters (tcpdump print-tcp.c). */
function tcpFlags(flags: number): string {
  const letters = [
    [0x01, 'F'],
    [0x02, 'S'],
    [0x04, 'R'],
    [0x08, 'P'],
    [0x10, '.'],
    [0x20, 'U'],
    [0x40, 'E'],
    [0x80, 'W'],
  ] as const;
  return letters.map(([bit, letter]) => ((flags & bit) === 0 ? '' : letter)).join('') || 'none';
}

const icmpTypes: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  1: {
    0: 'echo reply',
    3: 'unreachable',
    5: 'redirect',
    8: 'echo request',
    11: 'time exceeded',
    12: 'parameter problem',
  },
  58: {
    1: 'unreachable',
    2: 'packet too big',
    3: 'time exceeded',
    4: 'parameter problem',
    128: 'echo request',
    129: 'echo reply',
    133: 'router solicitation',
    134: 'router advertisement',
    135: 'neighbour solicitation',
    136: 'neighbour advertisement',
  },
};

/** Codes of "unreachable" that say more (RFC 792, RFC 1122; RFC 4443). */
const unreachable: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  1: {
    0: 'network',
    1: 'host',
    2: 'protocol',
    3: 'port',
    4: 'fragmentation needed',
    9: 'network prohibited',
    10: 'host prohibited',
    13: 'prohibited',
  },
  58: { 0: 'no route', 1: 'prohibited', 3: 'address', 4: 'port' },
};

function icmpWords(protocol: number, type: number, code: number): string {
  const word = icmpTypes[protocol]?.[type] ?? `type ${type} code ${code}`;
  const why = word === 'unreachable' ? unreachable[protocol]?.[code] : undefined;
  return why === undefined ? word : `${why} unreachable`;
}

function ipv4(data: Buffer, at: number): string {
  return [...data.subarray(at, at + 4)].join('.');
}

function ipv6(data: Buffer, at: number): string {
  data.readUInt8(at + 15);
  const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(at + 2 * index).toString(16));
  // RFC 5952: the first of the longest runs of two or more zeros.
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longestRun = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longestRun === undefined) return groups.join(':');
  const text = groups.join(':');
  const [before, after] = [text.slice(0, longestRun.index), text.slice(longestRun.index + longestRun[0].length)];
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

/** FNV-1a of the first bytes: what is told apart are packets within a second. */
function digest(data: Buffer): string {
  let hash = 0x811c9dc5;
  for (const byte of data.subarray(0, 64)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
