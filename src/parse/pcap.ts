/** A packet of a pcap stream. */
export interface PcapPacket {
  /** Microseconds since the epoch. */
  time: number;
  /** How long it was on the wire, in bytes; `data` may be shorter (snap length). */
  length: number;
  data: Buffer;
}

/** The head of a pcap stream. */
export interface PcapHeader {
  /** LINKTYPE_ number (tcpdump.org/linktypes.html). */
  linkType: number;
  snapLength: number;
}

const headerSize = 24;
const recordSize = 16;
/** tcpdump's MAXIMUM_SNAPLEN. */
const longest = 262_144;

/**
 * Reads a pcap stream as tcpdump writes it (pcap-savefile(5)), in any pieces and in the byte order of the machine that
 * wrote it. Throws Error for what is no such stream.
 */
export class PcapReader {
  header: PcapHeader | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #isLittle = true;
  /** Of a record's fraction of a second, in microseconds. */
  #unit = 1;

  /** Gives the packets that are whole with this piece. */
  push(piece: Buffer): PcapPacket[] {
    const buffer = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const packets: PcapPacket[] = [];
    let at = 0;
    if (this.header === undefined) {
      if (buffer.length < headerSize) {
        this.#rest = buffer;
        return packets;
      }
      this.header = this.#readHeader(buffer);
      at = headerSize;
    }
    while (buffer.length - at >= recordSize) {
      const size = this.#number(buffer, at + 8);
      if (size > longest) throw new Error(`a packet of ${size} bytes: this is no pcap stream, or it is broken`);
      if (buffer.length - at - recordSize < size) break;
      packets.push({
        time: this.#number(buffer, at) * 1e6 + Math.floor(this.#number(buffer, at + 4) * this.#unit),
        length: this.#number(buffer, at + 12),
        data: buffer.subarray(at + recordSize, at + recordSize + size),
      });
      at += recordSize + size;
    }
    this.#rest = buffer.subarray(at);
    return packets;
  }

  /** Bytes of a packet that is not whole yet. */
  get pending(): number {
    return this.#rest.length;
  }

  #number(buffer: Buffer, at: number): number {
    return this.#isLittle ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
  }

  #readHeader(buffer: Buffer): PcapHeader {
    const magic = buffer.readUInt32LE(0);
    const micro = [0xa1b2c3d4, 0xd4c3b2a1].indexOf(magic);
    const nano = [0xa1b23c4d, 0x4d3cb2a1].indexOf(magic);
    if (micro < 0 && nano < 0) throw new Error('this is no pcap stream');
    this.#isLittle = Math.max(micro, nano) === 0;
    this.#unit = nano < 0 ? 1 : 1e-3;
    return { snapLength: this.#number(buffer, 16), linkType: this.#number(buffer, 20) & 0xffff };
  }
}
