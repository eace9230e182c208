import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { readSettings, withoutAlias } from '../../src/cli/settings.ts';

let home: string;
let file: string;
const words = commands.flatMap(({ name, aliases }) => [name, ...aliases]);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'netinspect-settings-'));
  file = join(home, 'netinspect/config.yaml');
  mkdirSync(join(home, 'netinspect'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** The settings of a file with this text. */
function settingsOf(text: string) {
  writeFileSync(file, text);
  return readSettings({ XDG_CONFIG_HOME: home }, words);
}

describe('the configuration file', () => {
  test.each([
    ['one that is not there', undefined, {}, {}],
    ['an empty one', '', {}, {}],
    ['comments only', '# timeout: 5m\n', {}, {}],
    [
      'values',
      'timeout: 5m\ndebug-image: example.test/tools:1\n',
      { timeout: '5m', 'debug-image': 'example.test/tools:1' },
      {},
    ],
    ['a boolean', 'read-only: true\n', { 'read-only': 'true' }, {}],
    [
      'aliases, as text or as words',
      'aliases:\n  web: pod -n shop  web-0\n  odd: [pod, "a b"]\n',
      {},
      { web: ['pod', '-n', 'shop', 'web-0'], odd: ['pod', 'a b'] },
    ],
  ])('%s', async (_, text, values, aliases) => {
    const settings = text === undefined ? await readSettings({ XDG_CONFIG_HOME: home }, words) : await settingsOf(text);
    expect([settings.file, settings.exists]).toEqual([file, text !== undefined]);
    expect([Object.fromEntries(settings.values), Object.fromEntries(settings.aliases)]).toEqual([values, aliases]);
  });

  test.each([
    ['timeout: 5m\ntimout: 5m\n', ':2: unknown key "timout"', 'did you mean timeout?'],
    [
      'colour: red\n',
      ':1: unknown key "colour"',
      'known keys: debug-image, debug-namespace, image-pull-policy, timeout, read-only, ascii, aliases',
    ],
    ['timeout: 5\n', ':1: timeout is not text', 'write it like timeout: "…"'],
    ['read-only: sometimes\n', ':1: read-only is neither true nor false', 'write it like read-only: true'],
    ['timeout:\n', ':1: timeout is not text', 'write it like timeout: "…"'],
    ['image-pull-policy: never\n', ':1: image-pull-policy is "never"', 'allowed: Always, IfNotPresent, Never'],
    ['- timeout\n', ':1: it is not a mapping of keys to values', undefined],
    ['a: [\n', 'it is not YAML', undefined],
    ['timeout: 5m\ntimeout: 6m\n', ':2: it is not YAML: Map keys must be unique', undefined],
    ['aliases:\n  pod: node node1\n', ':2: alias pod would hide the command pod', 'give it another name'],
    ['aliases:\n  po: node node1\n', ':2: alias po would hide the command po', 'give it another name'],
    ['aliases:\n  A: node node1\n', ':2: "A" cannot be an alias', 'use lower-case letters, digits and "-"'],
    [
      'aliases:\n  web: {}\n',
      ':2: alias web is neither text nor a list of words',
      'for instance: web: pod -n shop web',
    ],
    ['aliases: web\n', ':1: aliases is not a mapping of names to words', undefined],
  ])('%j is refused', async (text, message, next) => {
    await expect(settingsOf(text)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
      ...(next !== undefined && { next }),
    });
  });
});

describe('flags win over the environment, and that over the file', () => {
  test.each([
    [['pod', 'x'], {}, '4m', 'file', `timeout in FILE`],
    [['pod', 'x'], { NETINSPECT_TIMEOUT: '5m' }, '5m', 'environment', 'NETINSPECT_TIMEOUT'],
    [['pod', 'x', '--timeout', '6m'], { NETINSPECT_TIMEOUT: '5m' }, '6m', 'flag', '--timeout'],
  ])('%j with %j', async (argv, env, value, source, origin) => {
    const { flags } = readCommandLine(argv, commands, env, await settingsOf('timeout: 4m\n'));
    expect([flags.get('timeout'), flags.source('timeout'), flags.origin('timeout').replace(file, 'FILE')]).toEqual([
      value,
      source,
      origin,
    ]);
  });

  test('without any, the default stands', async () => {
    const { flags } = readCommandLine(['pod', 'x'], commands, {}, await settingsOf(''));
    expect([flags.get('timeout'), flags.source('timeout')]).toEqual(['2m', 'default']);
  });
});

test.each([
  [['web'], ['pod', '-n', 'shop', 'web-0']],
  [
    ['web', '-o', 'json'],
    ['pod', '-n', 'shop', 'web-0', '-o', 'json'],
  ],
  [
    ['pod', 'web'],
    ['pod', 'web'],
  ],
])('with an alias, %j is %j', async (argv, expected) => {
  expect(withoutAlias(argv, await settingsOf('aliases:\n  web: pod -n shop web-0\n'))).toEqual(expected);
});

describe('a boolean of the environment', () => {
  test.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['False', false],
    ['', false],
  ])('%j is %s', (text, on) => {
    const { flags } = readCommandLine(['sysctl', 'node1'], commands, { NETINSPECT_READ_ONLY: text });
    expect(flags.on('read-only')).toBe(on);
  });

  test('anything else is refused', () => {
    const read = () => readCommandLine(['sysctl', 'node1'], commands, { NETINSPECT_READ_ONLY: 'maybe' });
    expect(read).toThrow('NETINSPECT_READ_ONLY is "maybe"');
  });
});
