import type { Opened } from '../../app/open.ts';
import type { CollectRequest } from '../../collect/source.ts';
import { UsageError } from '../../errors.ts';
import type { Call } from '../command.ts';
import { completeness } from '../report.ts';
import { openScreen, opensScreen } from '../screen.ts';
import { withSource } from '../source.ts';
import { readDestination, readEnd } from './ends.ts';
import { liveRequest, located, namedSource } from './located.ts';
import { packetWishes } from './packet-flags.ts';
import { printTrace, traceExitCode } from './report.ts';

/** `trace SRC DST` on the live cluster or a snapshot; `print`: in other words than its own. Gives the exit code. */
export async function traceCluster(call: Call, print = printTrace): Promise<number> {
  const { args, flags, terminal } = call;
  const [from, to] = args;
  if (from === undefined || to === undefined)
    throw new UsageError(
      'missing-name',
      'a source and a destination are needed',
      'for instance: kubectl netinspect trace web-0 svc/api:80',
    );
  if (print === printTrace && opensScreen(call) && !flags.on('all-nodes')) {
    const { tracePlace } = await import('../screen/trace.ts');
    return openScreen(call, source => tracePlace(call, { from, to }, source));
  }
  const destination = readDestination(to, flags.get('namespace'));
  const allNodes = flags.on('all-nodes');
  const saved = flags.given('from');
  const source = await namedSource(readEnd(from, flags.get('namespace')), call, saved);
  const request = (opened: Opened): CollectRequest =>
    saved ? { pods: [], nodes: [] } : liveRequest(source, destination, allNodes, opened);
  if (flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, request);
  const save = flags.get('save');
  const saving = save === undefined ? undefined : await import('../../app/save.ts');
  if (save !== undefined) saving?.snapshotForm(save);
  return withSource(call, async (opened, progress) => {
    const [snapshot, { tracer }] = await Promise.all([opened.collect(request(opened)), import('../../app/trace.ts')]);
    progress.stop();
    if (save !== undefined) await saving?.saveSnapshot(save, snapshot);
    const report = tracer(snapshot)({
      source: located(source, opened),
      destination: { ...destination, end: located(destination.end, opened) },
      wishes: packetWishes(flags),
      allNodes,
      reply: flags.on('reply'),
      evidence: flags.on('evidence'),
    });
    await print(call, report);
    return Math.max(traceExitCode(report), completeness(snapshot, terminal));
  });
}
