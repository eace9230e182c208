import { waysTo } from '../model/pod-ways.ts';
import type { Section } from '../model/section.ts';
import { serviceEndpoints, serviceFacts } from '../model/service-facts.ts';
import type { Frontend } from '../model/service-report.ts';
import type { ServiceFacts } from '../model/services.ts';
import type { EndpointSliceRecord } from '../parse/kubernetes/endpointslices.ts';
import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { readFrontends } from './frontends.ts';
import { hostOf } from './host.ts';
import type { PodFacts } from './pod-facts.ts';
import type { SectionReader } from './sections.ts';

/** Finds the ways to a pod over service ports, in the rules of its node; each service is walked once. */
export function podWays(
  reader: SectionReader,
  { pod, pods, nodes }: PodFacts,
  node: string,
  services: Section<ServiceRecord>,
  slices: Section<EndpointSliceRecord>,
): ServiceFacts['ways'] {
  const host = hostOf(reader, node);
  const place = nodes.records.find(({ name }) => name === node);
  const known = new Map<ServiceRecord, Frontend[]>();
  const frontends = (record: ServiceRecord) => {
    const facts = serviceFacts(services, record, slices);
    if (facts.headless || facts.type === 'ExternalName') return [];
    const endpoints = serviceEndpoints(slices, pods.records, facts);
    const view = { host, node: place, pods: pods.records, endpoints, evidence: false };
    return readFrontends(facts, record.ipFamilies, view);
  };
  return (record, port) => {
    const all = known.get(record) ?? frontends(record);
    known.set(record, all);
    const own = all.filter(front => front.portName === (port.name || null) && front.protocol === port.protocol);
    return waysTo(pod.ips, own);
  };
}
