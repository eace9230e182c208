import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execOnNode, startKubelet, stopKubelet } from './boot/node.ts';
import { clusterState } from './boot/status.ts';
import { up } from './boot/up.ts';
import { awaitServices, awaitWorkloads } from './boot/workloads.ts';
import { type Output, runKubectl } from './kubectl.ts';
import { kubeconfigPath } from './paths.ts';
import { maxPods, type NodePlan, nodes, pauseImage } from './plan.ts';

/** A node as tests see it: of a cluster that is not ours, only what its API says is known. */
type ClusterNode = Pick<NodePlan, 'name' | 'ip4' | 'ip6'> & {
  proxyMode: NodePlan['proxyMode'] | null;
  cni: NodePlan['cni'] | null;
};

export interface Cluster {
  kubeconfig: string;
  /** Path (or name) of the kubectl that belongs to the cluster. */
  kubectlPath: string;
  /** False for the cluster of NETINSPECT_TEST_KUBECONFIG, which tests leave as it was: the last five members throw there. */
  isOurs: boolean;
  nodes: ClusterNode[];
  /** kubectl's standard output; throws when it fails. */
  kubectl(args: string[], input?: string): Promise<string>;
  /** `kubectl get … -o json`, parsed. */
  getJson<T>(...args: string[]): Promise<T>;
  /** Runs a command in every namespace of a node (not in a container); a failing one is an answer too. */
  nodeExec(node: string, argv: string[], input?: string): Promise<Output>;
  /** The node is NotReady some 12 s later; its containers go on. */
  stopKubelet(node: string): Promise<void>;
  /** Gives when the node and its pods are Ready again, and every node leads to them. */
  startKubelet(node: string): Promise<void>;
  /** Starts pods (app=filler, namespace default) until the node takes no more: the next one that is put there is OutOfpods. */
  fill(node: string): Promise<void>;
  /** Deletes them. */
  unfill(): Promise<void>;
}

/** The cluster that tests use: the one NETINSPECT_TEST_KUBECONFIG names, else ours, started when it is not up. Never the user's KUBECONFIG. */
export async function ensureCluster(): Promise<Cluster> {
  const named = process.env['NETINSPECT_TEST_KUBECONFIG'];
  if (named) return foreignCluster(named);
  const lines: string[] = [];
  await up(line => lines.push(line));
  const state = await clusterState();
  if (!state.isUp) throw new Error(`the test cluster is not up: ${state.why}\n${lines.join('\n')}`);
  return ourCluster(join(state.programs, 'kubectl'));
}

function ourCluster(kubectlPath: string): Cluster {
  const access = apiAccess(kubectlPath, kubeconfigPath);
  const planOf = (name: string): NodePlan => {
    const node = nodes.find(each => each.name === name);
    if (!node) throw new Error(`no node ${name} in the test cluster`);
    return node;
  };
  return {
    ...access,
    isOurs: true,
    nodes: nodes.map(({ name, ip4, ip6, proxyMode, cni }) => ({ name, ip4, ip6, proxyMode, cni })),
    nodeExec: (node, argv, input) => execOnNode(planOf(node).name, argv, input),
    stopKubelet: node => stopKubelet(planOf(node)),
    startKubelet: async node => {
      startKubelet(planOf(node));
      await awaitWorkloads(access.kubectl);
      await awaitServices(access.kubectl);
    },
    fill: async node => {
      const there = await lastingPods(access, node);
      const fillers = Array.from({ length: maxPods(node) - there.length }, (_, index) => filler(node, index));
      await access.kubectl(
        ['apply', '--filename=-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: fillers }),
      );
      const wait = [
        'wait',
        '--for=condition=Ready',
        'pod',
        '--namespace=default',
        '--selector=app=filler',
        '--timeout=60s',
      ];
      await access.kubectl(wait);
    },
    unfill: async () => {
      await access.kubectl(['delete', 'pod', '--namespace=default', '--selector=app=filler', '--now']);
    },
  };
}

/** The pods that count on a node, once none of them is about to go. */
async function lastingPods({ getJson }: ReturnType<typeof apiAccess>, node: string): Promise<ApiPod[]> {
  for (let attempt = 0; ; attempt++) {
    const onNode = `--field-selector=spec.nodeName=${node}`;
    const { items } = await getJson<{ items: ApiPod[] }>('pods', '--all-namespaces', onNode);
    if (items.every(({ metadata }) => metadata.deletionTimestamp === undefined))
      return items.filter(({ status }) => !['Succeeded', 'Failed'].includes(status.phase));
    if (attempt === 100) throw new Error(`a pod on ${node} is being deleted and does not go`);
    await sleep(200);
  }
}

function filler(node: string, index: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `filler-${index}`, namespace: 'default', labels: { app: 'filler' } },
    spec: { nodeName: node, hostNetwork: true, containers: [{ name: 'pause', image: pauseImage }] },
  };
}

async function foreignCluster(kubeconfig: string): Promise<Cluster> {
  const access = apiAccess(process.env['KUBECTL_PATH'] ?? 'kubectl', kubeconfig);
  const { items } = await access.getJson<{ items: ApiNode[] }>('nodes');
  const refuse = async (): Promise<never> => {
    throw new Error('only on our own test cluster; this one is of NETINSPECT_TEST_KUBECONFIG');
  };
  return {
    ...access,
    isOurs: false,
    nodes: items.map(({ metadata, status }) => {
      const addresses = status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
      const ip4 = addresses.find(address => !address.includes(':')) ?? '';
      const ip6 = addresses.find(address => address.includes(':')) ?? '';
      return { name: metadata.name, ip4, ip6, proxyMode: null, cni: null };
    }),
    nodeExec: refuse,
    stopKubelet: refuse,
    startKubelet: refuse,
    fill: refuse,
    unfill: refuse,
  };
}

function apiAccess(kubectlPath: string, kubeconfig: string) {
  const kubectl = (args: string[], input?: string) => runKubectl([kubectlPath], kubeconfig, args, input);
  const getJson = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await kubectl(['get', ...args, '--output=json']));
  return { kubectlPath, kubeconfig, kubectl, getJson };
}

interface ApiPod {
  metadata: { deletionTimestamp?: string };
  status: { phase: string };
}

interface ApiNode {
  metadata: { name: string };
  status: { addresses: { type: string; address: string }[] };
}
