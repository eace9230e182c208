import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { flagsOf } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { rootFlags } from '../../src/cli/flags.ts';
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

const variable = /NETINSPECT_[A-Z_]*[A-Z]/g;
const documents = ['README.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].concat(
  readdirSync(new URL('../../docs', import.meta.url))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
);

test.each(documents)('the links of %s lead to what is there', path => {
  const file = new URL(`../../${path}`, import.meta.url);
  const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
  expect(links.filter(link => !existsSync(new URL(link, file)))).toEqual([]);
});

describe('what the documents name exists', () => {
  const text = documents.map(path => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).join('\n');
  const allFlags = new Set(commands.flatMap(command => Object.keys(flagsOf(command))).concat(Object.keys(rootFlags)));

  test('commands', () => {
    const named = [...text.matchAll(/kubectl netinspect ([a-z]+)/g)].map(([, name = '']) => name);
    const known = [...commands.flatMap(({ name, aliases }) => [name, ...aliases]), 'web'];
    expect([...new Set(named)].filter(name => !known.includes(name))).toEqual([]);
  });

  test('variables', () => {
    const source = new URL('../../src/', import.meta.url);
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name));
    const read = new Set(files.flatMap(name => readFileSync(new URL(name, source), 'utf8').match(variable) ?? []));
    const named = [...new Set(text.match(variable))].filter(name => name !== 'NETINSPECT_TEST_KUBECONFIG');
    expect(named.filter(name => !read.has(name))).toEqual([]);
  });

  test('flags, in the command lines of docs/', () => {
    const lines = text.split('\n').filter(line => /^ {4}kubectl netinspect|`kubectl netinspect [^`]*`/.test(line));
    const named = lines.flatMap(line =>
      [...line.matchAll(/kubectl netinspect [^`]*/g)].flatMap(([words]) =>
        [...words.matchAll(/ --([a-z][a-z-]*)/g)].map(([, name = '']) => name),
      ),
    );
    expect([...new Set(named)].filter(name => !allFlags.has(name))).toEqual([]);
  });
});
