import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from '../cli/program.ts';

let program: Program;
let home: string;

beforeAll(() => {
  program = buildProgram();
}, 60_000);
afterAll(() => program.remove());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'netinspect-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const run = (...args: string[]) => program.netinspect(args, { XDG_CACHE_HOME: home });
const caches = (): string[] =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
const cacheOf = (name: string): string => caches().find(path => path.endsWith(name)) ?? 'none';

describe('the code cache of a start', () => {
  test('the first run of a command keeps one that is ours alone, the next one leaves it as it is', () => {
    const first = run('version', '--client');
    const file = cacheOf('main.cjs-version');
    const { ino, mode } = statSync(file);
    const second = run('version', '--client');
    expect([second.stdout, second.stderr]).toEqual([first.stdout, '']);
    expect([mode & 0o777, statSync(file).ino]).toEqual([0o600, ino]);
  });

  test('one that V8 refuses is replaced', () => {
    run('version', '--client');
    const file = cacheOf('main.cjs-version');
    writeFileSync(file, 'no code cache');
    const { stdout, stderr, status } = run('version', '--client');
    expect([stdout.startsWith('netinspect '), stderr, status]).toEqual([true, '', 0]);
    expect(readFileSync(file).length).toBeGreaterThan(1000);
  });

  test('one that others may write is not read, and replaced', () => {
    run('version', '--client');
    const file = cacheOf('main.cjs-version');
    chmodSync(file, 0o666);
    const { ino } = statSync(file);
    run('version', '--client');
    expect([statSync(file).mode & 0o777, statSync(file).ino === ino]).toEqual([0o600, false]);
  });

  test('those of builds that have not been used for a month are removed', () => {
    const builds = join(home, 'kubectl-netinspect');
    for (const name of ['old', 'other']) mkdirSync(join(builds, name), { recursive: true });
    utimesSync(join(builds, 'old'), 0, 0);
    run('version', '--client');
    expect(readdirSync(builds)).toEqual([expect.stringMatching(/^[0-9a-f]{16}-v/), 'other']);
  });

  test.each([
    ['wrong usage', ['vresion']],
    ['a word that is no command', ['pod/no-such', '--from', 'nowhere']],
  ])('none is kept after %s', (_, args) => {
    expect(run(...args).status).toBe(2);
    expect(caches()).toEqual([]);
  });

  test('a cache folder that cannot be written costs nothing but time', () => {
    const { stdout, stderr, status } = program.netinspect(['version', '--client'], { XDG_CACHE_HOME: '/dev/null' });
    expect([stdout.startsWith('netinspect '), stderr, status]).toEqual([true, '', 0]);
  });
});
