import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { UsageError } from '../../src/errors.ts';
import { Random } from '../oracle/random.ts';
import { recorded } from './fixture.ts';

const root = new URL('../parse/fixtures/', import.meta.url);
const texts = ['guest/ipset/', 'guest/ipvs/', 'iproute2/', 'node/', '../../app/fixtures/one-host/'].flatMap(folder =>
  readdirSync(new URL(folder, root))
    .filter(name => !name.endsWith('.sh'))
    .map(name => ({ name: `${folder}${name}`, text: readFileSync(new URL(`${folder}${name}`, root), 'utf8') })),
);

const pieces = [
  '',
  ' ',
  '\n',
  '"',
  '{',
  '}',
  ',',
  ':',
  '-',
  '/',
  '0',
  '99999999999',
  ' via ',
  ' -j ',
  ' nomatch',
  '\u0000',
  'ä',
  '\\',
];

function spoilt(text: string, random: Random): string {
  let result = text.slice(0, 20_000);
  for (let change = random.between(1, 6); change > 0; change--) {
    const at = random.between(0, result.length);
    result = result.slice(0, at) + random.pick(pieces) + result.slice(at + random.between(0, 12));
  }
  return random.once(4) ? result.slice(0, random.between(0, result.length)) : result;
}

const packets = [
  { source: '10.244.1.2', destination: '10.96.0.10', protocol: 'tcp', port: 80 },
  { source: '172.31.99.11', destination: '10.96.0.10', protocol: 'udp', port: 53 },
  { source: 'fd00:244:0:1::2', destination: 'fd00:96::a', protocol: 'tcp', port: 80 },
];

/** Reads it all and sends packets through it; a refusal is an answer, too. True when it was read. */
function read(name: string, text: string): boolean {
  try {
    const { host, summary, unread } = loadRuleFiles([{ name, text }], { local: [] });
    expect(summary.unread).toBe(unread.length);
    for (const packet of packets) expect(tracePacket(host, packet).length).toBeGreaterThan(0);
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw new Error(`${name}: ${(error as Error).stack}\n${text}`);
    return false;
  }
}

test.each([1, 2, 3, 4])('spoilt dumps are read and traced through, or refused in words, seed %i', seed => {
  const random = new Random(seed);
  const done = texts.flatMap(({ name, text }) => Array.from({ length: 5 }, () => read(name, spoilt(text, random))));
  expect(done.filter(whole => whole).length).toBeGreaterThan(done.length / 2);
});

test('sections of a real snapshot, spoilt', () => {
  const random = new Random(5);
  for (const [path, text] of recorded.files)
    if (path.startsWith('nodes/')) for (let round = 0; round < 2; round++) read(path, spoilt(text, random));
});
