import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type DecodedStream, decodeFrames } from '../../src/collect/frames.ts';

/** A stream that collector.sh wrote (fixtures/record.sh). */
const stream = readFileSync(new URL('fixtures/stream.gz', import.meta.url));
const plain = gunzipSync(stream);
const whole = decodeFrames(stream);
/** Where the frame of a section begins in the inflated stream. */
const frameOf = (path: string) => plain.lastIndexOf('\nsection ', plain.indexOf(`\n${path}`)) + 1;
const cutAt = (bytes: number) => decodeFrames(gzipSync(plain.subarray(0, bytes)));

/** What of a damaged stream may be believed: every section not marked is as it was sent, in order from the first. */
function expectTrue(decoded: DecodedStream): void {
  for (const [index, section] of decoded.sections.entries()) {
    const sent = whole.sections[index];
    if (section.info.truncated) continue;
    expect({ path: section.path, text: section.text }).toEqual({ path: sent?.path, text: sent?.text });
  }
  expect(decoded.complete).toBe(decoded.problem === undefined);
}

describe('a whole stream', () => {
  test('gives every section, and no problem', () => {
    expect(whole).toMatchObject({ complete: true, problem: undefined });
    expect(plain.toString()).toMatch(new RegExp(`\nend ${whole.sections.length}\n$`));
    expect(whole.sections.filter(({ info }) => info.truncated)).toEqual([]);
  });

  test('tells of a section its path, text, command, exit code, duration and checksum', () => {
    const link = whole.sections.find(({ path }) => path === 'link.json');
    expect(JSON.parse(link?.text ?? '').map(({ ifname }: { ifname: string }) => ifname)).toEqual(['lo', 'a"\\é']);
    expect(link?.info).toEqual({
      command: 'ip -j -d link',
      exitCode: 0,
      durationMs: expect.any(Number),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('tells why a section is empty', () => {
    const netns = whole.sections.find(({ path }) => path === 'pods/default_web/netns.txt');
    expect(netns).toMatchObject({
      text: '',
      info: { exitCode: 1, stderr: expect.stringMatching(/^no process on this node .* pod default\/web/) },
    });
  });

  test.each(['Warning: something\r\n', '\x1f\x8b\x08 not gzip ', '\x1f'])('may have text before it: %j', before => {
    expect(decodeFrames(Buffer.concat([Buffer.from(before, 'latin1'), stream]))).toEqual(whole);
  });

  test('is read through a view into a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(3, 0x2e), stream, Buffer.alloc(3, 0x2e)]);
    expect(decodeFrames(new Uint8Array(larger.buffer, larger.byteOffset + 3, stream.length))).toEqual(whole);
  });
});

test('a stream that inflates to more than may be is read up to there, and called cut off', () => {
  const most = plain.length - 1000;
  const decoded = decodeFrames(stream, most);
  expect(decoded.problem).toMatch(/^the stream is cut off/);
  expect(decoded.sections.length).toBeGreaterThan(whole.sections.length / 2);
  expectTrue(decoded);
});

describe('a stream that is cut off', () => {
  const link = frameOf('link.json');
  const headerEnd = plain.indexOf('\n', link) + 1;
  const textStart = plain.indexOf('[{"ifindex"', link);
  const textEnd = plain.indexOf('\nsection', link);
  const before = whole.sections.findIndex(({ path }) => path === 'link.json');
  const previous = whole.sections[before - 1]?.path;

  test.each([
    ['before anything', 0, -1, "what came is not a collector's stream"],
    ['in the first line', 10, -1, "what came is not a collector's stream"],
    ['after the first line', 23, 0, 'the stream is cut off before its first section'],
    ['in a header', link + 20, before, `the stream is cut off after ${previous}`],
    ['after a header', headerEnd, before, `the stream is cut off after ${previous}`],
    ['in a path', headerEnd + 4, before, `the stream is cut off after ${previous}`],
    ['in a command', headerEnd + 12, before + 1, 'the stream is cut off in link.json'],
    ['before a text', textStart, before + 1, 'the stream is cut off in link.json'],
    ['in a text', textStart + 1, before + 1, 'the stream is cut off in link.json'],
    ['before the last byte of a text', textEnd - 1, before + 1, 'the stream is cut off in link.json'],
    ['after a text', textEnd, before + 1, 'the stream is cut off after link.json'],
    [
      'before the end line',
      plain.lastIndexOf('end '),
      whole.sections.length,
      `the stream is cut off after ${whole.sections.at(-1)?.path}`,
    ],
    [
      'in the end line',
      plain.length - 1,
      whole.sections.length,
      `the stream is cut off after ${whole.sections.at(-1)?.path}`,
    ],
  ])('%s keeps what came and says where', (_, bytes, sections, problem) => {
    const decoded = cutAt(bytes);
    expectTrue(decoded);
    expect(decoded.problem).toMatch(problem);
    expect(decoded.sections).toHaveLength(Math.max(0, sections));
    expect(decoded.sections.filter(({ info }) => info.truncated).map(({ path }) => path)).toEqual(
      problem.includes(' in ') && sections > before ? ['link.json'] : [],
    );
  });

  test('in a text keeps the part that came', () => {
    expect(cutAt(textStart + 30).sections.at(-1)).toMatchObject({
      path: 'link.json',
      text: plain.toString('utf8', textStart, textStart + 30),
      info: { truncated: true, command: 'ip -j -d link', exitCode: 0 },
    });
  });

  test('all along the compressed stream gives nothing wrong, and never less than a shorter one', () => {
    let least = 0;
    for (let bytes = 0; bytes < stream.length; bytes += 13) {
      const decoded = decodeFrames(stream.subarray(0, bytes));
      expectTrue(decoded);
      expect(decoded.sections.length).toBeGreaterThanOrEqual(least);
      least = decoded.sections.length;
    }
    expect(least).toBe(whole.sections.length);
  });
});

describe('a stream that is damaged', () => {
  test('all along it is found out, and what is not marked is right', () => {
    for (let at = 0; at < stream.length; at += 41) {
      const damaged = Buffer.from(stream);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expectTrue(decodeFrames(damaged));
    }
  });

  test('in a text has its checksum differ: the section is kept and marked', () => {
    const damaged = Buffer.from(plain);
    const at = plain.indexOf('"ifindex"');
    damaged[at] = 0x2a;
    const decoded = decodeFrames(gzipSync(damaged));
    expect(decoded).toMatchObject({ complete: false, problem: 'the checksum differs in link.json' });
    expect(decoded.sections).toHaveLength(whole.sections.length);
    expect(decoded.sections.filter(({ info }) => info.truncated).map(({ path }) => path)).toEqual(['link.json']);
  });

  test.each([
    [
      'a header that is none',
      plain.toString('latin1').replace('\nsection ', '\nsektion '),
      /^the stream is damaged after 0 sections$/,
    ],
    [
      'another number of sections',
      plain.toString('latin1').replace(/\nend \d+/, '\nend 99'),
      /^the stream ends after \d+ of 99 sections$/,
    ],
    [
      'a length beyond every stream',
      plain.toString('latin1').replace(/(\nsection \d+ \d+ )\d+/, '$19999999999999999999999'),
      /^the stream is cut off/,
    ],
  ])('%s', (_, text, problem) => {
    const decoded = decodeFrames(gzipSync(Buffer.from(text, 'latin1')));
    expect(decoded.complete).toBe(false);
    expect(decoded.problem).toMatch(problem);
  });

  test('in the checksum of gzip only, with every section intact, is incomplete', () => {
    const damaged = Buffer.from(stream);
    damaged[stream.length - 8] = (damaged[stream.length - 8] ?? 0) ^ 1;
    const decoded = decodeFrames(damaged);
    expect(decoded).toMatchObject({ complete: false, problem: 'the checksum of the compressed stream differs' });
    expect(decoded.sections).toEqual(whole.sections);
  });
});

describe('what is no stream', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'the collector sent nothing'],
    ['text', Buffer.from('sh: not found\n'), 'what came is not a collector\'s stream; it begins with "sh: not found"'],
    ['bytes', Buffer.from([0, 1, 2, 0x41]), 'what came is not a collector\'s stream; it begins with "A"'],
    ['gzip of something else', gzipSync('hello'), "what came is not a collector's stream"],
    ['a stream of another version', gzipSync('netinspect-collector 2\n'), "what came is not a collector's stream"],
  ])('%s is said to be so', (_, received, problem) => {
    const decoded = decodeFrames(received);
    expect(decoded).toMatchObject({ sections: [], complete: false });
    expect(decoded.problem?.startsWith(problem)).toBe(true);
  });
});
