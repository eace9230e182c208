import { canonical, parsePrefix } from '../../src/model/address.ts';

/** IP protocol numbers of the packets that are sent. */
export const protocols = { icmp: 1, tcp: 6, udp: 17, esp: 50, icmpv6: 58, sctp: 132 } as const;
export type Protocol = keyof typeof protocols;

/** What the oracle sends and sees of a packet. ICMP has its identifier as source port. */
export interface Datagram {
  source: string;
  destination: string;
  protocol: Protocol;
  sourcePort: number;
  port: number;
  icmpType?: number | undefined;
  icmpCode?: number | undefined;
  /** The sequence number of the SYN that this TCP segment, a SYN ACK, answers. */
  answers?: number | undefined;
}

/** A datagram that was seen. */
export interface Seen {
  source: string;
  destination: string;
  protocol: number;
  sourcePort: number;
  port: number;
  /** First byte and second byte of an ICMP message. */
  icmpType: number | null;
  icmpCode: number | null;
  /** Of TCP. */
  sequence: number | null;
  /** A TCP reset. */
  reset: boolean;
  /** In an ICMP error: the packet that it is about. */
  about: Seen | null;
}

const isIPv6 = (address: string): boolean => address.includes(':');

function addressBytes(address: string): Buffer {
  const prefix = parsePrefix(address);
  if (prefix === null) throw new Error(`not an address: ${address}`);
  const digits = isIPv6(address) ? 32 : 8;
  return Buffer.from(prefix.value.toString(16).padStart(digits, '0'), 'hex');
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return canonical((bytes.toString('hex').match(/.{4}/g) ?? []).join(':'));
}

