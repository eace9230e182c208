import type { ClusterList } from '../../model/cluster-list.ts';
import { type CellLike, cell, type Layout } from '../../render/layout.ts';
import { answer, list as commas } from '../../render/words.ts';
import type { Documents, Loaded } from '../documents.ts';
import { linesPage, listPage, type Page, plain } from '../page.ts';
import { documentKey, type List } from '../place.ts';

/** One of the cluster's lists. */
export function clusterPage(
  { nodes, pods, services, time, problems }: ClusterList,
  list: List,
  documents: Documents,
  layout: Layout,
): Page {
  const why = problems.filter(problem => problem.startsWith(`cluster/${list}.json: `));
  if (why.length > 0 && { nodes, pods, services }[list].length === 0)
    return linesPage(
      `✗ ${list}`,
      why.map(text => plain(`✗ ${text}`)),
    );
  switch (list) {
    case 'nodes': {
      const onNode = (node: string) => documents.get(documentKey({ kind: 'node', node }));
      const isLive = nodes.some(({ name }) => takenAt(onNode(name)) !== '');
      return listPage(
        `nodes (${nodes.length}) · ${time}`,
        ['NODE', 'STATUS', 'ADDRESSES', 'KUBELET', 'KUBE-PROXY', 'CNI', ...(isLive ? ['LOOKED AT'] : [])],
        nodes.map(node => ({
          cells: [
            cell(node.name, 'name'),
            answer(node.ready, 'Ready', 'not Ready'),
            commas(node.ips),
            node.kubeletVersion ?? '',
            ...lookedAt(onNode(node.name), node.collected),
            ...(isLive ? [takenAt(onNode(node.name))] : []),
          ],
          to: { kind: 'node', node: node.name },
        })),
        layout,
      );
    }
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

/** What a look at the node has told: kube-proxy's mode, the CNI plugin. */
function lookedAt(loaded: Loaded | undefined, collected: boolean): CellLike[] {
  if (loaded === undefined) return [cell(collected ? 'enter to see' : 'not looked at', 'label'), ''];
  if (loaded.state === 'loading') return [cell('loading …', 'label'), ''];
  if (loaded.state === 'failed') return [cell('✗ not loaded', 'bad'), ''];
  if (loaded.document.kind !== 'node') return ['', ''];
  const { kubeProxy, cni } = loaded.document.report;
  const backends = commas(kubeProxy.backends.filter(backend => backend !== kubeProxy.mode));
  const mode = backends === '' ? kubeProxy.mode : backends;
  return [kubeProxy.mode === 'unknown' ? cell('? not known', 'doubt') : mode, cni?.plugins[0] ?? cell('?', 'doubt')];
}

/** When a live node was looked at, UTC; empty where it was not. */
function takenAt(loaded: Loaded | undefined): string {
  if (loaded?.state !== 'ready' || loaded.at === null) return '';
  return `${new Date(loaded.at).toISOString().slice(11, 19)}Z`;
}
