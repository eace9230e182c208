import { createHash } from 'node:crypto';

/**
 * Ad-hoc signatures of Mach-O files (thin, 64 bits), as Go's linker makes them (cmd/internal/codesign): one SHA-256 code directory
 * over the file's pages. Apple silicon runs nothing without one, and putting something into an executable breaks what it had.
 */

const [segment64, codeSignature] = [0x19, 0x1d];
const pageSize = 4096;
const align = (size: number, to: number): number => Math.ceil(size / to) * to;

interface Segment {
  command: number;
  offset: number;
  size: number;
}

interface Layout {
  commands: number;
  /** Where the load commands end, and the first section begins. */
  end: number;
  firstSection: number;
  segments: Map<string, Segment>;
  signature: { command: number; offset: number; size: number } | undefined;
}

function layoutOf(file: Buffer): Layout {
  if (file.readUInt32LE(0) !== 0xfeedfacf) throw new Error('not a thin 64-bit Mach-O file');
  const layout: Layout = {
    commands: file.readUInt32LE(16),
    end: 32,
    firstSection: file.length,
    segments: new Map(),
    signature: undefined,
  };
  for (let index = 0; index < layout.commands; index++) {
    const at = layout.end;
    const kind = file.readUInt32LE(at);
    if (kind === segment64) {
      const name = file.toString('latin1', at + 8, at + 24).replace(/\0.*$/s, '');
      const [offset, size] = [Number(file.readBigUInt64LE(at + 40)), Number(file.readBigUInt64LE(at + 48))];
      layout.segments.set(name, { command: at, offset, size });
      for (let section = 0; section < file.readUInt32LE(at + 64); section++) {
        const start = file.readUInt32LE(at + 72 + section * 80 + 48);
        if (start > 0) layout.firstSection = Math.min(layout.firstSection, start);
      }
    }
    if (kind === codeSignature)
      layout.signature = { command: at, offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) };
    layout.end += file.readUInt32LE(at + 4);
  }
  return layout;
}

function segment(layout: Layout, name: string): Segment {
  const found = layout.segments.get(name);
  if (found === undefined) throw new Error(`the Mach-O file has no segment ${name}`);
  return found;
}

/** The file with an ad-hoc signature in place of the one that it had. Throws when it is no Mach-O file or has no room for one. */
export function signed(file: Buffer, identifier: string): Buffer {
  const layout = layoutOf(file);
  const linkEdit = segment(layout, '__LINKEDIT');
  const text = segment(layout, '__TEXT');
  const content = layout.signature === undefined ? file : file.subarray(0, layout.signature.offset);
  if (layout.signature === undefined) {
    if (layout.end + 16 > layout.firstSection) throw new Error('the Mach-O file has no room for a signature command');
    if (linkEdit.offset + linkEdit.size !== file.length) throw new Error('__LINKEDIT does not end the Mach-O file');
  }
  const limit = align(content.length, 16);
  const directory = codeDirectory(identifier, limit, text);
  const blobSize = 12 + 8 + directory.length + Math.ceil(limit / pageSize) * 32;
  const signatureSize = align(blobSize, 16);
  const out = Buffer.alloc(limit + signatureSize);
  content.copy(out);

  const command = layout.signature?.command ?? layout.end;
  out.writeUInt32LE(codeSignature, command);
  out.writeUInt32LE(16, command + 4);
  out.writeUInt32LE(limit, command + 8);
  out.writeUInt32LE(signatureSize, command + 12);
  if (layout.signature === undefined) {
    out.writeUInt32LE(layout.commands + 1, 16);
    out.writeUInt32LE(layout.end + 16 - 32, 20);
  }
  const linkEditSize = out.length - linkEdit.offset;
  out.writeBigUInt64LE(BigInt(align(linkEditSize, 16384)), linkEdit.command + 32);
  out.writeBigUInt64LE(BigInt(linkEditSize), linkEdit.command + 48);

  // Super blob with one member, the code directory; big-endian (xnu, cs_blobs.h).
  [0xfade0cc0, blobSize, 1, 0, 20].forEach((word, index) => {
    out.writeUInt32BE(word, limit + 4 * index);
  });
  directory.copy(out, limit + 20);
  const hashes = limit + 20 + directory.length;
  for (const [index, hash] of pageHashes(out, limit).entries()) hash.copy(out, hashes + 32 * index);
  return out;
}

/** The head of a code directory, version 0x20400, up to its hashes: flags adhoc and linker-signed, main binary. */
function codeDirectory(identifier: string, limit: number, text: Segment): Buffer {
  const name = Buffer.from(`${identifier}\0`);
  const pages = Math.ceil(limit / pageSize);
  const head = Buffer.alloc(88);
  const length = head.length + name.length + pages * 32;
  const words = [0xfade0c02, length, 0x20400, 0x20002, head.length + name.length, head.length, 0, pages, limit];
  words.forEach((word, index) => {
    head.writeUInt32BE(word, 4 * index);
  });
  // Hash size and type (SHA-256), platform, page size as a power of two.
  Buffer.from([32, 2, 0, Math.log2(pageSize)]).copy(head, 36);
  head.writeBigUInt64BE(BigInt(text.offset), 64);
  head.writeBigUInt64BE(BigInt(text.size), 72);
  head.writeBigUInt64BE(1n, 80);
  return Buffer.concat([head, name]);
}

function pageHashes(file: Buffer, limit: number): Buffer[] {
  return Array.from({ length: Math.ceil(limit / pageSize) }, (_, page) =>
    createHash('sha256')
      .update(file.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit)))
      .digest(),
  );
}

/** What is wrong with a file's ad-hoc signature: pages whose hash differs, a wrong limit; empty when it holds. */
export function signatureFaults(file: Buffer): string[] {
  const { signature, segments } = layoutOf(file);
  if (signature === undefined) return ['it has no signature'];
  const faults: string[] = [];
  const linkEdit = segments.get('__LINKEDIT');
  if (signature.offset + signature.size !== file.length) faults.push('the signature does not end the file');
  if (linkEdit === undefined || linkEdit.offset + linkEdit.size !== file.length)
    faults.push('__LINKEDIT does not end the file');
  const directory = signature.offset + file.readUInt32BE(signature.offset + 16);
  if (file.readUInt32BE(directory) !== 0xfade0c02) return [...faults, 'its first member is no code directory'];
  const limit = file.readUInt32BE(directory + 32);
  if (limit !== signature.offset) faults.push('it does not cover what is before it');
  const hashes = directory + file.readUInt32BE(directory + 16);
  const wrong = pageHashes(file, limit).filter(
    (hash, page) => !hash.equals(file.subarray(hashes + 32 * page, hashes + 32 * (page + 1))),
  );
  if (wrong.length > 0) faults.push(`${wrong.length} pages have another hash`);
  return faults;
}
