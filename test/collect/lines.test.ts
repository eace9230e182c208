import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Line, lineBatches, longestLine } from '../../src/collect/lines.ts';

let folder: string;
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netinspect-lines-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function linesOf(text: string): Promise<Line[]> {
  const file = join(folder, 'lines');
  await writeFile(file, text);
  const lines: Line[] = [];
  for await (const batch of lineBatches(file, never)) lines.push(...batch);
  return lines;
}

const whole = (...texts: string[]) => texts.map(text => ({ text, cut: false }));

describe('lines of a file', () => {
  test.each([
    ['an empty file', '', []],
    ['a last line without its end', 'a\nb', whole('a', 'b')],
    ['a last line with its end', 'a\nb\n', whole('a', 'b')],
    ['blank lines', '\na\n\n', whole('', 'a', '')],
    ['line ends of Windows', 'a\r\nb\r\n', whole('a', 'b')],
    ['a byte order mark', '\ufeffa\n', whole('a')],
  ])('%s', async (_, text, expected) => {
    expect(await linesOf(text)).toEqual(expected);
  });

  test('characters of several bytes stay whole where chunks end', async () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `é€😀${at}`);
    expect(await linesOf(text.join('\n'))).toEqual(whole(...text));
  });

  test('of a line without end, only its beginning is kept, and the next line is whole', async () => {
    const lines = await linesOf(`${'x'.repeat(5 * longestLine)}\nnext\n`);
    expect(lines).toEqual([{ text: 'x'.repeat(longestLine), cut: true }, ...whole('next')]);
  });

  test('a file that is not there', async () => {
    const all = async () => {
      for await (const _ of lineBatches(join(folder, 'none'), never));
    };
    await expect(all()).rejects.toMatchObject({ code: 'file-unreadable' });
  });
});
