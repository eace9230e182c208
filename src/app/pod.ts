import { runs, stateNotes, stateReason } from '../model/pod-state.ts';
import type { Note, PodReport } from '../model/report.ts';
import { cite } from '../model/section.ts';
import { serviceNotes } from '../model/service-notes.ts';
import { servicesOf } from '../model/services.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import type { PodTarget, Snapshot } from '../parse/snapshot.ts';
import { withoutEvidence } from './evidence.ts';
import { findPlace, findPod } from './pod-facts.ts';
import { offNode, readOnNode } from './pod-on-node.ts';
import { podWays } from './pod-ways.ts';
import { sectionReader } from './sections.ts';

/**
 * The pod's network end to end, from the snapshot alone. What is not known is null, with a gap that says why.
 * Throws IncompleteError `pod-not-in-snapshot` when the snapshot does not have the pod.
 */
export function podReport(snapshot: Snapshot, target: PodTarget, { evidence }: { evidence: boolean }): PodReport {
  const reader = sectionReader(snapshot);
  const facts = findPod(reader, target);
  const { pod, pods, nodes, events } = facts;
  const onNode = pod.nodeName !== null && runs(pod) ? pod.nodeName : null;
  const place = onNode === null ? null : findPlace(reader, onNode, pod);
  const read = onNode === null || place === null ? offNode(facts) : readOnNode(reader, facts, onNode, place);
  const [all, slices] = [
    reader.read('cluster/services.json', parseServices),
    reader.read('cluster/endpointslices.json', parseEndpointSlices),
  ];
  const services = servicesOf(pod, {
    services: all,
    slices,
    sockets: read.parts.sockets,
    socketsComplete: read.socketsComplete,
    chains: read.chains,
    ways: onNode === null ? () => [] : podWays(reader, facts, onNode, all, slices),
  });
  const ready = pod.conditions.find(({ type }) => type === 'Ready')?.status;
  const node = nodes.records.find(({ name }) => name === pod.nodeName);
  const report: PodReport = {
    apiVersion: 'netinspect/v1',
    kind: 'PodReport',
    time: snapshot.index.time,
    pod: {
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      phase: pod.phase,
      ready: ready === 'True' ? true : ready === 'False' ? false : null,
      hostNetwork: pod.hostNetwork,
      runtimeClass: pod.runtimeClass,
      reason: stateReason(pod, events.records),
      evidence: cite(pods, pod),
    },
    node:
      pod.nodeName === null
        ? null
        : { name: pod.nodeName, ips: node?.ips ?? [], evidence: node === undefined ? [] : cite(nodes, node) },
    ips: pod.ips,
    containers: read.containers,
    ...read.parts,
    services,
    notes: bySeverity([...stateNotes(facts, place), ...read.notes, ...serviceNotes(services ?? [])]),
    gaps: [...reader.gaps, ...read.gaps],
  };
  return evidence ? report : withoutEvidence(report);
}

/** Warnings first; otherwise in the order of what they are about. */
function bySeverity(notes: Note[]): Note[] {
  return notes.sort((a, b) => Number(a.severity === 'info') - Number(b.severity === 'info'));
}
