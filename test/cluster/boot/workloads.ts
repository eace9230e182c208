import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourcePath } from '../paths.ts';
import { apiServer, kubeProxyImage, net, nodes } from '../plan.ts';
import { execOnNode } from './node.ts';

/** kubectl on the cluster that is being started: arguments and standard input to standard output. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** Applies what nodes need to be nodes: their objects, kube-proxy for each mode, flannel's rights. */
export async function applySystem(kubectl: Kubectl): Promise<void> {
  const perNode = await Promise.all(
    nodes.map(async node => [
      await manifest('system/nodes.yaml', { node: node.name, ...node }),
      await manifest('system/kube-proxy-mode.yaml', {
        ...node,
        mode: node.proxyMode.split('-')[0] ?? '',
        image: kubeProxyImage(node.proxyMode),
        clusterCidrs: `${net.podCidr4},${net.podCidr6}`,
        apiServer,
      }),
    ]),
  );
  const shared = ['kube-proxy', 'flannel'].map(name => manifest(`system/${name}.yaml`, {}));
  await apply(kubectl, [...perNode.flat(), ...(await Promise.all(shared))]);
}

/** Applies CoreDNS once every node leads to the API server's service: a connection tried before hangs for half a minute. */
export async function applyDns(kubectl: Kubectl): Promise<void> {
  await onEveryNode(['curl', '-skm1', '-o/dev/null', `https://${net.apiService4}/`]);
  await apply(kubectl, [await manifest('system/coredns.yaml', {})]);
}

/** Applies the workloads. Pods are refused until their namespace has its default service account, so that is awaited. */
export async function applyWorkloads(kubectl: Kubectl): Promise<void> {
  await apply(kubectl, [await manifest('workloads/namespaces.yaml', {})]);
  await kubectl(['wait', '--for=create', 'serviceaccount/default', '--namespace=shop', '--timeout=30s']);
  const perNode = nodes.map(node => manifest('workloads/per-node.yaml', { node: node.name }));
  const shared = ['web', 'faults', 'per-node-services'].map(name => manifest(`workloads/${name}.yaml`, {}));
  await apply(kubectl, await Promise.all([...shared, ...perNode]));
  const ingress = [{ ip: '192.0.2.80' }, { ip: '2001:db8::80' }];
  const patch = JSON.stringify({ status: { loadBalancer: { ingress } } });
  await kubectl([
    'patch',
    'service',
    'web-load-balancer',
    '--namespace=shop',
    '--subresource=status',
    '--type=merge',
    '-p',
    patch,
  ]);
}

/** Waits until every pod is what it shall be. */
export async function awaitWorkloads(kubectl: Kubectl): Promise<void> {
  const wait = (...args: string[]) => kubectl(['wait', '--timeout=120s', ...args]);
  await wait('--for=condition=Ready', 'node', '--all');
  await wait('--for=jsonpath={.status.readyReplicas}=3', 'statefulset/web', '--namespace=shop');
  await wait('--for=condition=Available', 'deployment/coredns', '--namespace=kube-system');
  await Promise.all([
    wait('--for=condition=Ready', 'pod', '--namespace=kube-system', '--selector=k8s-app=kube-proxy'),
    wait(
      '--for=condition=Ready',
      'pod',
      '--namespace=shop',
      '--selector=app notin (not-ready, completed, unschedulable)',
    ),
    wait('--for=jsonpath={.status.phase}=Running', 'pod', '--namespace=shop', '--selector=app=not-ready'),
    wait('--for=jsonpath={.status.phase}=Succeeded', 'pod', '--namespace=shop', '--selector=app=completed'),
  ]);
}

/** Waits until every node leads to each replica and to the DNS in both families: pods are ready before kube-proxy has their rules. */
export async function awaitServices(kubectl: Kubectl): Promise<void> {
  const addresses = await kubectl([
    'get',
    'service',
    'web',
    '--namespace=shop',
    '--output=jsonpath={.spec.clusterIPs[*]}',
  ]);
  const everyReplica = 'test "$(curl -sfm1 "-HConnection: close" "$1?[1-20]" | sort -u | wc -l)" = 3';
  const curl = addresses
    .split(' ')
    .map(ip => ['sh', '-c', everyReplica, 'sh', `http://${ip.includes(':') ? `[${ip}]` : ip}/`]);
  const dig = ['dig', '+time=1', '+tries=1', '+short', `@${net.dnsService4}`, 'web.shop.svc.cluster.local', 'A'];
  await Promise.all([...curl, dig].map(onEveryNode));
}

/** Waits until the command succeeds on every node. */
async function onEveryNode(command: string[]): Promise<void> {
  await Promise.all(
    nodes.map(async node => {
      for (let attempt = 0; (await execOnNode(node.name, command)).exitCode !== 0; attempt++) {
        if (attempt === 600) throw new Error(`on ${node.name}, \`${command.join(' ')}\` has no answer`);
        await sleep(100);
      }
    }),
  );
}

/** A manifest with its `$name`s filled in; `$(NAME)` is Kubernetes' own and stays. */
async function manifest(name: string, values: Record<string, unknown>): Promise<string> {
  const text = await readFile(sourcePath('manifests', name), 'utf8');
  return text.replace(/\$([a-zA-Z0-9]+)/g, (all, key: string) => (key in values ? String(values[key]) : all));
}

async function apply(kubectl: Kubectl, manifests: string[]): Promise<void> {
  await kubectl(['apply', '--filename=-'], manifests.join('\n---\n'));
}
