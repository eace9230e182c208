import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import type { Pod } from '../../src/collect/kinds.ts';
import { againLine, endOfOutput, leasedCommand, podCommand, podOrigin } from '../../src/collect/lease.ts';

const root = mkdtempSync(join(tmpdir(), 'netinspect-lease-'));
const folder = join(root, 'lease');
const uptime = join(root, 'uptime');
const plan = join(root, 'plan');

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(uptime, '1000.37 99.00\n');
  writeFileSync(plan, '');
  // The clock of these tests: a second that the pod waits is one more of uptime, and does what is planned for it.
  const clock = join(root, 'sleep');
  writeFileSync(
    clock,
    `#!/bin/sh
read -r up _ <${uptime}; up=$((\${up%.*} + 1)); echo "$up.37 99.00" >${uptime}
cd ${folder}; eval "$(sed -n "s/^$((up - 1000)): //p" ${plan})"
`,
  );
  chmodSync(clock, 0o755);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const env = { PATH: `${root}${delimiter}${process.env['PATH']}` };

/** The same command in a folder of our own. */
function local([, flag = '', script = '', ...rest]: string[], shell: string[]): [string, string[]] {
  const [file = '', ...first] = [...shell, flag, script.replaceAll('/tmp/netinspect', folder), ...rest];
  return [file, first];
}

