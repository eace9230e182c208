import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { type RemoteCommand, type RemoteInput, remoteArgv } from '../../src/collect/remote-command.ts';

/** The command lines of processes in a debug pod, run here in place of there. */

const session = 'a1b2c3d4';

function remote(shell: string[], command: RemoteCommand, input: RemoteInput = 'none') {
  const [, ...rest] = remoteArgv(command, session, input);
  const [file = '', ...first] = shell;
  return execa(file, [...first, ...rest], { reject: false, stdin: 'pipe', timeout: 20_000 });
}

/** PIDs of what carries the mark in its environment, beside ourselves. */
async function running(mark: string): Promise<string[]> {
  const { stdout } = await execa('sh', ['-c', 'grep -l -s -F "$1" /proc/[0-9]*/environ || :', 'sh', mark]);
  return stdout.split('\n').filter(Boolean);
}

async function untilNone(mark: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await running(mark)).length > 0 && Date.now() < deadline)
    await new Promise(resolve => setTimeout(resolve, 50));
}

/** A process with an environment that a container might have. */
const startContainer = () =>
  execa('/bin/sleep', ['60'], {
    extendEnv: false,
    reject: false,
    env: { PATH: '/nowhere', LD_PRELOAD: '', NAME: 'a "b"\n$(id) ', EMPTY: '' },
  });

describe.each([
  { name: 'dash', shell: ['dash'] },
  { name: 'bash', shell: ['bash'] },
  { name: "busybox' ash", shell: ['busybox', 'sh'] },
])('under $name', ({ shell }) => {
  const base = { deadlineSeconds: 10 };

  test.each(['none', 'pipe', 'terminal'] as const)(
    'arguments reach the program as they are (stdin: %s)',
    async input => {
      const odd = ['a b', '$(id)', "it's", '*', '', '-n', 'x=y'];
      const process = remote(shell, { ...base, argv: ['printf', '%s|', ...odd] }, input);
      if (input !== 'none') process.stdin.end();
      expect(await process).toMatchObject({ stdout: odd.map(word => `${word}|`).join(''), exitCode: 0 });
    },
  );

  test.each([0, 1, 7, 255])('the exit code %d is passed on', async code => {
    expect(await remote(shell, { ...base, argv: ['sh', '-c', `exit ${code}`] })).toMatchObject({
      exitCode: code,
      stderr: '',
    });
  });

  test('a program without a stdin reads none, while the life line is open', async () => {
    expect(await remote(shell, { ...base, argv: ['sh', '-c', 'cat; echo end'] })).toMatchObject({ stdout: 'end' });
  });

  test('a program with a stdin gets it to its end', async () => {
    const process = remote(shell, { ...base, argv: ['cat'] }, 'pipe');
    process.stdin.end('some\nlines');
    expect(await process).toMatchObject({ stdout: 'some\nlines', exitCode: 0 });
  });

  test('the end of the life line ends the program and what it has started', async () => {
    const mark = `NETINSPECT_TEST=${shell.join('-')}-${process.pid}`;
    const program = ['sh', '-c', 'sleep 300 & trap "" TERM; echo ready; sleep 300; sleep 300'];
    const child = remote(shell, {
      ...base,
      argv: program,
      env: { NETINSPECT_TEST: mark.slice(16) },
      deadlineSeconds: 250,
    });
    for await (const line of child.iterable()) {
      expect(line).toBe('ready');
      expect((await running(mark)).length).toBeGreaterThan(1);
      child.stdin.end();
    }
    await child;
    await untilNone(mark);
    expect(await running(mark)).toEqual([]);
  });

  test('the deadline ends the program', async () => {
    const started = performance.now();
    const { exitCode } = await remote(shell, { argv: ['sleep', '100'], deadlineSeconds: 1 });
    expect([124, 143]).toContain(exitCode);
    expect(performance.now() - started).toBeLessThan(8000);
  });

  test('"stop" asks the program to end, which has the last word', async () => {
    const child = remote(shell, {
      ...base,
      argv: ['sh', '-c', 'trap "echo last; exit 3" TERM; echo ready; while :; do sleep 0.1; done'],
    });
    const lines: string[] = [];
    for await (const line of child.iterable()) {
      lines.push(line);
      if (line === 'ready') child.stdin.write('stop\n');
    }
    expect([lines, (await child).exitCode]).toEqual([['ready', 'last'], 3]);
  });

  test('every process carries the mark of its session', async () => {
    const { stdout } = await remote(shell, { ...base, argv: ['env'] });
    expect(stdout.split('\n')).toContain(`NETINSPECT_SESSION=${session}`);
  });

  describe('with the environment of a container', () => {
    let container: ReturnType<typeof startContainer>;
    beforeAll(async () => {
      container = startContainer();
      while (!readFileSync(`/proc/${container.pid}/cmdline`, 'utf8').includes('sleep')) await new Promise(setImmediate);
    });
    afterAll(async () => {
      container.kill('SIGKILL');
      await container;
    });

    test('its variables are there, and the tools are still those of the image', async () => {
      const program = ['sh', '-c', 'printf "%s|" "$NAME"; env | grep -E "^(EMPTY|LD_PRELOAD)="; cat; exit 4'];
      const child = remote(shell, { ...base, argv: program, environmentOf: container.pid as number }, 'pipe');
      child.stdin.end('stdin');
      expect(await child).toMatchObject({ stdout: 'a "b"\n$(id) |EMPTY=\nstdin', exitCode: 4 });
    });

    test('one that has ended is said', async () => {
      const { exitCode, stderr } = await remote(shell, { ...base, argv: ['true'], environmentOf: 4_194_305 });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('4194305')]);
    });
  });
});