/** The Internet checksum (RFC 1071). */
function checksum(...parts: Buffer[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC32c, the checksum of SCTP (RFC 9260, appendix A). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const payload = Buffer.from('oracle');

function ports(datagram: Datagram, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16BE(datagram.sourcePort, 0);
  bytes.writeUInt16BE(datagram.port, 2);
  return bytes;
}

/** The transport part, with its checksum: a TCP SYN, an SCTP INIT, a UDP datagram, an ICMP message, an ESP packet. */
function transport(datagram: Datagram): Buffer {
  const number = protocols[datagram.protocol];
  const pseudo = (body: Buffer): Buffer => {
    const tail = isIPv6(datagram.source) ? Buffer.alloc(8) : Buffer.from([0, number, 0, 0]);
    tail.writeUInt16BE(body.length, 2);
    if (isIPv6(datagram.source)) tail[7] = number;
    return Buffer.concat([addressBytes(datagram.source), addressBytes(datagram.destination), tail]);
  };
  switch (datagram.protocol) {
    case 'tcp': {
      const body = ports(datagram, 20);
      body.writeUInt32BE(1, 4);
      body.writeUInt16BE(datagram.answers === undefined ? 0x5002 : 0x5012, 12);
      if (datagram.answers !== undefined) body.writeUInt32BE((datagram.answers + 1) >>> 0, 8);
      body.writeUInt16BE(64_240, 14);
      body.writeUInt16BE(checksum(pseudo(body), body), 16);
      return body;
    }
    case 'udp': {
      const body = Buffer.concat([ports(datagram, 8), payload]);
      body.writeUInt16BE(body.length, 4);
      body.writeUInt16BE(checksum(pseudo(body), body) || 0xffff, 6);
      return body;
    }
    case 'sctp': {
      const init = Buffer.from([1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
      const body = Buffer.concat([ports(datagram, 12), init]);
      body.writeUInt32LE(crc32c(body), 8);
      return body;
    }
    case 'icmp':
    case 'icmpv6': {
      const body = Buffer.concat([Buffer.alloc(8), payload]);
      body[0] = datagram.icmpType ?? (datagram.protocol === 'icmp' ? 8 : 128);
      body[1] = datagram.icmpCode ?? 0;
      body.writeUInt16BE(datagram.sourcePort, 4);
      body.writeUInt16BE(1, 6);
      body.writeUInt16BE(datagram.protocol === 'icmp' ? checksum(body) : checksum(pseudo(body), body), 2);
      return body;
    }
    case 'esp': {
      const body = Buffer.alloc(16);
      body.writeUInt32BE(datagram.sourcePort, 0);
      body.writeUInt32BE(1, 4);
      return body;
    }
    default:
      return datagram.protocol satisfies never;
  }
}

/** The IP packet of a datagram. */
export function ipPacket(datagram: Datagram): Buffer {
  const body = transport(datagram);
  const number = protocols[datagram.protocol];
  if (isIPv6(datagram.source)) {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(0x60000000, 0);
    head.writeUInt16BE(body.length, 4);
    head[6] = number;
    head[7] = 64;
    return Buffer.concat([head, addressBytes(datagram.source), addressBytes(datagram.destination), body]);
  }
  const head = Buffer.alloc(12);
  head[0] = 0x45;
  head.writeUInt16BE(20 + body.length, 2);
  head.writeUInt16BE(datagram.sourcePort, 4);
  head[8] = 64;
  head[9] = number;
  const addresses = Buffer.concat([addressBytes(datagram.source), addressBytes(datagram.destination)]);
  head.writeUInt16BE(checksum(head, addresses), 10);
  return Buffer.concat([head, addresses, body]);
}

/** Where a frame for a group goes (RFC 1112, RFC 2464); null for an address of one host. */
export function groupMac(address: string): string | null {
  const bytes = addressBytes(address);
  const hex = (...tail: Buffer[]) =>
    Buffer.concat(tail)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:');
  if (bytes.length === 16) return bytes[0] === 0xff ? hex(Buffer.from([0x33, 0x33]), bytes.subarray(12)) : null;
  if ((bytes[0] ?? 0) >> 4 === 14) return hex(Buffer.from([1, 0, 0x5e, (bytes[1] ?? 0) & 0x7f]), bytes.subarray(2));
  return address === '255.255.255.255' ? 'ff:ff:ff:ff:ff:ff' : null;
}

/** An Ethernet frame around an IP packet. */
export function ethernet(to: string, from: string, packet: Buffer): Buffer {
  const mac = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');
  const type = (packet[0] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Buffer.concat([mac(to), mac(from), Buffer.from(type), packet]);
}

/** The IP packet in a frame; null when it holds none. */
export function unframed(frame: Buffer): Buffer | null {
  const type = frame.readUInt16BE(12);
  return type === 0x0800 || type === 0x86dd ? frame.subarray(14) : null;
}

/** Reads an IP packet; null when it is too short to be one. */
export function readIp(bytes: Buffer): Seen | null {
  const six = (bytes[0] ?? 0) >> 4 === 6;
  if (bytes.length < (six ? 40 : 20)) return null;
  const protocol = bytes[six ? 6 : 9] ?? 0;
  const body = bytes.subarray(six ? 40 : ((bytes[0] ?? 0) & 15) * 4);
  const [source, destination] = six
    ? [bytes.subarray(8, 24), bytes.subarray(24, 40)]
    : [bytes.subarray(12, 16), bytes.subarray(16, 20)];
  const icmp = protocol === protocols.icmp || protocol === protocols.icmpv6;
  const icmpType = icmp ? (body[0] ?? 0) : null;
  const isError =
    icmpType !== null && (protocol === protocols.icmp ? [3, 4, 5, 11, 12].includes(icmpType) : icmpType < 128);
  const withPorts = protocol === protocols.tcp || protocol === protocols.udp || protocol === protocols.sctp;
  return {
    source: addressText(source),
    destination: addressText(destination),
    protocol,
    sourcePort: withPorts ? body.readUInt16BE(0) : icmp && !isError ? body.readUInt16BE(4) : 0,
    port: withPorts ? body.readUInt16BE(2) : 0,
    icmpType,
    icmpCode: icmp ? (body[1] ?? 0) : null,
    sequence: protocol === protocols.tcp ? body.readUInt32BE(4) : null,
    reset: protocol === protocols.tcp && ((body[13] ?? 0) & 4) !== 0,
    about: isError ? readIp(body.subarray(8)) : null,
  };
}
