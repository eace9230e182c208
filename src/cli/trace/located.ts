import type { Opened } from '../../app/open.ts';
import type { EndName, NamedDestination } from '../../app/trace-ends.ts';
import type { CollectRequest } from '../../collect/source.ts';
import { UsageError } from '../../errors.ts';
import type { Call } from '../command.ts';
import { connectionOptions } from '../options.ts';

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
