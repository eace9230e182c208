/** Blocks of a pcapng file (IETF draft-ietf-opsawg-pcapng), little endian, times in microseconds. */

/** A place where packets were captured. */
export interface PcapngInterface {
  name: string;
  description: string;
  comment: string;
  filter: string | undefined;
  linkType: number;
  snapLength: number;
}

/** What a capture says of itself when it ends. */
export interface PcapngStatistics {
  /** Microseconds since the epoch. */
  endTime: number;
  received: number | null;
  dropped: number | null;
}

const blocks = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 };
const option = {
  end: 0,
  comment: 1,
  application: 4,
  name: 2,
  description: 3,
  filter: 11,
  endTime: 3,
  received: 4,
  dropped: 5,
};

/** The head of a file. */
export function sectionHeader(application: string): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.writeUInt32LE(0x1a2b3c4d, 0);
  fixed.writeUInt16LE(1, 4);
  fixed.writeBigInt64LE(-1n, 8);
  return block(blocks.section, [fixed, text(option.application, application), end()]);
}

/** Tells of an interface; the first one is 0, the next one 1, and so on. */
export function interfaceDescription({
  name,
  description,
  comment,
  filter,
  linkType,
  snapLength,
}: PcapngInterface): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(linkType, 0);
  fixed.writeUInt32LE(snapLength, 4);
  return block(blocks.interface, [
    fixed,
    text(option.comment, comment),
    text(option.name, name),
    text(option.description, description),
    // The first byte says that it is in libpcap's syntax.
    ...(filter === undefined ? [] : [text(option.filter, `\0${filter}`)]),
    end(),
  ]);
}

/** A packet. `time`: microseconds since the epoch; `length`: on the wire. */
export function enhancedPacket(
  index: number,
  { time, length, data }: { time: number; length: number; data: Buffer },
): Buffer {
  const fixed = Buffer.alloc(20);
  fixed.writeUInt32LE(index, 0);
  writeTime(fixed, time, 4);
  fixed.writeUInt32LE(data.length, 12);
  fixed.writeUInt32LE(length, 16);
  return block(blocks.packet, [fixed, padded(data)]);
}

/** How many packets an interface received and dropped. */
export function interfaceStatistics(index: number, { endTime, received, dropped }: PcapngStatistics): Buffer {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt32LE(index, 0);
  writeTime(fixed, endTime, 4);
  const last = Buffer.alloc(8);
  writeTime(last, endTime, 0);
  return block(blocks.statistics, [
    fixed,
    optionOf(option.endTime, last),
    ...(received === null ? [] : [count(option.received, received)]),
    ...(dropped === null ? [] : [count(option.dropped, dropped)]),
    end(),
  ]);
}

function block(type: number, parts: Buffer[]): Buffer {
  const size = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(size, 4);
  tail.writeUInt32LE(size, 0);
  return Buffer.concat([head, ...parts, tail]);
}

/** A time is two numbers, the higher one first. */
function writeTime(buffer: Buffer, time: number, at: number): void {
  buffer.writeUInt32LE(Math.floor(time / 2 ** 32), at);
  buffer.writeUInt32LE(time % 2 ** 32, at + 4);
}

function padded(data: Buffer): Buffer {
  const rest = data.length % 4;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(4 - rest)]);
}

function optionOf(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function text(code: number, words: string): Buffer {
  return optionOf(code, Buffer.from(words).subarray(0, 0xffff));
}

function count(code: number, value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return optionOf(code, buffer);
}

function end(): Buffer {
  return optionOf(option.end, Buffer.alloc(0));
}
