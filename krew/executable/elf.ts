const sectionHeaderSize = 64;
const flagAlloc = 2n;

/**
 * A 64-bit little-endian ELF file without its symbols and debug sections, as strip(1) leaves it: what no segment loads stands
 * behind all that one does, so the file is cut there, and the names of sections and their table follow again (elf(5)).
 * Throws when the file is laid out otherwise.
 */
export function withoutSymbols(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) throw new Error('not a 64-bit ELF file');
  const table = Number(file.readBigUInt64LE(40));
  const count = file.readUInt16LE(60);
  const headers = Array.from({ length: count }, (_, index) =>
    Buffer.from(file.subarray(table + index * sectionHeaderSize, table + (index + 1) * sectionHeaderSize)),
  );
  const offsetOf = (header: Buffer): number => Number(header.readBigUInt64LE(24));
  const sizeOf = (header: Buffer): number => Number(header.readBigUInt64LE(32));
  const loaded = headers.findLastIndex(header => (header.readBigUInt64LE(8) & flagAlloc) !== 0n);
  const kept = headers.slice(0, loaded + 1);
  const names = headers[file.readUInt16LE(62)];
  const first = headers[loaded + 1];
  if (names === undefined || first === undefined) throw new Error('the ELF file has no sections to leave out');
  const end = offsetOf(first);
  const isBss = (header: Buffer): boolean => header.readUInt32LE(4) === 8;
  if (kept.some(header => !isBss(header) && offsetOf(header) + sizeOf(header) > end))
    throw new Error('the sections of the ELF file are not in the usual order');

  const text = file.subarray(offsetOf(names), offsetOf(names) + sizeOf(names));
  const newTable = Math.ceil((end + text.length) / 8) * 8;
  const gap = Buffer.alloc(newTable - end - text.length);
  names.writeBigUInt64LE(BigInt(end), 24);
  const stripped = Buffer.concat([file.subarray(0, end), text, gap, ...kept, names]);
  stripped.writeBigUInt64LE(BigInt(newTable), 40);
  stripped.writeUInt16LE(kept.length + 1, 60);
  stripped.writeUInt16LE(kept.length, 62);
  return stripped;
}
