import type { Opened } from '../../app/open.ts';
import type { EndName, NamedDestination } from '../../app/trace-ends.ts';
import type { CollectRequest } from '../../collect/source.ts';
import { UsageError } from '../../errors.ts';
import type { Call } from '../command.ts';
import { connectionOptions } from '../options.ts';
import { completeness } from '../report.ts';
import { openScreen, opensScreen } from '../screen.ts';
import { withSource } from '../source.ts';
import { readDestination, readEnd } from './ends.ts';
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

/** On the live cluster the pod that a workload stands for has to be known before its node can be looked at. */
export async function namedSource(end: EndName, { flags }: Call, saved: boolean): Promise<EndName> {
  const { findWorkloadPod, isWorkload } = await import('../../app/workload.ts');
  if (saved || !isWorkload(end)) return end;
  return { kind: 'pod', ...(await findWorkloadPod(end, connectionOptions(flags))) };
}

/** A pod or service with the namespace that a bare name has there. */
export function located(end: EndName, opened: Pick<Opened, 'pod' | 'service'>): EndName {
  if (end.kind === 'pod') return { ...end, ...opened.pod(end) };
  if (end.kind === 'service') return { ...end, ...opened.service(end) };
  return end;
}

/** What is looked at: the node where the packet starts; one that comes from outside has to be told where it comes in. */
export function liveRequest(
  source: EndName,
  { end }: NamedDestination,
  allNodes: boolean,
  opened: Pick<Opened, 'pod' | 'service'>,
): CollectRequest {
  const services = end.kind === 'service' ? [opened.service(end)] : [];
  const namespaces = 'namespace' in end && end.kind !== 'service' ? [opened.pod(end).namespace] : [];
  const base = { pods: [], nodes: [], services, namespaces, allNodes };
  if (source.kind === 'pod') return { ...base, pods: [opened.pod(source)] };
  if (source.kind === 'node') return { ...base, nodes: [source.name] };
  if (allNodes || services.length > 0) return base;
  if (source.kind === 'address' || source.kind === 'internet' || source.kind === 'local') {
    if (end.kind === 'node') return { ...base, nodes: [end.name] };
    if (end.kind === 'pod') return { ...base, pods: [opened.pod(end)] };
  }
  throw new UsageError(
    'which-node',
    'it is not known on which node the packet starts or comes in',
    'name a pod or a node, or give --all-nodes: it starts a debug pod on each',
  );
}
