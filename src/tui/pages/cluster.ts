import type { ClusterList } from '../../model/cluster-list.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { answer, list as commas } from '../../render/words.ts';
import { listPage, type Page } from '../page.ts';
import type { List } from '../place.ts';

/** One of the cluster's lists. */
export function clusterPage({ nodes, pods, services, time }: ClusterList, list: List, layout: Layout): Page {
  switch (list) {
    case 'nodes':
      return listPage(
        `nodes (${nodes.length}) · ${time}`,
        ['NODE', 'STATUS', 'ADDRESSES', 'KUBELET', 'DATA'],
        nodes.map(node => ({
          cells: [
            cell(node.name, 'name'),
            answer(node.ready, 'Ready', 'not Ready'),
            commas(node.ips),
            node.kubeletVersion ?? '',
            node.collected ? 'collected' : cell('not looked at', 'label'),
          ],
          to: { kind: 'node', node: node.name },
        })),
        layout,
      );
    case 'pods':
      return listPage(
        `pods (${pods.length}) · ${time}`,
        ['NAMESPACE', 'POD', 'STATUS', 'NODE', 'ADDRESSES'],
        pods.map(({ namespace, name, phase, ready, node, ips }) => ({
          cells: [
            namespace,
            cell(name, 'name'),
            phase === 'Running' ? answer(ready, 'ready', 'not ready', 'Running') : cell(phase, 'label'),
            node ?? '',
            commas(ips),
          ],
          to: { kind: 'pod', namespace, name },
          also: `${namespace}/${name}`,
        })),
        layout,
      );
    case 'services':
      return listPage(
        `services (${services.length}) · ${time}`,
        ['NAMESPACE', 'SERVICE', 'TYPE', 'CLUSTER IPS', 'PORTS'],
        services.map(({ namespace, name, type, clusterIPs, ports }) => ({
          cells: [namespace, cell(name, 'name'), type, commas(clusterIPs), commas(ports)],
          to: { kind: 'service', namespace, name },
          also: `${namespace}/${name}`,
        })),
        layout,
      );
  }
}
