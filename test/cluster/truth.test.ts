import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PodReport } from '../../src/model/report.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import * as truth from './truth.ts';

/** Every kind of pod on every node; each fact of `pod -o json` is held against what the node itself says. */
const kinds = ['plain', 'client', 'two-containers', 'host-network', 'not-ready'];
const nodes = ['node1', 'node2', 'node3'];
const everyPod = [
  ...kinds.flatMap(kind => nodes.map(node => ({ namespace: 'shop', name: `${kind}-${node}` }))),
  ...['web-0', 'web-1', 'web-2', 'localhost-only'].map(name => ({ namespace: 'shop', name })),
];
const withOwnNetns = everyPod.filter(({ name }) => !name.startsWith('host-network'));
const title = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;

interface ApiPod {
  metadata: { uid: string; labels?: Record<string, string> };
  spec: { nodeName: string };
  status: { podIPs: { ip: string }[]; containerStatuses: { name: string; containerID: string }[] };
}

interface Facts {
  report: PodReport;
  api: ApiPod;
  node: string;
  /** containerd's PID of the first container. */
  pid: number;
  /** Every PID of the pod, by container name; the sandbox under its own. */
  pids: Record<string, number[]>;
}

let cluster: Cluster;
let plugin: { path: string; remove: () => void };
const facts = new Map<string, Facts>();

const exec: truth.NodeExec = async (node, argv) => {
  const { stdout, stderr, exitCode } = await cluster.nodeExec(node, argv);
  if (exitCode !== 0) throw new Error(`${node}: ${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};

async function factsOf(pod: { namespace: string; name: string }): Promise<Facts> {
  const known = facts.get(title(pod));
  if (known) return known;
  const run = await netinspect(cluster, plugin.path, [
    'pod',
    pod.name,
    '-n',
    pod.namespace,
    '-o',
    'json',
    '--keep',
    '10m',
  ]);
  if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}: ${run.stderr}`);
  const api = await cluster.getJson<ApiPod>('pod', pod.name, '-n', pod.namespace);
  const node = api.spec.nodeName;
  const tasks = await truth.taskPids(exec, node);
  const pids: Record<string, number[]> = {};
  let pid = 0;
  for (const { name, containerID } of api.status.containerStatuses) {
    const id = containerID.replace('containerd://', '');
    pids[name] = await truth.cgroupPids(exec, node, id);
    pid ||= tasks.get(id) ?? 0;
  }
  const sandbox = await truth.sandboxId(exec, node, api.metadata.uid);
  pids['(sandbox)'] = await truth.cgroupPids(exec, node, sandbox);
  const found = { report: JSON.parse(String(run.stdout)) as PodReport, api, node, pid, pids };
  facts.set(title(pod), found);
  return found;
}

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  // Side by side, on each node one after the other in the debug pod that the first one keeps; what fails fails again in its test.
  const lanes = nodes.map(node => everyPod.filter(({ name }) => name.endsWith(node)));
  await Promise.all(
    lanes.map(async pods => {
      for (const pod of pods) await factsOf(pod).catch(() => {});
    }),
  );
}, 600_000);

afterAll(async () => {
  await netinspect(cluster, plugin.path, ['cleanup', '--yes']);
  plugin.remove();
}, 60_000);

