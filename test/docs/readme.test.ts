import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from '../cli/program.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Each `$ kubectl netinspect ARGS` of a code block, with the lines that it prints there; `…` stands for others. */
const examples = [...readme.matchAll(/^```\n\$ kubectl netinspect ([^\n]*)\n(.*?)^```$/gms)].map(
  ([, args = '', output = '']) => [args, output.split('\n').filter(line => !['', '…'].includes(line.trim()))] as const,
);

let program: Program;
beforeAll(() => {
  program = buildProgram();
}, 60_000);
afterAll(() => program.remove());

describe('the README shows what the program prints', () => {
  test('in at least two examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(2);
  });

  test.each(examples)('%s', (args, expected) => {
    const { stdout } = program.netinspect([...args.split(' '), '--from', 'demo'], { COLUMNS: '120' });
    const lines = stdout.split('\n');
    const found = expected.filter(line => lines.includes(line));
    expect(found).toEqual(expected);
    const order = expected.map(line => lines.indexOf(line));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

test('the links of the README lead to files that are there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path);
  for (const path of links) expect(() => readFileSync(new URL(`../../${path}`, import.meta.url))).not.toThrow(/ENOENT/);
});
