import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { UsageError } from '../errors.ts';

/** A line longer than this is not kept whole. */
export const longestLine = 1 << 16;

/** A line without its end; `cut`: it is longer than `longestLine`, and `text` is its beginning. */
export interface Line {
  text: string;
  cut: boolean;
}

/**
 * The lines of a file, or of stdin for `-`, in batches as they arrive. Memory does not grow with the file or its lines.
 * Throws UsageError when it cannot be read.
 */
export async function* lineBatches(file: string, signal: AbortSignal): AsyncGenerator<Line[]> {
  const stream: Readable = file === '-' ? process.stdin : createReadStream(file);
  addAbortSignal(signal, stream);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let cut = false;
  let first = true;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let text = decoder.write(chunk);
      if (first) text = text.replace(/^\ufeff/, '');
      first = false;
      const parts = text.split('\n');
      const lines: Line[] = [];
      for (const part of parts.slice(0, -1)) {
        lines.push(toLine(rest + part, cut));
        rest = '';
        cut = false;
      }
      rest += parts.at(-1) ?? '';
      if (rest.length > longestLine) {
        rest = rest.slice(0, longestLine + 1);
        cut = true;
      }
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(file, error as Error);
  }
  rest += decoder.end();
  if (rest !== '') yield [toLine(rest, cut)];
}

function toLine(text: string, cut: boolean): Line {
  if (cut || text.length > longestLine) return { text: text.slice(0, longestLine), cut: true };
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, cut: false };
}

function unreadable(file: string, error: Error): UsageError {
  return new UsageError('file-unreadable', `${file === '-' ? 'stdin' : file} cannot be read: ${error.message}`);
}
