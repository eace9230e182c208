/** What a run on a cluster costs beside what the same would cost by hand. */
import { execa } from 'execa';
import { ensureCluster } from '../cluster/harness.ts';
import { netinspect, pluginDirectory } from '../cluster/program.ts';
import { report, timed } from './report.ts';

const rounds = Number(process.argv[3] ?? 7);
const image = 'docker.io/nicolaka/netshoot:v0.16';
const pod = 'shop/web-0';
const node = 'node1';

const cluster = await ensureCluster();
const plugin = pluginDirectory();
const env = { KUBECONFIG: cluster.kubeconfig, KUBECTL_KUBERC: 'false' };
const kubectl = (...args: string[]) => execa(cluster.kubectlPath, args, { env });

/** The floor of a cold run: the same pod by hand, nothing collected. */
async function byHand(): Promise<void> {
  const { stdout } = await kubectl(
    'debug',
    `node/${node}`,
    '--profile=sysadmin',
    `--image=${image}`,
    '--',
    'sleep',
    '60',
  );
  const name = /pod (\S+) with/.exec(stdout)?.[1] ?? '';
  await kubectl('wait', '--for=jsonpath={.status.phase}=Running', `pod/${name}`, '--timeout=60s');
  await kubectl('exec', name, '--', 'true');
  await kubectl('delete', 'pod', name, '--now');
}

/** A run of the program: milliseconds until the last of the answer was printed, and until it ended. */
async function program(args: string[]): Promise<{ answer: number; exit: number }> {
  const started = performance.now();
  const child = netinspect(cluster, plugin.path, args);
  let answer = 0;
  child.stdout?.on('data', () => {
    answer = performance.now() - started;
  });
  const { exitCode, stderr } = await child;
  if (exitCode !== 0) throw new Error(`netinspect ${args.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return { answer, exit: performance.now() - started };
}

const hand: number[] = [];
const answer: number[] = [];
const exit: number[] = [];
const execTrue: number[] = [];
const warm: number[] = [];
try {
  for (let round = 0; round < rounds; round += 1) {
    hand.push(await timed(byHand));
    const cold = await program(['pod', pod]);
    answer.push(cold.answer);
    exit.push(cold.exit);
  }
  await program(['pod', pod, '--keep', '5m']);
  const { stdout } = await kubectl('get', 'pods', '-l', 'netinspect/user', '-o', 'name');
  const kept = stdout.trim().split('\n')[0] ?? '';
  for (let round = 0; round < rounds; round += 1) {
    execTrue.push(await timed(() => kubectl('exec', kept, '--', 'true')));
    warm.push((await program(['pod', pod, '--keep', '5m'])).answer);
  }
  process.stdout.write(`\n${rounds} rounds, medians\n`);
  report('pod, cold, until the answer / the same pod by hand', answer, hand);
  report('pod, cold, until exit / the same pod by hand', exit, hand);
  report('pod, warm (--keep) / kubectl exec POD -- true', warm, execTrue);
} finally {
  await netinspect(cluster, plugin.path, ['cleanup', '--yes']);
  plugin.remove();
}