describe.each([
  { name: 'dash', shell: ['dash'] },
  { name: 'bash', shell: ['bash'] },
  { name: "busybox' ash", shell: ['busybox', 'sh'] },
])('under $name', ({ shell }) => {
  describe("the pod's command", () => {
    const secondsWith = async (...planned: string[]) => {
      writeFileSync(plan, planned.join('\n'));
      // busybox sh would take its own sleep: this one is called by its path there.
      const [file, args] = local(podCommand('run', 'user'), shell);
      await execa(
        file,
        args.map(arg => arg.replaceAll('sleep 1', `${join(root, 'sleep')} 1`).replaceAll('/proc/uptime', uptime)),
        { env },
      );
      return Number.parseInt(readFileSync(uptime, 'utf8'), 10) - 1000;
    };

    test.each([
      ['ends after 15 seconds without a renewal', [], 15],
      ['lives 15 seconds from its last renewal', ['5: echo 15 >renew.1', '12: echo 15 >renew.1'], 27],
      ['lives as long as a renewal grants', ['3: echo 60 >renew.1'], 63],
      ['takes the longest of several renewals', ['3: echo 15 >renew.1; echo 40 >renew.2'], 43],
      ['is not shortened by a shorter renewal', ['1: echo 40 >renew.1', '2: echo 15 >renew.1'], 41],
      ['ends at once when told so, whatever it was granted', ['2: echo 60 >renew.1', '4: : >end'], 4],
    ] as [string, string[], number][])('%s', async (_name, planned, seconds) => {
      expect(await secondsWith(...planned)).toBe(seconds);
    });
  });

  describe('the leased exec', () => {
    const run = async (script: string, after: string, atEnd: 'end' | 'keep' = 'end', args: string[] = []) => {
      const [file, rest] = local(leasedCommand(Buffer.byteLength(script), atEnd, 'a1b2c3d4', args), shell);
      const child = execa(file, rest, { encoding: 'buffer', stripFinalNewline: false });
      child.stdin.write(script);
      let output = Buffer.alloc(0);
      // Renewals come while or after the script runs, never in one piece with it.
      for await (const chunk of child.stdout) {
        output = Buffer.concat([output, chunk as Buffer]);
        if (endOfOutput(output)) child.stdin.end(after);
      }
      await child;
      return output;
    };
    const exists = async (name: string) =>
      (await execa('ls', [folder])).stdout.split('\n').some(file => file.startsWith(name));

    test('runs the script that comes on stdin, with its arguments as they are, and ends with its exit code', async () => {
      const output = await run('printf "%s|" "$@"; exit 3', '', 'end', ['a b', '$(id)', "it's"]);
      expect(endOfOutput(output)).toEqual({ body: Buffer.from("a b|$(id)|it's|"), exitCode: 3 });
    });

    test('gives the script no stdin: it cannot swallow a renewal', async () => {
      expect(endOfOutput(await run('cat; echo end of input', '15\n15\n'))?.body.toString()).toBe('end of input\n');
    });

    test('renews the lease, and ends the pod when its stdin ends', async () => {
      await run('true', '');
      expect(await exists('renew.')).toBe(true);
      expect(await exists('end')).toBe(true);
    });

    test('leaves a kept pod alive when its stdin ends', async () => {
      await run('true', '15\n', 'keep');
      expect(await exists('end')).toBe(false);
    });

    test('leaves the pod alive after a renewal that outlives the stream', async () => {
      await run('true', '15\n600\n');
      expect(await exists('end')).toBe(false);
    });

    test.each(['end', 'keep'] as const)(
      'ends what carries the mark of its session when its stdin ends (%s), and nothing else',
      async atEnd => {
        const start = (mark: string) => execa('sleep', ['60'], { reject: false, env: { NETINSPECT_SESSION: mark } });
        const [ours, others] = [start('a1b2c3d4'), start('a1b2c3d40')];
        await run('true', '', atEnd);
        const first = await Promise.race([ours, others]);
        others.kill();
        expect([first.signal, (await others).signal]).toEqual(['SIGKILL', 'SIGTERM']);
      },
    );

    test('runs the script again for a line that says so, with the arguments of that line', async () => {
      const script = 'printf "%s|" "$@"';
      const [file, rest] = local(leasedCommand(Buffer.byteLength(script), 'end', 'a1b2c3d4', ['first', 'time']), shell);
      const child = execa(file, rest);
      child.stdin.write(script);
      const wanted = ['first|time|', '--pod|shop|10.0.0.1,fd00::1|', '-|'];
      const lines = [againLine(['--pod', 'shop', '10.0.0.1,fd00::1']), againLine(['-'])];
      let output = '';
      for await (const chunk of child.stdout) {
        output += chunk;
        const ended = output.split('netinspect-end 0\n').length - 1;
        if (!output.endsWith('netinspect-end 0\n')) continue;
        if (ended === wanted.length) child.stdin.end();
        else child.stdin.write(lines[ended - 1] ?? '');
      }
      await child;
      expect(output).toBe(wanted.map(body => `${body}\nnetinspect-end 0\n`).join(''));
      expect(await exists('end')).toBe(true);
    });

    test('takes nothing but numbers as renewals', async () => {
      await run('true', '$(id)\n-1\n9x\n\n');
      expect(await exists('end')).toBe(true);
    });
  });
});

describe('the end of the output', () => {
  test.each([
    ['is not there while the script runs', 'body', undefined],
    ['is not taken from the middle of the output', 'a\nnetinspect-end 0\nb', undefined],
    ['is split off', 'body\nnetinspect-end 0\n', { body: 'body', exitCode: 0 }],
    ['may follow nothing', '\nnetinspect-end 127\n', { body: '', exitCode: 127 }],
  ])('%s', (_name, output, expected) => {
    const end = endOfOutput(Buffer.from(output));
    expect(end && { body: end.body.toString(), exitCode: end.exitCode }).toEqual(expected);
  });
});

describe("a debug pod's origin", () => {
  const pod = (command?: string[]): Pod => ({
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'debugger', ...(command ? { command } : {}) }] },
  });

  test('stands in its command', () => {
    expect(podOrigin(pod(podCommand('run1', 'user1')))).toEqual({ run: 'run1', user: 'user1' });
  });

  test.each([
    ['a pod without a command', undefined],
    ["somebody's debug pod", ['sh', '-c', 'sleep 100']],
    ['a pod that only looks like ours', ['sh', '-c', 'sleep 100', 'netinspect', 'run', 'user']],
  ])('is not that of %s', (_name, command) => {
    expect(podOrigin(pod(command))).toBeUndefined();
  });
});
