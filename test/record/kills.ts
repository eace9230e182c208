/**
 * The record run: Ctrl-C, SIGTERM and SIGKILL at every stage of a live run, on the real cluster, with figures.
 *
 *     node test/record/kills.ts [--each N]      N of each signal (default 100), spread evenly over the stages
 *
 * Exit code 1 when anything was left behind, an exit code was wrong, or a stack trace was shown.
 */
import { parseArgs } from 'node:util';
import { ensureCluster } from '../cluster/harness.ts';
import { type Killed, type KillSignal, kill, type Stage, stages } from '../cluster/kill.ts';
import { netinspect, pluginDirectory } from '../cluster/program.ts';

/** What a run must do: its exit code (none for SIGKILL), and until when its debug pod must have ended. */
const rules: Record<KillSignal, { exitCode: number | undefined; deadlineMs: number }> = {
  SIGINT: { exitCode: 130, deadlineMs: 10_000 },
  SIGTERM: { exitCode: 143, deadlineMs: 10_000 },
  // The lease, the second in which the pod looks at it, and the start of a container that was being created.
  SIGKILL: { exitCode: undefined, deadlineMs: 20_000 },
};

function faults(signal: KillSignal, killed: Killed): string[] {
  return [
    ...(killed.exitCode === rules[signal].exitCode ? [] : [`exit code ${killed.exitCode}`]),
    ...(killed.goneAfterMs === undefined ? ['a debug container was still alive'] : []),
    ...(/^\s+at .*:\d+:\d+\)?$/m.test(killed.stderr) ? ['a stack trace'] : []),
  ];
}

const { values } = parseArgs({ options: { each: { type: 'string', default: '100' } } });
const each = Number(values.each);
const stageNames = Object.keys(stages) as Stage[];
const signals = Object.keys(rules) as KillSignal[];
const queue = signals.flatMap(signal =>
  Array.from({ length: each }, (_, i) => ({ signal, stage: stageNames[i % stageNames.length] as Stage })),
);
const total = queue.length;
const done: { signal: KillSignal; stage: Stage; killed: Killed; faults: string[] }[] = [];
let missed = 0;

const cluster = await ensureCluster();
const plugin = pluginDirectory();
try {
  await Promise.all(
    cluster.nodes.map(async ({ name }) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { signal, stage } = next;
        const killed = await kill(cluster, plugin.path, name, signal, stage, rules[signal].deadlineMs);
        if (!killed.hit) {
          missed += 1;
          if (missed > total) throw new Error(`the stages cannot be hit:\n${killed.stderr}`);
          queue.push(next);
          continue;
        }
        const found = faults(signal, killed);
        done.push({ signal, stage, killed, faults: found });
        if (found.length > 0) console.log(`${name} ${signal} ${stage}: ${found.join(', ')}\n${killed.stderr}`);
        if (done.length % 10 === 0) console.log(`${done.length} of ${total}`);
      }
    }),
  );
  console.log('\nsignal   stage            runs  faults  debug pod gone after (s): median  longest');
  for (const signal of signals) {
    for (const stage of stageNames) {
      const runs = done.filter(run => run.signal === signal && run.stage === stage);
      const times = runs.map(({ killed }) => killed.goneAfterMs ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
      const seconds = (ms: number | undefined) => ((ms ?? 0) / 1000).toFixed(1).padStart(7);
      const bad = runs.filter(run => run.faults.length > 0).length;
      console.log(
        `${signal.padEnd(8)} ${stage.padEnd(16)} ${String(runs.length).padStart(4)}  ${String(bad).padStart(6)}  ${' '.repeat(24)}${seconds(times[times.length >> 1])}  ${seconds(times.at(-1))}`,
      );
    }
  }
  console.log(`(${missed} runs ended before their stage could be hit, and were repeated)`);
  const swept = await netinspect(cluster, plugin.path, ['cleanup', '-o', 'json']);
  console.log(`cleanup after all: exit code ${swept.exitCode}`);
  process.exitCode = done.some(run => run.faults.length > 0) || swept.exitCode !== 0 ? 1 : 0;
} finally {
  plugin.remove();
}
