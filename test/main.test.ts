import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildProgram, type Program } from './cli/program.ts';

/** What becomes of the answer when nobody can take it, and of a defect of ours. */

let program: Program;

beforeAll(() => {
  program = buildProgram();
}, 60_000);

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

test('an exception that nothing catches is said to be our defect, without a stack trace', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netinspect-main-'));
  const preload = join(folder, 'throws.cjs');
  writeFileSync(preload, "setImmediate(() => { throw new Error('thrown by a test'); });");
  const { status, stderr } = program.netinspect(['node', 'node1', '--from', 'demo'], {
    NODE_OPTIONS: `--require=${preload}`,
  });
  rmSync(folder, { recursive: true });
  expect(stderr).toMatch(/^error: Error: thrown by a test\nThis is a defect of netinspect/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(70);
});
