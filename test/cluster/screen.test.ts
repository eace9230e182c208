import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { Terminal } from '../terminal/terminal.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { pluginDirectory, pluginEnvironment } from './program.ts';

/** The screen on the live cluster, in a real terminal, by keys alone. */

jest.setTimeout(120_000);

const namespace = 'netinspect-screen';
let cluster: Cluster;
let plugin: { path: string; remove: () => void };
let terminal: Terminal | undefined;

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(object));
});

afterEach(() => {
  terminal?.close();
  terminal = undefined;
});

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  plugin?.remove();
});

/** `kubectl netinspect WORDS` in a terminal, its debug pods in a namespace of our own. */
function start(words = ''): Terminal {
  const args = [...words.split(' ').filter(Boolean), `--debug-namespace=${namespace}`];
  terminal = new Terminal(['netinspect', ...args], {
    program: cluster.kubectlPath,
    columns: 160,
    rows: 50,
    env: pluginEnvironment(cluster, plugin.path),
  });
  return terminal;
}

/** The nodes of the debug pods that are there, sorted. */
async function debugPods(): Promise<string[]> {
  const { items } = await cluster.getJson<{
    items: { metadata: { deletionTimestamp?: string }; spec: { nodeName: string } }[];
  }>('pods', `--namespace=${namespace}`);
  return items.flatMap(({ metadata, spec }) => (metadata.deletionTimestamp ? [] : [spec.nodeName])).sort();
}

/** Waits until no pod is left, being deleted or not. */
async function untilNone(): Promise<void> {
  await cluster.kubectl(['wait', '--for=delete', 'pod', '--all', `--namespace=${namespace}`, '--timeout=30s']);
}

/** The pod of StatefulSet web that the scheduler has put on a node. */
async function webOn(node: string): Promise<string> {
  const { items } = await cluster.getJson<{ items: { metadata: { name: string } }[] }>(
    'pods',
    '--namespace=shop',
    '--selector=app=web',
    `--field-selector=spec.nodeName=${node}`,
  );
  const name = items.map(({ metadata }) => metadata.name).find(each => each.startsWith('web-'));
  if (name === undefined) throw new Error(`no pod of web is on ${node}`);
  return name;
}

test('the API alone, until a node is entered; then each node has one pod, and keys lead on and back', async () => {
  const screen = start();
  await screen.until(/^cluster nodes [\s\S]*node1 +✓ Ready .* not looked at[\s\S]*node3 +✓ Ready .* not looked at/m);
  screen.press('Tab');
  await screen.until(/shop +web-0 +✓ ready/);
  expect(await debugPods()).toEqual([]);

  const web = await webOn('node1');
  screen.press(`/ "shop/${web}" Enter Enter`);
  await screen.until(new RegExp(`› pod shop/${web} [\\s\\S]*MTU 1450`));
  expect(await debugPods()).toEqual(['node1']);
  screen.press('/ "→ service shop/web" Enter Enter');
  await screen.until(/› service shop\/web [\s\S]*33\.3 %/);
  screen.press('/ "nat PREROUTING" Enter Enter');
  await screen.until(/› KUBE-SERVICES .* s ago/);
  screen.press('Enter');
  await screen.until(/› KUBE-SVC-\w+ .* s ago/);
  screen.press('/ "SEP" Enter Enter');
  await screen.until(/› KUBE-SEP-\w+ .* s ago/);
  screen.press('/ "DNAT" Enter Enter');
  await screen.until(/› KUBE-SEP-\w+ › pod shop\/web-\d .* s ago/);
  screen.press('BSpace');
  await screen.until(/› KUBE-SEP-\w+ .* s ago/);
  screen.press('BSpace BSpace');
  await screen.until(/› KUBE-SVC-\w+ .* s ago/);

  screen.press('1');
  await screen.until(/node1 .* iptables-nft +flannel/);
  screen.press('/ "node3" Enter Enter');
  await screen.until(/› node3 .* s ago[\s\S]*nftables/);
  expect(await debugPods()).toContain('node3');
  screen.press('q');
  await screen.until(/^code 0$/m);
  await untilNone();
});

