import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildProgram, type Program } from './cli/program.ts';

/** What becomes of the answer when nobody can take it. */

let program: Program;

beforeAll(() => {
  program = buildProgram();
});

afterAll(() => program.remove());

(existsSync('/dev/full') ? test : test.skip)('output that cannot be written is said, with exit code 4', () => {
  const { status, stderr } = spawnSync(process.execPath, [program.file, 'node', 'node1', '--from', 'demo'], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/^error: the output cannot be written: ENOSPC: no space left on device/m);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(4);
});

test('a reader that has gone ends the program quietly', async () => {
  const child = spawn(process.execPath, [program.file, 'node', 'node1', '--from', 'demo', '-o', 'json']);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  const code = await new Promise(resolve => child.once('close', resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
