import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { cgroupPids, nodeCgroup, ourCgroups } from './boot/cgroups.ts';
import { ourLinks } from './boot/remains.ts';
import { build } from './build/build.ts';
import { cacheDir, sourcePath, stateDir } from './paths.ts';

const runCli = (command: string) =>
  execa(process.execPath, [sourcePath('cli.ts'), command], { reject: false, all: true });

/** What of ours the machine holds: all empty when the cluster is down. */
async function remains() {
  return {
    processes: readdirSync('/proc').filter(name => /^\d+$/.test(name) && isOurs(name)),
    cgroups: ourCgroups(),
    links: await ourLinks(),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter(mentionsOurs),
    state: existsSync(stateDir),
  };
}

const mentionsOurs = (text: string) => text.includes(cacheDir) || text.includes(stateDir);

/** A process of the cluster was started from our folders, or (in a node or container) has mounts that come from them. */
function isOurs(pid: string): boolean {
  try {
    return ['cmdline', 'mountinfo'].some(file => mentionsOurs(readFileSync(`/proc/${pid}/${file}`, 'utf8')));
  } catch {
    return false; // it ended meanwhile
  }
}

/** What a kubelet changes of the machine, as it is now. */
const sysctls = () =>
  Object.fromEntries(
    ['kernel/panic', 'kernel/panic_on_oops', 'vm/overcommit_memory'].map(name => [
      name,
      readFileSync(`/proc/sys/${name}`, 'utf8').trim(),
    ]),
  );
const nothing = { processes: [], cgroups: [], links: [], mounts: [], state: false };
const suite = process.env['NETINSPECT_TEST_KUBECONFIG'] === undefined ? describe : describe.skip;

suite('down', () => {
  /** The values while no cluster is up. */
  let before: Record<string, string>;

  beforeAll(async () => {
    await build(() => {});
  }, 900_000);

  afterAll(() => runCli('down'), 120_000);

  // The cluster that the tests before this one have used, if it is still up.
  test('of a whole cluster, one node stopped, leaves nothing', async () => {
    const started = await runCli('up');
    expect({ exitCode: started.exitCode, all: started.all }).toMatchObject({ exitCode: 0 });
    const kept: Record<string, string> = JSON.parse(readFileSync(join(stateDir, 'sysctls.json'), 'utf8'));
    for (const pid of cgroupPids(nodeCgroup('node3'))) process.kill(pid, 'SIGSTOP');
    const { exitCode, all } = await runCli('down');
    expect({ exitCode, all, ...(await remains()) }).toEqual({ exitCode: 0, all: 'down', ...nothing });
    before = sysctls();
    expect(kept).toMatchObject(before);
  }, 180_000);

  test('nothing to end is no error', async () => {
    const { exitCode } = await runCli('down');
    expect({ exitCode, ...(await remains()) }).toEqual({ exitCode: 0, ...nothing });
  });

  test.each(['API server started', 'API server ready', 'manifests applied'])(
    'after a start killed at "%s" leaves nothing',
    async line => {
      const start = execa(process.execPath, [sourcePath('cli.ts'), 'up'], { reject: false, buffer: false });
      for await (const progress of start) if (progress.includes(line)) start.kill('SIGKILL');
      expect((await start).signal).toBe('SIGKILL');
      expect((await remains()).processes).not.toEqual([]);
      const status = await runCli('status');
      const { exitCode, all } = await runCli('down');
      expect({ status: status.exitCode, exitCode, all, ...(await remains()) }).toEqual({
        status: 1,
        exitCode: 0,
        all: 'down',
        ...nothing,
      });
      expect(sysctls()).toEqual(before);
    },
    240_000,
  );
});