/** A service of our own, for endpoints that the test chooses. */
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'watched', namespace },
  spec: { ports: [{ port: 80, targetPort: 8080 }] },
};

function slice(addresses: readonly string[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'watched', namespace, labels: { 'kubernetes.io/service-name': 'watched' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080 }],
    endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
  };
}

test('a watch has rates that move under real traffic, and marks rules that come and go', async () => {
  const apply = (object: object) => cluster.kubectl(['apply', '--filename=-'], JSON.stringify(object));
  const podIp = async (name: string) =>
    (await cluster.getJson<{ status: { podIP: string } }>('pod', name, '--namespace=shop')).status.podIP;
  const [first, second] = await Promise.all([podIp('web-0'), podIp('web-1')]);
  await apply(slice([first, second]));
  await apply(service);
  const { spec } = await cluster.getJson<{ spec: { clusterIP: string } }>(
    'service',
    'watched',
    `--namespace=${namespace}`,
  );
  const screen = start('chains node1 ip/nat/KUBE-SERVICES');
  await screen.until(/› KUBE-SERVICES .* s ago/);
  screen.press(`/ "${spec.clusterIP}" Enter Enter`);
  await screen.until(/› KUBE-SVC-\w+ .* s ago[\s\S]*random 1 in 2[\s\S]*otherwise/);
  screen.press('w');
  await screen.until(/watching · \d+ s ago[\s\S]*PKTS\/S/);
  const requests = `for i in $(seq 1 80); do curl -s -o /dev/null -m 2 http://${spec.clusterIP}/; done`;
  const traffic = cluster.kubectl(['exec', '--namespace=shop', 'client-node1', '--', 'sh', '-c', requests]);
  await screen.until(/ 50 % +[1-9][\d.]* +\d+ +random 1 in 2/);
  await traffic;
  await screen.until(/ 50 % +0 +[1-9]\d* +random 1 in 2/);
  await apply(slice([first]));
  await screen.until(/ -\d+ +gone +random 1 in 2[\s\S]* -\d+ +gone[\s\S]* \+\d+ +0 +0 +→ KUBE-SEP/);
  screen.press('w');
  await screen.until(/^cluster .*(?<!watching · )\d+ s ago$/m);
  screen.press('q');
  await screen.until(/^code 0$/m);
  await untilNone();
});

describe('nothing is left behind', () => {
  test.each([
    ['q while the pod starts', 'q', 0, /starting a debug pod on node2/],
    ['Ctrl-C while the node is read', 'C-c', 130, /collecting on node2/],
    ['SIGHUP while the pod starts', 'SIGHUP', 129, /starting a debug pod on node2/],
  ] as const)('%s', async (_name, end, code, when) => {
    const screen = start('node node2');
    await screen.until(when);
    if (end.startsWith('SIG')) screen.signal(end as NodeJS.Signals);
    else screen.press(end);
    await screen.until(new RegExp(`^code ${code}$`, 'm'));
    await untilNone();
    const { stdout } = await execa('pgrep', ['-fc', `exec -i --namespace=${namespace}`], { reject: false });
    expect(Number(stdout)).toBe(0);
  });
});

test('lists that may not be read say why', async () => {
  const screen = start('--as=netinspect-nobody');
  // They are read at once; the first refusal is told.
  await screen.until(/✗ [\w.]+ is forbidden: User "netinspect-nobody" cannot list resource "\w+"[\s\S]*ctrl-r/);
  screen.press('q');
  await screen.until(/^code 0$/m);
});

test('a node that fails says why, can be retried, and the rest stays usable', async () => {
  const screen = start('--debug-image=docker.io/none/such:v1');
  await screen.until(/▸ node1/);
  screen.press('Enter');
  await screen.until(/✗ node1 cannot get the image docker.io\/none\/such:v1[\s\S]*--debug-image[\s\S]*ctrl-r/);
  screen.press('C-r');
  await screen.until(/starting a debug pod on node1/);
  await screen.until(/✗ node1 cannot get the image/);
  screen.press('2');
  await screen.until(/shop +web-0 +✓ ready/);
  screen.press('q');
  await screen.until(/^code 0$/m);
  await untilNone();
});
