import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { UsageError } from '../errors.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { sha256 } from './snapshot-index.ts';
import { toFilePath } from './snapshot-paths.ts';

/**
 * Says which form a name asks for: `.tar.gz` and `.tgz` an archive, no suffix or a final `/` a folder.
 * Throws UsageError for any other suffix, so that `--save x.json` does not become a folder.
 */
export function snapshotForm(file: string): 'archive' | 'folder' {
  if (/\.(tar\.gz|tgz)$/.test(file)) return 'archive';
  if (file.endsWith('/') || !['.json', '.yaml', '.yml', '.txt', '.tar', '.gz', '.zip'].includes(extname(file)))
    return 'folder';
  throw new UsageError(
    'snapshot-name',
    `${file} names neither form of a snapshot`,
    'end the name in .tar.gz, or give the name of a folder',
  );
}

/**
 * Writes a snapshot as an archive or a folder (snapshotForm), readable by its owner alone, and complete or not at all:
 * it gets its name last. An archive of the same name is replaced; a folder must be new or empty.
 */
export async function writeSnapshot(file: string, snapshot: Snapshot): Promise<void> {
  const form = snapshotForm(file);
  const path = file.replace(/\/+$/, '') || '/';
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`);
  try {
    if (form === 'archive') await writeFile(draft, await pack(snapshot), { mode: 0o600, flag: 'wx' });
    else await writeFolder(path, draft, snapshot);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      'snapshot-not-written',
      `${file} cannot be written: ${(error as Error).message}`,
      'name another place that you may write to',
      { cause: error },
    );
  }
}

/** The files with their contents, snapshot.json first; checksums are those of what is written. */
function contents(snapshot: Snapshot): Map<string, string> {
  const sections = { ...snapshot.index.sections };
  for (const [path, text] of snapshot.files) sections[path] = { ...sections[path], sha256: sha256(text) };
  const files = [...snapshot.files].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map([['snapshot.json', `${JSON.stringify({ ...snapshot.index, sections }, null, 2)}\n`], ...files]);
}

async function pack(snapshot: Snapshot): Promise<Buffer> {
  const { packTar } = await import('modern-tar');
  const mtime = new Date(snapshot.index.time);
  const entries = [...contents(snapshot)].map(([path, text]) => {
    const body = Buffer.from(text);
    return { header: { name: toFilePath(path), size: body.length, mtime, mode: 0o600 }, body };
  });
  return promisify(gzip)(await packTar(entries));
}

async function writeFolder(path: string, draft: string, snapshot: Snapshot): Promise<void> {
  const present = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (present.length > 0)
    throw new UsageError('snapshot-exists', `${path} exists and is not empty`, 'give a new name, or delete it first');
  for (const [name, text] of contents(snapshot)) {
    const file = join(draft, toFilePath(name));
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
}
