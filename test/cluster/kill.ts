import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Cluster } from './harness.ts';
import { netinspect } from './program.ts';

/** When a run is killed; each is seen in what the run says on stderr with -v=6, never guessed by time. */
export const stages = {
  'before create': /reading the API/,
  'create to patch': /starting a debug pod/,
  waiting: /^PATCH /m,
  collecting: /collecting on/,
  deleting: /deleting the debug pod/,
} as const;

export type Stage = keyof typeof stages;
export type KillSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export interface Killed {
  /** False when the run ended before the signal could be sent: it shows nothing then. */
  hit: boolean;
  exitCode: number | undefined;
  signal: string | undefined;
  stderr: string;
  /** From the signal until no process of a debug pod ran on the node; undefined when some still did at the deadline. */
  goneAfterMs: number | undefined;
}

/**
 * How many processes of a run are left on this machine: its debug container (the test cluster's nodes are namespaces of
 * this machine) and its kubectl children, by the run's id and pod name as the run itself showed them.
 */
async function processesLeft(stderr: string): Promise<number> {
  const run = /netinspect ([0-9a-f]{16}) /.exec(stderr)?.[1];
  const pod = /^PATCH \S+\/pods\/(\S+)/m.exec(stderr)?.[1];
  if (run === undefined) return 0;
  const { stdout } = await execa('pgrep', ['-fc', [run, ...(pod ? [`exec -i .* ${pod} `] : [])].join('|')], {
    reject: false,
  });
  return Number(stdout);
}

/** Runs `node NODE`, sends the signal to its process group (as a terminal does) at the stage, and waits for the debug pod's end. */
export async function kill(
  cluster: Cluster,
  plugin: string,
  node: string,
  signal: KillSignal,
  stage: Stage,
  deadlineMs: number,
): Promise<Killed> {
  const run = netinspect(cluster, plugin, ['node', node, '-v=6', '--namespace=default'], {}, { detached: true });
  let stderr = '';
  let sentAt: number | undefined;
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (sentAt !== undefined || run.pid === undefined || !stages[stage].test(stderr)) return;
    sentAt = performance.now();
    try {
      process.kill(-run.pid, signal);
    } catch {
      sentAt = undefined;
    }
  });
  const result = await run;
  const start = sentAt ?? performance.now();
  const hit = sentAt !== undefined && result.exitCode !== 0;
  let goneAfterMs: number | undefined;
  // A pod that is still being created shows no process yet: it must stay gone for two seconds.
  for (let quiet = 0; performance.now() - start < deadlineMs; await sleep(250)) {
    if ((await processesLeft(stderr)) > 0) {
      quiet = 0;
      goneAfterMs = undefined;
      continue;
    }
    goneAfterMs ??= performance.now() - start;
    quiet += 1;
    if (quiet === 8) break;
  }
  return { hit, exitCode: result.exitCode, signal: result.signal, stderr, goneAfterMs };
}
