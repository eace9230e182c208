import { nodesOf } from '../collect/bundle-source.ts';
import { type ChainReader, chainReader } from '../model/chain-names.ts';
import type { ClusterList } from '../model/cluster-list.ts';
import type { NodeReport } from '../model/report.ts';
import type { RuleSet } from '../model/rules.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { hostOf } from './host.ts';
import { nodeReport } from './node.ts';
import { sectionReader } from './sections.ts';

/** The nodes, pods and services that a snapshot's API lists have, and nodes that it has data of alone. */
export function clusterList(snapshot: Snapshot): ClusterList {
  const reader = sectionReader(snapshot);
  const nodes = reader.read('cluster/nodes.json', parseNodes).records;
  const collected = new Set(nodesOf(snapshot).filter(name => isCollected(snapshot, name)));
  const unlisted = [...collected].filter(name => !nodes.some(node => node.name === name));
  return {
    time: snapshot.index.time,
    nodes: [
      ...nodes.map(({ name, ready, ips, kubeletVersion }) => ({
        name,
        ready,
        ips,
        kubeletVersion,
        collected: collected.has(name),
      })),
      ...unlisted.map(name => ({ name, ready: null, ips: [], kubeletVersion: null, collected: true })),
    ],
    pods: reader.read('cluster/pods.json', parsePods).records.map(pod => {
      const { namespace, name, phase, nodeName: node, ips, conditions } = pod;
      const ready = conditions.find(({ type }) => type === 'Ready')?.status;
      return { namespace, name, phase, ready: ready === undefined ? null : ready === 'True', node, ips };
    }),
    services: reader
      .read('cluster/services.json', parseServices)
      .records.map(({ namespace, name, type, clusterIPs, ports }) => ({
        namespace,
        name,
        type,
        clusterIPs,
        ports: ports.map(port => `${port.name === null ? '' : `${port.name} `}${port.port}/${port.protocol}`),
      })),
    problems: reader.gaps.map(({ subject, why }) => `${subject}: ${why}`),
  };
}

/** Whether the snapshot has data of the node itself. */
export function isCollected({ files }: Snapshot, node: string): boolean {
  return [...files.keys()].some(path => path.startsWith(`nodes/${node}/`));
}

/** A node with its rule set open to be read rule by rule. Throws as nodeReport does. */
export function openNode(
  snapshot: Snapshot,
  name: string,
): { report: NodeReport; rules: RuleSet; meaning: ChainReader; problems: string[] } {
  const reader = sectionReader(snapshot);
  const services = reader.read('cluster/services.json', parseServices, 'optional').records;
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices, 'optional').records;
  const { rules } = hostOf(reader, name);
  return {
    report: nodeReport(snapshot, name, { evidence: true }),
    rules,
    meaning: chainReader({ services, slices }),
    problems: reader.gaps.map(({ subject, why }) => `${subject}: ${why}`),
  };
}
