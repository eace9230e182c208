/**
 * A Windows executable without its Authenticode signature, which would not hold for a changed file: the certificate table stands
 * at the end of the file, and the optional header's fifth data directory names it (Microsoft's PE format). Throws for another file.
 */
export function withoutSignature(file: Buffer): Buffer {
  const header = file.readUInt32LE(0x3c);
  const optional = header + 24;
  if (file.toString('latin1', header, header + 4) !== 'PE\0\0' || file.readUInt16LE(optional) !== 0x20b)
    throw new Error('not a 64-bit PE file');
  const directory = optional + 112 + 4 * 8;
  const [offset, size] = [file.readUInt32LE(directory), file.readUInt32LE(directory + 4)];
  if (size === 0) return Buffer.from(file);
  if (offset + size !== file.length) throw new Error('the signature does not end the file');
  const unsigned = Buffer.from(file.subarray(0, offset));
  unsigned.fill(0, directory, directory + 8);
  return unsigned;
}
