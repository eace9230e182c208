import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { IncompleteError, UsageError } from '../errors.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { readIndex } from './snapshot-index.ts';
import { fromFilePath, withoutCommonFolder } from './snapshot-paths.ts';

/** What a snapshot holds at most. */
export interface Limits {
  bytes: number;
  files: number;
}

/** Against archives that are made to fill the memory; real snapshots stay far below. */
const sane: Limits = { bytes: 1 << 29, files: 200_000 };

/**
 * Reads a snapshot, a folder or a (gzipped) tar archive of one. Sections whose checksum differs are kept and marked
 * `truncated`. Throws UsageError when FILE is no snapshot, IncompleteError when it is damaged or hostile.
 */
export async function readSnapshot(file: string, limits: Limits = sane): Promise<Snapshot> {
  const stat = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new UsageError(
        'snapshot-not-found',
        `${file} does not exist`,
        'give the folder or .tar.gz of a snapshot, or "demo"',
      );
    throw unreadable(file, error);
  });
  const linked =
    stat.isSymbolicLink() &&
    (await readdir(file).then(
      () => true,
      () => false,
    ));
  const isFolder = stat.isDirectory() || linked;
  return snapshotOf(isFolder ? await readFolder(file, limits) : await readArchive(file, limits), stat.mtime, file);
}

/** The same of an archive that is in memory; `origin` is its name in messages, `mtime` its time where it says none. */
export async function unpackSnapshot(packed: Buffer, origin: string, mtime: Date): Promise<Snapshot> {
  return snapshotOf(await unpack(packed, origin, sane), mtime, origin);
}

function snapshotOf(entries: Map<string, Buffer>, mtime: Date, origin: string): Snapshot {
  const files = withoutCommonFolder(entries);
  if (![...files.keys()].some(path => path === 'snapshot.json' || /^(cluster|nodes)\/./.test(path)))
    throw notASnapshot(origin);
  return readIndex(files, mtime, origin);
}

function unreadable(file: string, error: Error): UsageError {
  return new UsageError('snapshot-unreadable', `${file} cannot be read: ${error.message}`, undefined, { cause: error });
}

function notASnapshot(file: string): UsageError {
  return new UsageError(
    'not-a-snapshot',
    `${file} is not a snapshot`,
    'a snapshot is a folder or .tar.gz with snapshot.json, cluster/ or nodes/ in it',
  );
}

function tooLarge(file: string, { bytes, files }: Limits): IncompleteError {
  return new IncompleteError(
    'snapshot-too-large',
    `${file} is larger than any snapshot (${bytes} bytes, ${files} files)`,
    'take a new snapshot of fewer nodes',
  );
}

async function readFolder(folder: string, limits: Limits): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  let bytes = 0;
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(join(folder, relative), { withFileTypes: true }).catch(error => {
      throw unreadable(join(folder, relative), error);
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else if (!entry.isFile()) throw onlyFiles(folder, path);
      else {
        bytes += (await lstat(join(folder, path))).size;
        if (bytes > limits.bytes || files.size >= limits.files) throw tooLarge(folder, limits);
        const content = await readFile(join(folder, path)).catch(error => {
          throw unreadable(join(folder, path), error);
        });
        files.set(fromFilePath(path, folder), content);
      }
    }
  };
  await visit('');
  return files;
}

function onlyFiles(origin: string, path: string): IncompleteError {
  return new IncompleteError(
    'snapshot-unsafe',
    `${origin} holds ${JSON.stringify(path)}, which is neither a file nor a folder`,
    'a snapshot has no links or devices in it; take a new one',
  );
}

async function readArchive(file: string, limits: Limits): Promise<Map<string, Buffer>> {
  const packed = await readFile(file).catch(error => {
    throw unreadable(file, error);
  });
  return unpack(packed, file, limits);
}

async function unpack(packed: Buffer, file: string, limits: Limits): Promise<Map<string, Buffer>> {
  const tar = packed[0] === 0x1f && packed[1] === 0x8b ? await decompress(packed, file, limits) : packed;
  if (tar.subarray(257, 262).toString('latin1') !== 'ustar') throw notASnapshot(file);
  const { unpackTar } = await import('modern-tar');
  const entries = await unpackTar(tar, { strict: true }).catch((error: Error) => {
    throw new IncompleteError(
      'snapshot-damaged',
      `${file} is damaged: ${error.message}`,
      'copy it again, or take a new snapshot',
      { cause: error },
    );
  });
  const files = new Map<string, Buffer>();
  for (const { header, data } of entries) {
    if (header.type === 'directory') continue;
    if (header.type !== 'file' || data === undefined) throw onlyFiles(file, header.name);
    if (files.size >= limits.files) throw tooLarge(file, limits);
    files.set(fromFilePath(header.name, file), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  return files;
}

async function decompress(packed: Buffer, file: string, limits: Limits): Promise<Buffer> {
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: limits.bytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(file, limits);
    const what = code === 'Z_BUF_ERROR' ? 'is cut off' : `is damaged (${message})`;
    throw new IncompleteError('snapshot-damaged', `${file} ${what}`, 'copy it again, or take a new snapshot', {
      cause: error,
    });
  }
}
