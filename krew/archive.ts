import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';

/** A file of an archive. */
export interface ArchivedFile {
  name: string;
  mode: number;
  body: Buffer;
}

/** Every file has this time, npm's own: the sources have none that lasts. */
const mtime = new Date('1985-10-26T08:15:00Z');

/** A .tar.gz that is the same wherever and whenever it is made. */
export async function archive(files: readonly ArchivedFile[]): Promise<Buffer> {
  const entries = files.map(({ name, mode, body }) => ({
    header: { name, mode, mtime, size: body.length, uid: 0, gid: 0, type: 'file' as const },
    body,
  }));
  return gzipSync(await packTar(entries));
}
