/** How fast the program starts, as the release's executable and as the bundle on Node, beside kubectl; and what it weighs. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildKubectl } from './kubectl.ts';
import { report, timed } from './report.ts';

const rounds = Number(process.argv[3] ?? 15);
const folder = mkdtempSync(join(tmpdir(), 'netinspect-start-'));
const env = { HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), KUBECONFIG: '/dev/null' };

/** Milliseconds until the first frame of the screen stands in a terminal (script(1) makes one). */
async function firstFrame(program: string): Promise<number> {
  const started = performance.now();
  const screen = execa('script', ['-qec', `${program} --from demo`, '/dev/null'], {
    env: { ...env, TERM: 'xterm-256color' },
    stdin: 'pipe',
    reject: false,
    timeout: 20_000,
  });
  let took = Number.NaN;
  screen.stdout.on('data', (data: Buffer) => {
    if (!Number.isNaN(took) || !data.toString().includes('node1')) return;
    took = performance.now() - started;
    screen.stdin.end('q');
  });
  const { exitCode } = await screen;
  if (exitCode !== 0 || Number.isNaN(took)) throw new Error(`the screen of ${program} did not open`);
  return took;
}

try {
  await execa(process.execPath, ['krew/release.ts', '--target', 'linux-x64', '--out', join(folder, 'release')]);
  const archive = join(
    folder,
    'release',
    readdirSync(join(folder, 'release')).find(name => name.endsWith('.tar.gz')) ?? '',
  );
  await execa('tar', ['-xzf', archive, '-C', folder]);
  await execa(process.execPath, ['krew/build.ts', join(folder, 'bundle')]);
  const kubectl = await buildKubectl(folder);
  const executable = join(folder, 'kubectl-netinspect');
  const bundled = `${process.execPath} ${join(folder, 'bundle/kubectl-netinspect.cjs')}`;

  const run = (program: string, ...args: string[]) => {
    const [file = '', ...before] = program.split(' ');
    return timed(() => execa(file, [...before, ...args], { env }));
  };
  const demo = ['pod', 'shop/web-0', '--from', 'demo', '-o', 'json'];
  const jobs: [what: string, job: () => Promise<number>][] = [
    ['kubectl version --client', () => run(kubectl, 'version', '--client')],
    ['--help, the executable', () => run(executable, '--help')],
    ['--help, the bundle on Node', () => run(bundled, '--help')],
    ['pod --from demo -o json, the executable', () => run(executable, ...demo)],
    ['first frame of the screen on the demo, the executable', () => firstFrame(executable)],
  ];
  const values = jobs.map((): number[] => []);
  // The first round fills the caches, the code cache among them.
  for (let round = 0; round <= rounds; round += 1)
    for (const [index, [, job]] of jobs.entries()) {
      const took = await job();
      if (round > 0) values[index]?.push(took);
    }
  process.stdout.write(`\n${rounds} rounds, medians, beside kubectl version --client\n`);
  for (const [index, [what]] of jobs.entries()) if (index > 0) report(what, values[index] ?? [], values[0] ?? []);
  const mb = (path: string): string => (statSync(path).size / 1e6).toFixed(1);
  process.stdout.write(`archive ${mb(archive)} MB, executable ${mb(executable)} MB; kubectl ${mb(kubectl)} MB\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
