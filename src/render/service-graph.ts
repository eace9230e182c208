import type { Frontend, RuleBranch, ServiceOnNode, ServiceReport } from '../model/service-report.ts';
import type { Graph } from './graph.ts';
import { effectWords, percent, targetWords, wayKey } from './service-tree.ts';
import { endpoint } from './words.ts';

/** The ways from a service's front ends over each node's chains to its endpoints; marks are left out. */
export function serviceGraph({ service, nodes }: ServiceReport): Graph {
  const boxes = new Map<string, string>();
  const edges = new Map<string, Graph['edges'][number]>();
  const start = `${service.namespace}/${service.name}`;
  const box = (id: string, label: string) => {
    if (!boxes.has(id)) boxes.set(id, label);
    return id;
  };
  const join = (from: string, to: string, label: string) =>
    edges.set(JSON.stringify([from, to, label]), { from, to, label });
  const grow = (node: string, from: string, branches: readonly RuleBranch[]) => {
    for (const branch of branches) {
      const { effect } = branch;
      if (effect.kind === 'masquerade-mark') continue;
      const to = box(...boxOf(node, from, branch));
      join(from, to, edgeWords(branch));
      grow(node, to, branch.branches);
    }
  };
  box(start, start);
  for (const { node, frontends } of nodes)
    for (const front of frontends) {
      const id = box(`front ${node} ${frontWords(front)}`, `${frontWords(front)}\nseen from ${node}`);
      join(start, id, '');
      grow(node, id, front.branches);
    }
  return { nodes: [...boxes].map(([id, label]) => ({ id, label })), edges: [...edges.values()] };
}

/** Endpoints are the same box for every node; chains are each node's own. */
function boxOf(node: ServiceOnNode['node'], from: string, branch: RuleBranch): [id: string, label: string] {
  const { effect } = branch;
  if (effect.kind === 'endpoint') {
    const { address, port, pod } = effect.endpoint;
    return [
      `endpoint ${address} ${port}`,
      [
        endpoint(address, port),
        ...(pod === null ? [] : [targetWords(effect.endpoint).replace(/^\S+ \((.*)\)$/, '$1')]),
      ].join('\n'),
    ];
  }
  if (effect.kind === 'jump' || effect.kind === 'goto') return [`${node} ${wayKey(branch)}`, effect.chain];
  return [`${from} ${effect.kind}`, effectWords(branch).replace(/^→ /, '')];
}

function edgeWords({ when, share }: RuleBranch): string {
  const odds = share === 1 ? [] : [percent(share)];
  return [...when, ...odds].join('\n');
}

function frontWords({ address, port, protocol, family }: Frontend): string {
  return address === null ? `${family} node port ${port}/${protocol}` : `${endpoint(address, port)}/${protocol}`;
}
