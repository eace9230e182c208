import { IncompleteError } from '../errors.ts';
import type { Section } from '../model/section.ts';
import { type EventRecord, parseEvents } from '../parse/kubernetes/events.ts';
import { type NodeRecord, parseNodes } from '../parse/kubernetes/nodes.ts';
import { type PodRecord, parsePods } from '../parse/kubernetes/pods.ts';
import { type NetnsInodeRecord, parseNetns } from '../parse/netns.ts';
import { type ProcessRecord, parsePids } from '../parse/pids.ts';
import { type PodTarget, podPath } from '../parse/snapshot.ts';
import type { SectionReader } from './sections.ts';

/** The pod and what the cluster's lists say around it. */
export interface PodFacts {
  pod: PodRecord;
  pods: Section<PodRecord>;
  nodes: Section<NodeRecord>;
  events: Section<EventRecord>;
}

/**
 * Finds the pod in the snapshot's list, or, in a snapshot made by hand that has none, by its folder on a node.
 * Throws IncompleteError `pod-not-in-snapshot` when it is in neither.
 */
export function findPod(reader: SectionReader, target: PodTarget): PodFacts {
  const pods = reader.read('cluster/pods.json', parsePods);
  const listed = pods.records.find(({ namespace, name }) => namespace === target.namespace && name === target.name);
  const pod = listed ?? podOfFolder(reader, target);
  if (pod === undefined) {
    const known = pods.records.filter(({ name }) => name === target.name).map(({ namespace }) => namespace);
    const next =
      known.length > 0 ? `it has a pod of that name in namespace ${known.join(', ')}: name it with -n` : undefined;
    throw new IncompleteError('pod-not-in-snapshot', `pod ${target.namespace}/${target.name} is not in the data`, next);
  }
  return {
    pod,
    pods,
    nodes: reader.read('cluster/nodes.json', parseNodes),
    events: reader.read('cluster/events.json', parseEvents, 'optional'),
  };
}

function podOfFolder(reader: SectionReader, { namespace, name }: PodTarget): PodRecord | undefined {
  const folder = `/pods/${namespace}_${name}/`;
  const node = reader
    .list('nodes/')
    .find(path => path.includes(folder))
    ?.split('/')[1];
  if (node === undefined) return undefined;
  return {
    raw: '',
    namespace,
    name,
    uid: '',
    labels: {},
    owner: null,
    nodeName: node,
    hostNetwork: false,
    runtimeClass: null,
    phase: 'Unknown',
    reason: null,
    message: null,
    deleting: false,
    deletedAt: null,
    ips: [],
    conditions: [],
    containers: [],
  };
}

/** The pod's processes and network namespace on its node. */
export interface Place {
  processes: Section<ProcessRecord>;
  netns: Section<NetnsInodeRecord>;
  /** The inode of the pod's network namespace, and of the node's own; null when not known. */
  inode: number | null;
  nodeInode: number | null;
  /** Where its network namespace was found. */
  file: string | null;
}

/** Reads where the pod is on its node: netns.txt, or the processes' own namespaces where there is none. */
export function findPlace(reader: SectionReader, node: string, pod: PodRecord): Place {
  const processes = reader.read(podPath(node, pod, 'pids.json'), parsePids);
  const netns = reader.read(podPath(node, pod, 'netns.txt'), parseNetns);
  const [own, host] = netns.records;
  const inodes = new Set(
    processes.records.flatMap(({ netns: inode, containerId }) => (containerId === null ? [] : (inode ?? []))),
  );
  const [only] = inodes;
  return {
    processes,
    netns,
    inode: own?.inode ?? (inodes.size === 1 ? (only ?? null) : null),
    nodeInode: host?.inode ?? null,
    file: own?.file ?? null,
  };
}
