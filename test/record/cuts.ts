/**
 * The record run: exec, capture and probe cut off at random moments, on the real cluster, with figures.
 *
 *     node test/record/cuts.ts [--count N] [--seed N]      default 200 times
 *
 * Exit code 1 when a process, a pod or a file was left on a node.
 */
import { parseArgs } from 'node:util';
import { cutOff, filesLeft, type Outcome, plans } from '../cluster/cut.ts';
import { ensureCluster } from '../cluster/harness.ts';
import { pluginDirectory } from '../cluster/program.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: String(Date.now() % 1e6) } },
});
const namespace = 'netinspect-cut-record';
const atOnce = 4;
const deadlineMs = 30_000;

const cluster = await ensureCluster();
const plugin = pluginDirectory();
await cluster.kubectl(
  ['apply', '--filename=-'],
  JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
);
const queue = plans(Number(values.count), Number(values.seed));
const total = queue.length;
const done: Outcome[] = [];
console.log(`${total} cuts, seed ${values.seed}`);

async function worker(): Promise<void> {
  for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
    const outcome = await cutOff(cluster, plugin.path, namespace, plan, deadlineMs);
    done.push(outcome);
    if (outcome.left.length > 0)
      console.log(`${plan.command}, ${plan.cut} after ${plan.afterMs} ms: left\n  ${outcome.left.join('\n  ')}`);
    if (done.length % 20 === 0) console.log(`${done.length} of ${total}`);
  }
}

await Promise.all(Array.from({ length: atOnce }, worker));
for (const cut of ['SIGINT', 'SIGTERM', 'SIGKILL', 'connections'] as const) {
  const times = done
    .filter(({ plan }) => plan.cut === cut)
    .flatMap(({ goneAfterMs }) => goneAfterMs ?? [])
    .sort((a, b) => a - b);
  const at = (part: number) => ((times[Math.floor(part * (times.length - 1))] ?? 0) / 1000).toFixed(1);
  console.log(`${cut}: ${times.length} gone, after ${at(0.5)} s (median), ${at(1)} s (longest)`);
}
const files = await filesLeft(cluster);
const { items } = await cluster.getJson<{ items: { status: { phase: string } }[] }>('pods', `--namespace=${namespace}`);
const pods = items.filter(({ status }) => status.phase === 'Running').length;
const left = done.filter(outcome => outcome.left.length > 0).length;
console.log(`left: ${left} with processes, ${pods} pods that run, ${files.length} files ${files.join(' ')}`);
await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
plugin.remove();
process.exitCode = left + pods + files.length > 0 ? 1 : 0;
