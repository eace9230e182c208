import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKubectl } from '../../src/collect/kubectl.ts';
import { leasedExec } from '../../src/collect/leased-exec.ts';

/** The stream's ends, as a program in the place of kubectl brings them about; the real stream is tested on the cluster. */

const place = { node: 'node1', namespace: 'default', image: 'example.test/tools:1' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netinspect-exec-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  delete process.env['KUBECTL_PATH'];
});

function start(script: string, { timeoutMs = 60_000, signal = new AbortController().signal } = {}) {
  const path = join(folder, 'kubectl');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  process.env['KUBECTL_PATH'] = path;
  const kubectl = createKubectl({});
  const exec = leasedExec({ kubectl, place, pod: 'p', session: 's', timeoutMs, signal, atEnd: 'end' }, 'the script', [
    '--an',
    'argument',
  ]);
  return exec;
}

describe('the output of a leased exec', () => {
  test('is whole when its end line has come, though the stream stays open', async () => {
    const exec = start("printf 'body\\nnetinspect-end 0\\n'; cat >/dev/null");
    expect(await exec.result.finally(exec.kill)).toMatchObject({ output: Buffer.from('body'), problem: undefined });
  });

  test('may come in any pieces', async () => {
    const exec = start("printf 'body\\nnetinsp'; printf 'ect-end'; printf ' 0\\n'; cat >/dev/null");
    expect(await exec.result.finally(exec.kill)).toMatchObject({ output: Buffer.from('body'), problem: undefined });
  });

  test('that breaks off is kept, and called truncated', async () => {
    const exec = start("printf 'half'; echo 'error: lost connection to pod' >&2; exit 1");
    expect(await exec.result.finally(exec.kill)).toMatchObject({
      output: Buffer.from('half'),
      problem: {
        code: 'stream-truncated',
        message: expect.stringContaining('after 4 bytes, before the collector did: error: lost connection to pod'),
      },
    });
  });

  test('without an end is cut at a limit', async () => {
    const exec = start('exec head -c 100000000 /dev/zero');
    const { output, problem } = await exec.result.finally(exec.kill);
    expect(problem).toMatchObject({ code: 'output-too-large' });
    expect(output.length).toBeLessThan(70_000_000);
  });

  test('that does not end in time is kept, and said to be late', async () => {
    const exec = start("printf 'half'; cat >/dev/null", { timeoutMs: 300 });
    expect(await exec.result.finally(exec.kill)).toMatchObject({
      output: Buffer.from('half'),
      problem: { code: 'collect-timeout' },
    });
  });

  test('of a collector that failed is an error with its words', async () => {
    const exec = start("echo 'the debug image lacks awk' >&2; printf '\\nnetinspect-end 127\\n'; cat >/dev/null");
    await expect(exec.result.finally(exec.kill)).rejects.toMatchObject({
      code: 'collector-failed',
      message: expect.stringContaining('the debug image lacks awk'),
    });
  });

  test('that never began is the failure of kubectl', async () => {
    const exec = start(`echo 'error: unable to upgrade connection: container not found ("debugger")' >&2; exit 1`);
    await expect(exec.result.finally(exec.kill)).rejects.toMatchObject({ code: 'debug-pod-gone' });
  });

  test('is not waited for after an interrupt', async () => {
    const controller = new AbortController();
    const exec = start('cat >/dev/null', { signal: controller.signal });
    controller.abort(new Error('SIGINT'));
    await expect(exec.result.finally(exec.kill)).rejects.toThrow('SIGINT');
  });
});

describe('a leased exec runs its script again', () => {
  const answers = `while read -r line; do printf '%s\\nnetinspect-end 0\\n' "\${line##*again }"; done`;

  test('on the same stream, as often as it is asked', async () => {
    const exec = start(`printf 'first\\nnetinspect-end 0\\n'; ${answers}`);
    try {
      expect((await exec.result).output.toString()).toBe('first');
      for (const args of [['--pod', 'shop', 'web-0'], ['-'], ['fd00::1,10.0.0.1']])
        expect((await exec.again('the script', args))?.output.toString()).toBe(args.join(' '));
    } finally {
      exec.kill();
    }
  });

  test.each([
    ['another script', 'another script', ['x']],
    ['an argument with a space', 'the script', ['a b']],
    ['an empty argument', 'the script', ['']],
    ['an argument that a shell would read', 'the script', ['*']],
    ['an argument of two lines', 'the script', ['a\n99999']],
  ])('but not for %s', async (_name, script, args) => {
    const exec = start(`printf 'first\\nnetinspect-end 0\\n'; ${answers}`);
    try {
      await exec.result;
      expect(exec.again(script, args)).toBeUndefined();
    } finally {
      exec.kill();
    }
  });

  test('but not while it runs, nor on a stream that was cut', async () => {
    const exec = start("head -c 10 >/dev/null; printf 'first\\nnetinspect-end 0\\n'; read -r line; exit 1");
    expect(exec.again('the script', ['x'])).toBeUndefined();
    await exec.result;
    const cut = exec.again('the script', ['x']);
    expect(exec.again('the script', ['x'])).toBeUndefined();
    await expect(cut).rejects.toMatchObject({ name: 'ClusterError' });
    expect(exec.again('the script', ['x'])).toBeUndefined();
  });
});

test('a leased exec sends the script, then one long renewal when the pod is to be kept', async () => {
  const exec = start(`printf '\\nnetinspect-end 0\\n'; cat >"$0".stdin`);
  await exec.result;
  await exec.keep(600);
  expect(readFileSync(join(folder, 'kubectl.stdin'), 'utf8')).toBe('the script600\n');
});
