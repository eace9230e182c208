import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bridgePod, buildProgram, type Program, webSnapshot } from '../cli/program.ts';

let program: Program;
let folder: string;

beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-tmux-'));
});

afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});

/** What a real terminal of that size shows after the program has run in it; with `escapes`, with its colours. */
function shown(width: number, args: string[], { env = {}, escapes = false } = {}): string {
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...words], { encoding: 'utf8' });
  const settings = Object.entries({ HOME: folder, LC_ALL: 'C.UTF-8', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const run = [process.execPath, program.file, ...args].map(word => `'${word}'`).join(' ');
  const script = `env ${settings.join(' ')} ${run}; tmux wait-for -S done; exec cat`;
  try {
    tmux(
      'new-session',
      '-d',
      '-x',
      String(width),
      '-y',
      '50',
      script,
      ';',
      'set-option',
      '-g',
      'history-limit',
      '5000',
    );
    tmux('wait-for', 'done');
    return tmux('capture-pane', '-p', '-S', '-', ...(escapes ? ['-e'] : []));
  } finally {
    tmux('kill-server');
  }
}

const args = ['pod', bridgePod, '-o', 'text', '--from', webSnapshot];

describe('on a terminal the text fills its width, as in a pipe with COLUMNS', () => {
  test.each([40, 80, 200])('%d columns', width => {
    const piped = program.netinspect(args, { COLUMNS: String(width) }).stdout;
    expect(shown(width, args).trimEnd()).toBe(piped.trimEnd());
  });
});

describe('colour', () => {
  const green = '\u001b[32m';

  test('is used on a terminal', () => {
    expect(shown(80, args, { escapes: true })).toContain(green);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('is not with %j', env => {
    expect(shown(80, args, { escapes: true, env })).not.toContain('\u001b[');
  });
});
