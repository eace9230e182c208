import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Cluster } from './harness.ts';
import { netinspect } from './program.ts';

/** How a command is cut off: by a signal to its process group, or by the end of its connections alone. */
export type Cut = 'SIGINT' | 'SIGTERM' | 'SIGKILL' | 'connections';

/** A command that is cut off at a moment. */
export interface Plan {
  command: 'exec' | 'exec -i' | 'capture' | 'probe';
  cut: Cut;
  /** After its start. */
  afterMs: number;
  /** What stands in the command line of what it runs on nodes, and of nothing else: a number of five digits. */
  mark: string;
}

export interface Outcome {
  plan: Plan;
  exitCode: number | undefined;
  stderr: string;
  /** Command lines that were still there at the deadline. */
  left: string[];
  /** Until nothing was left, from the cut on. */
  goneAfterMs: number | undefined;
}

const commands: Plan['command'][] = ['exec', 'exec -i', 'capture', 'probe'];
const cuts: Cut[] = ['SIGINT', 'SIGTERM', 'SIGKILL', 'connections'];
/** A command on an idle cluster enters its node after some two seconds. */
const longestMs = 6000;

/** So many plans, at moments that follow from the seed; each pair of command and cut as often as the others. */
export function plans(count: number, seed: number): Plan[] {
  let state = seed;
  // Numerical Recipes' linear congruential generator.
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, index) => ({
    command: commands[index % commands.length] as Plan['command'],
    cut: cuts[Math.floor(index / commands.length) % cuts.length] as Cut,
    afterMs: Math.floor(random() * longestMs),
    mark: String(10_000 + ((seed * 1000 + index) % 50_000)),
  }));
}

function words({ command, mark }: Plan): string[] {
  switch (command) {
    case 'exec':
      return ['exec', 'shop/web-0', '--', 'sleep', mark];
    case 'exec -i':
      return ['exec', '-i', 'shop/web-1', '--', 'sh', '-c', 'cat; sleep "$0"', mark];
    case 'capture':
      return [
        'capture',
        'shop/client-node1',
        'shop/client-node3',
        '--at=pod',
        '--at=veth',
        `--filter=udp port ${mark}`,
      ];
    case 'probe':
      return ['probe', 'shop/client-node2', `192.0.2.1:${mark}`, '--count=40', '--wait=2s'];
  }
}

/** Starts the command, cuts it off, and looks until nothing of it is left on this machine, whose namespaces the nodes are. */
export async function cutOff(
  cluster: Cluster,
  plugin: string,
  namespace: string,
  plan: Plan,
  deadlineMs: number,
): Promise<Outcome> {
  const [first = '', ...rest] = words(plan);
  const args = [first, '-v=6', `--debug-namespace=${namespace}`, ...rest];
  const run = netinspect(cluster, plugin, args, {}, { detached: true });
  let stderr = '';
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let hasEnded = false;
  void run.finally(() => {
    hasEnded = true;
  });
  await Promise.race([sleep(plan.afterMs), run]);
  const cutAt = performance.now();
  if (plan.cut === 'connections') {
    // Its own work ends it then; a command that has not entered a node yet has nothing to lose.
    const children = (await processes(stderr, plan)).filter(({ line }) => /^\S*kubectl .*exec -i/.test(line));
    for (const { pid } of children) killQuietly(pid, 'SIGKILL');
    if (children.length === 0 || plan.command === 'capture') await Promise.race([sleep(2000), run]);
    if (!hasEnded && run.pid !== undefined) killQuietly(-run.pid, 'SIGTERM');
  } else if (run.pid !== undefined) killQuietly(-run.pid, plan.cut);
  const result = await run;
  let left = await processes(stderr, plan);
  let goneAfterMs: number | undefined;
  // A container that was being created shows no process yet: they must stay away for a second.
  for (let quiet = 0; performance.now() - cutAt < deadlineMs && quiet < 5; await sleep(200)) {
    left = await processes(stderr, plan);
    quiet = left.length === 0 ? quiet + 1 : 0;
    if (quiet === 1) goneAfterMs = performance.now() - cutAt;
    if (quiet === 0) goneAfterMs = undefined;
  }
  return { plan, exitCode: result.exitCode, stderr, left: left.map(({ line }) => line), goneAfterMs };
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** What is left of a run: by the ids of its debug pods and sessions, as the run itself showed them, and by its mark. */
async function processes(stderr: string, { mark }: Plan): Promise<{ pid: number; line: string }[]> {
  const ids = [...stderr.matchAll(/netinspect '?([0-9a-f]{16})'? /g)].map(match => match[1] ?? '');
  const pattern = [...new Set(ids), `sleep ${mark}$`, `udp port ${mark}`, `192.0.2.1:${mark}`].join('|');
  const { stdout } = await execa('pgrep', ['-af', '--', pattern], { reject: false });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(text => ({ pid: Number.parseInt(text, 10), line: text.replace(/^\d+ /, '') }));
}

/** Files and folders as debug containers have them in their own /tmp: none is ever written to a node's. */
export async function filesLeft(cluster: Cluster): Promise<string[]> {
  const found = await Promise.all(
    cluster.nodes.map(async ({ name }) => {
      const ours = ['-name', 'netinspect', '-o', '-name', 'netinspect.*', '-o', '-name', '*.pcap*'];
      const { stdout } = await cluster.nodeExec(name, ['find', '/tmp', '/var/tmp', '-maxdepth', '1', ...ours]);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map(path => `${name}:${path}`);
    }),
  );
  return found.flat();
}
