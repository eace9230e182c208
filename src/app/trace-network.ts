import type { LookedAt, Network } from '../analyse/trace/path-network.ts';
import { attach, primaryInterface } from '../model/attachment.ts';
import { podInterfaces } from '../model/interfaces.ts';
import { overlaysOf } from '../model/overlay.ts';
import { socketsOf } from '../model/sockets.ts';
import type { PodSockets } from '../model/trace-notes.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { type PodRecord, parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import { podPath, type Snapshot } from '../parse/snapshot.ts';
import { parseSockets } from '../parse/sockets.ts';
import { hostOf, podHostOf } from './host.ts';
import { findPlace } from './pod-facts.ts';
import type { SectionReader } from './sections.ts';
import { readNodeStack, readStack } from './stacks.ts';

/** What a snapshot has of the network: nodes, the network namespaces of pods with their sockets, the API's objects. */
export function networkOf(
  snapshot: Snapshot,
  reader: SectionReader,
): { network: Network; sockets: ReadonlyMap<string, PodSockets> } {
  const nodeRecords = reader.read('cluster/nodes.json', parseNodes).records;
  const objects: Network['objects'] = {
    pods: reader.read('cluster/pods.json', parsePods).records,
    services: reader.read('cluster/services.json', parseServices).records,
    slices: reader.read('cluster/endpointslices.json', parseEndpointSlices).records,
    nodes: nodeRecords,
  };
  const nodes = new Map<string, LookedAt>();
  const pods = new Map<string, LookedAt['host']>();
  const ports = new Map<string, { name: string; hairpin: boolean | null }>();
  const sockets = new Map<string, PodSockets>();
  for (const name of nodesIn(snapshot)) {
    const podsHere = objects.pods.filter(({ nodeName, hostNetwork }) => nodeName === name && !hostNetwork);
    const collected = podsHere.filter(pod => snapshot.files.has(podPath(name, pod, 'link.json')));
    const places = new Map(collected.map(pod => [pod, findPlace(reader, name, pod)]));
    const inode = [...places.values()].find(place => place.nodeInode !== null)?.nodeInode ?? null;
    const stack = readNodeStack(reader, name, inode);
    nodes.set(name, { host: hostOf(reader, name), stack, overlays: overlaysOf(stack, nodeRecords) });
    for (const [pod, place] of places) {
      const key = `${pod.namespace}/${pod.name}`;
      pods.set(key, podHostOf(reader, name, pod));
      const inside = readStack(reader, section => podPath(name, pod, section), place.inode);
      const port = bridgePort(pod, inside, stack, podsHere);
      if (port !== null) ports.set(key, port);
      const listening = reader.read(podPath(name, pod, 'sockets.txt'), parseSockets, 'optional');
      const own = socketsOf(listening, [], null);
      if (own !== null) sockets.set(key, { sockets: own, complete: listening.state === 'whole' });
    }
  }
  return { network: { nodes, pods, ports, objects }, sockets };
}

function bridgePort(
  pod: PodRecord,
  inside: Parameters<typeof podInterfaces>[0],
  node: LookedAt['stack'],
  podsHere: readonly PodRecord[],
): { name: string; hairpin: boolean | null } | null {
  const { interfaces } = podInterfaces(inside, node);
  const primary = primaryInterface(interfaces, pod.ips);
  const { attachment } = attach(pod, primary, inside, node, podsHere);
  if (attachment.kind !== 'bridge') return null;
  const member = attachment.members.find(({ name }) => name === primary?.peer?.name);
  return member === undefined ? null : { name: member.name, hairpin: member.hairpin };
}

function nodesIn({ files }: Snapshot): string[] {
  const named = [...files.keys()].flatMap(path => /^nodes\/([^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(named)].sort();
}