describe.each(everyPod)('pod $namespace/$name', pod => {
  test('is on the node and has the addresses that the API says', async () => {
    const { report, api } = await factsOf(pod);
    expect(report.node?.name).toBe(api.spec.nodeName);
    expect(report.ips).toEqual(api.status.podIPs.map(({ ip }) => ip));
    expect(report.ips).toHaveLength(2);
  }, 60_000);

  test("containers have the PIDs of containerd's cgroups", async () => {
    const { report, pids } = await factsOf(pod);
    const reported = report.containers.map(({ name, role, pids }) => [role === 'sandbox' ? '(sandbox)' : name, pids]);
    expect(Object.fromEntries(reported)).toEqual(pids);
  });

  test("the network namespace's inode is that of containerd's task", async () => {
    const { report, node, pid } = await factsOf(pod);
    expect(report.netns?.inode).toBe(await truth.netnsInode(exec, node, pid));
    expect(report.netns?.isNode).toBe(pod.name.startsWith('host-network'));
  });

  test('resolv.conf is the one that its process sees', async () => {
    const { report, node, pid } = await factsOf(pod);
    const lines = (await exec(node, ['cat', `/proc/${pid}/root/etc/resolv.conf`])).trim().split('\n');
    const words = (key: string) =>
      lines.filter(line => line.startsWith(`${key} `)).flatMap(line => line.split(/\s+/).slice(1));
    expect(report.dns).toMatchObject({
      nameservers: words('nameserver'),
      search: words('search'),
      options: words('options'),
    });
    const ndots = words('options').find(option => option.startsWith('ndots:'));
    expect(report.dns?.ndots).toBe(ndots === undefined ? 1 : Number(ndots.slice(6)));
  });

  test('services are those whose EndpointSlices list it, with their readiness', async () => {
    const { report } = await factsOf(pod);
    const slices = await cluster.getJson<{
      items: {
        metadata: { labels: Record<string, string> };
        endpoints: { targetRef?: { name: string }; conditions: { ready: boolean } }[] | null;
      }[];
    }>('endpointslices', '-n', pod.namespace);
    const listed = slices.items.flatMap(({ metadata, endpoints }) =>
      (endpoints ?? [])
        .filter(({ targetRef }) => targetRef?.name === pod.name)
        .map(({ conditions }) => [metadata.labels['kubernetes.io/service-name'], conditions.ready] as const),
    );
    expect(Object.fromEntries((report.services ?? []).map(({ name, ready }) => [name, ready]))).toEqual(
      Object.fromEntries(listed),
    );
  });

  test('sockets are those of its open files in /proc/PID/net', async () => {
    const { report, node, pids } = await factsOf(pod);
    const all = Object.values(pids).flat();
    const first = Object.entries(pids).find(([name]) => name !== '(sandbox)')?.[1][0] ?? 0;
    const ordered = [first, ...all.filter(pid => pid !== first)];
    const reported = (report.sockets ?? [])
      .map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)
      .sort();
    expect(reported).toEqual(await truth.sockets(exec, node, ordered));
  });

  test("the way out is the kernel's own answer to `ip route get`, both families", async () => {
    const { report, node } = await factsOf(pod);
    for (const [family, address] of [
      ['IPv4', '203.0.113.9'],
      ['IPv6', '2001:db8:9::9'],
    ] as const) {
      const way = report.egress.find(egress => egress.family === family && egress.destination === 'default');
      expect(way).toMatchObject(await truth.routeTo(exec, node, address));
    }
  });

  test('the overlay has the VNI and port of the device and the VTEPs that the nodes announce', async () => {
    const { report, node } = await factsOf(pod);
    const { items } = await cluster.getJson<{
      items: { metadata: { name: string; annotations: Record<string, string> } }[];
    }>('nodes');
    const others = items.filter(({ metadata }) => metadata.name !== node);
    const announced = (key: string) =>
      others.map(({ metadata }) => metadata.annotations[`flannel.alpha.coreos.com/${key}`]).sort();
    const v4 = report.overlays.find(({ device }) => device === 'flannel.1');
    const v6 = report.overlays.find(({ device }) => device === 'flannel-v6.1');
    const shown = await exec(node, ['ip', '-d', 'link', 'show', 'dev', 'flannel.1']);
    expect(v4).toMatchObject({
      kind: 'vxlan',
      vni: Number(/vxlan id (\d+)/.exec(shown)?.[1]),
      port: Number(/dstport (\d+)/.exec(shown)?.[1]),
      underlay: 'eth0',
    });
    expect(v4?.remotes.map(({ address }) => address).sort()).toEqual(announced('public-ip'));
    expect(v6?.remotes.map(({ address }) => address).sort()).toEqual(announced('public-ipv6'));
    expect(v4?.remotes.map(({ node }) => node).sort()).toEqual(others.map(({ metadata }) => metadata.name).sort());
  });
});

describe.each(withOwnNetns)('pod $namespace/$name in its own network namespace', pod => {
  test('eth0 and its other end are the pair of interface indices read inside both namespaces', async () => {
    const { report, node, pid } = await factsOf(pod);
    const inside = (await truth.links(exec, node, pid)).find(({ name }) => name === 'eth0');
    const outside = (await truth.links(exec, node, 1)).find(
      ({ index, peerIndex }) => index === inside?.peerIndex && peerIndex === inside?.index,
    );
    const eth0 = report.interfaces.find(({ name }) => name === 'eth0');
    const { index, mac, mtu } = eth0 ?? {};
    expect({ index, mac, mtu }).toEqual({ index: inside?.index, mac: inside?.mac, mtu: inside?.mtu });
    const { name, index: peerIndex, master } = eth0?.peer ?? {};
    expect({ name, index: peerIndex, master }).toEqual({
      name: outside?.name,
      index: outside?.index,
      master: outside?.master,
    });
  });

  test('eth0 has the addresses that the kernel gives it', async () => {
    const { report, node, pid } = await factsOf(pod);
    const eth0 = report.interfaces.find(({ name }) => name === 'eth0');
    const reported = eth0?.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).sort();
    expect(reported).toEqual(await truth.addresses(exec, node, pid, 'eth0'));
  });

  test("gateways are those of the namespace's own route tables", async () => {
    const { report, node, pid } = await factsOf(pod);
    expect(report.gateways.map(({ address }) => address).sort()).toEqual(await truth.gateways(exec, node, pid));
  });

  test('the attachment is a bridge with all its ports, or the routes that lead to it', async () => {
    const { report, node } = await factsOf(pod);
    const links = await truth.links(exec, node, 1);
    if (node === 'node3') {
      if (report.attachment.kind !== 'routed') throw new Error(`attachment is ${report.attachment.kind}`);
      const peer = report.interfaces[0]?.peer?.name;
      expect(report.attachment.routes.map(({ interface: name }) => name)).toEqual(report.ips.map(() => peer));
      for (const ip of report.ips) expect((await truth.routeTo(exec, node, ip)).interface).toBe(peer);
      return;
    }
    if (report.attachment.kind !== 'bridge') throw new Error(`attachment is ${report.attachment.kind}`);
    const ports = links.filter(({ master }) => master === 'cni0').map(({ name }) => name);
    expect(report.attachment.bridge.name).toBe('cni0');
    expect(report.attachment.members.map(({ name }) => name).sort()).toEqual(ports.sort());
  });
});
