/**
 * `npm run demo:record`: records demo/demo.tar.gz from the test cluster, with a few real faults that are made before and
 * undone after. The workloads bring faults of their own (test/cluster/manifests/workloads/faults.yaml).
 */
import { statSync } from 'node:fs';
import { type Cluster, ensureCluster } from '../test/cluster/harness.ts';
import { netinspect, pluginDirectory } from '../test/cluster/program.ts';

const file = 'demo/demo.tar.gz';
const pods = [
  'web-0',
  'client-node1',
  'localhost-only',
  'two-containers-node2',
  'not-ready-node3',
  'host-network-node2',
  'plain-node3',
];

interface Fault {
  what: string;
  node: string;
  make: string[];
  undo: string[];
}

async function addressOf(cluster: Cluster, pod: string): Promise<string> {
  return cluster.kubectl(['get', 'pod', pod, '-n', 'shop', '-o', 'jsonpath={.status.podIP}']);
}

const cluster = await ensureCluster();
const dns = await cluster.kubectl([
  'get',
  'service',
  'kube-dns',
  '-n',
  'kube-system',
  '-o',
  'jsonpath={.spec.clusterIP}',
]);
const client = await addressOf(cluster, 'client-node1');
const stale = ['-p', 'udp', '-s', client, '-d', dns, '--sport', '40053', '--dport', '53'];

const faults: readonly Fault[] = [
  {
    what: "node2 has lost its route to node1's pods",
    node: 'node2',
    make: ['ip', 'route', 'replace', 'blackhole', '10.244.1.0/24'],
    undo: ['ip', 'route', 'replace', '10.244.1.0/24', 'via', '10.244.1.0', 'dev', 'flannel.1', 'onlink'],
  },
  {
    what: 'on node1 a UDP conntrack entry sends the cluster DNS address to an endpoint that is gone',
    node: 'node1',
    make: [
      'conntrack',
      '-I',
      ...stale,
      '-r',
      '10.244.2.250',
      '-q',
      client,
      '--reply-port-src',
      '53',
      '--reply-port-dst',
      '40053',
      '-t',
      '600',
    ],
    undo: ['conntrack', '-D', ...stale],
  },
  {
    what: 'on node3 the MTU of the uplink is too small for the overlay',
    node: 'node3',
    make: ['ip', 'link', 'set', 'dev', 'eth0', 'mtu', '1400'],
    undo: ['ip', 'link', 'set', 'dev', 'eth0', 'mtu', '1500'],
  },
];

async function run(node: string, argv: string[]): Promise<void> {
  const { exitCode, stderr } = await cluster.nodeExec(node, argv);
  if (exitCode !== 0) throw new Error(`${node}: ${argv.join(' ')}: ${stderr}`);
}

const plugin = pluginDirectory();
const undo: (() => Promise<void>)[] = [() => run('node3', ['ip', 'link', 'set', 'dev', 'flannel.1', 'mtu', '1450'])];
try {
  for (const fault of faults) {
    console.log(fault.what);
    await run(fault.node, fault.make);
    undo.unshift(() => run(fault.node, fault.undo));
  }
  const targets = pods.map(pod => `pod/shop/${pod}`);
  const { exitCode, stderr } = await netinspect(cluster, plugin.path, ['snapshot', '--all-nodes', ...targets, file]);
  if (exitCode !== 0) throw new Error(`snapshot: exit code ${exitCode}: ${stderr}`);
  const { size } = statSync(file);
  console.log(`${file}: ${(size / 1024).toFixed(0)} KiB`);
  if (size > 1024 * 1024) throw new Error(`${file} is larger than 1 MiB`);
} finally {
  for (const step of undo) await step();
  plugin.remove();
}
