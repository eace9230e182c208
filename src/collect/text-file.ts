import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/** The text of a file, or of stdin for `-`. Throws UsageError when it cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError('file-not-found', `${file} does not exist`);
    throw new UsageError('file-unreadable', `${file === '-' ? 'stdin' : file} cannot be read: ${message}`);
  }
}
