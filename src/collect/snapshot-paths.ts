import { IncompleteError } from '../errors.ts';

/**
 * Snapshot paths as file names that every platform takes: in each part, all but letters, digits, `.`, `_` and `-` is
 * percent-encoded (UTF-8), and so are a trailing dot and the first letter of Windows' device names.
 */
export function toFilePath(path: string): string {
  return path.split('/').map(encodePart).join('/');
}

function encodePart(part: string): string {
  const encoded = encodeURIComponent(part.toWellFormed()).replace(/[!'()*~]/g, percent);
  return encoded
    .replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i, word => percent(word) + word.slice(1))
    .replace(/\.$/, percent);
}

function percent(text: string): string {
  return `%${text.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * The snapshot path of an archive entry or file. Throws IncompleteError for one that no snapshot has: absolute, with
 * `..`, a drive, a backslash or a control character.
 */
export function fromFilePath(file: string, origin: string): string {
  const path = file.replace(/^(\.\/)+/, '');
  if (path.startsWith('/') || /[\\\p{Cc}]|^[a-zA-Z]:/u.test(path) || path.split('/').includes('..'))
    throw new IncompleteError(
      'snapshot-unsafe',
      `${origin} holds the path ${JSON.stringify(file)}, which no snapshot has`,
      'do not trust this file; take a new snapshot',
    );
  return path.split('/').map(decodePart).join('/');
}

function decodePart(part: string): string {
  try {
    const decoded = decodeURIComponent(part);
    return decoded.includes('/') ? part : decoded;
  } catch {
    return part;
  }
}

/** Leaves out the one folder that all paths lie in, as in an archive of `tar czf x.tar.gz FOLDER`. */
export function withoutCommonFolder(files: ReadonlyMap<string, Buffer>): ReadonlyMap<string, Buffer> {
  const tops = new Set([...files.keys()].map(path => path.split('/', 1)[0] ?? ''));
  const [top = ''] = tops;
  if (tops.size !== 1 || ['cluster', 'nodes', 'snapshot.json'].includes(top)) return files;
  return new Map([...files].map(([path, bytes]) => [path.slice(top.length + 1), bytes]));
}
