import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeReport, PodReport } from '../../src/model/report.ts';
import { cgroupPids, nodeCgroup, ourCgroups } from './boot/cgroups.ts';
import { ourLinks } from './boot/remains.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { type IpvsNode, startIpvsNode } from './ipvs/ipvs-node.ts';
import { ipvsNode as plan, webImage } from './plan.ts';
import { netinspect, pluginDirectory } from './program.ts';
import * as truth from './truth.ts';

/** A node in IPVS mode with a kernel of its own: the one place where a module that is loaded by looking would be seen. */
const suite = process.env['NETINSPECT_TEST_KUBECONFIG'] === undefined ? describe : describe.skip;

const metadata = { name: 'on-ipvs', namespace: 'default' };
const labels = { app: 'on-ipvs' };
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...metadata, labels },
  spec: {
    nodeName: plan.name,
    containers: [{ name: 'web', image: webImage, ports: [{ containerPort: 8080 }] }],
  },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: {
    type: 'NodePort',
    ipFamilyPolicy: 'RequireDualStack',
    selector: labels,
    ports: [{ port: 80, targetPort: 8080 }],
  },
};

interface ApiService {
  spec: { clusterIPs: string[]; ports: { nodePort: number }[] };
}

/** Sections of the snapshot, and what prints them on the node. */
const sections: [string, string[]][] = [
  ['ipvsadm.save', ['ipvsadm', '--save', '--numeric']],
  ['ipset.save', ['ipset', 'save']],
];

const inBrackets = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip);

suite('a node in IPVS mode', () => {
  let cluster: Cluster;
  let node: IpvsNode;
  let plugin: { path: string; remove: () => void };
  let folder: string;
  let savedNode: (section: string) => string;
  let nodeReport: NodeReport;
  let podReport: PodReport;
  let modules: { before: string[]; after: string[] };
  /** What the node's own tools print at the time of the run. */
  const printed = new Map<string, string>();

  const exec: truth.NodeExec = async (_, argv) => {
    const { stdout, stderr, exitCode } = await node.exec(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
    return stdout;
  };
  const onNode = (...argv: string[]) => exec(plan.name, argv);
  /** Names only: how often a module is used goes up and down without us. */
  const loadedModules = async () => (await onNode('sh', '-c', 'cut -d" " -f1 /proc/modules | sort')).trim().split('\n');

  async function report<T>(...args: string[]): Promise<T> {
    const run = await netinspect(cluster, plugin.path, [...args, '-o', 'json']);
    if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}: ${run.stderr}`);
    return JSON.parse(run.stdout);
  }

  beforeAll(async () => {
    cluster = await ensureCluster();
    plugin = pluginDirectory();
    folder = mkdtempSync(join(tmpdir(), 'netinspect-ipvs-'));
    savedNode = section => readFileSync(join(folder, 'saved', 'nodes', plan.name, section), 'utf8');
    await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(service));
    node = await startIpvsNode(cluster, [pod]);
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/on-ipvs', '--namespace=default', '--timeout=120s']);
    const listed = await cluster.getJson<{ status: { podIPs: { ip: string }[] } }>('pod', 'on-ipvs', '-n', 'default');
    const reals = listed.status.podIPs.map(({ ip }) => `-r ${inBrackets(ip)}:8080 `);
    await until(async () => {
      const servers = await onNode('ipvsadm', '--save', '--numeric');
      return reals.every(real => servers.includes(real));
    });

    const saved = join(folder, 'saved');
    await node.withoutDaemons(async () => {
      const before = await loadedModules();
      podReport = await report('pod', 'default/on-ipvs', '--save', saved, '--timeout=3m');
      modules = { before, after: await loadedModules() };
      for (const [section, argv] of sections) printed.set(section, await onNode(...argv));
    });
    nodeReport = await report('node', plan.name, '--from', saved);
  }, 600_000);

  afterAll(async () => {
    await cluster.kubectl(['delete', 'service', 'on-ipvs', '--namespace=default', '--ignore-not-found']);
    await node?.stop();
    plugin.remove();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('cluster:down would end it: its processes are in a cgroup, its tap among the links that are ours', async () => {
    const commands = cgroupPids(nodeCgroup(plan.name)).map(pid => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    expect(commands).toEqual(['qemu-system-x86']);
    expect(ourCgroups()).toContain(nodeCgroup(plan.name));
    expect(await ourLinks()).toContain(`ni-${plan.name}`);
  });

  test('node: Ready, mode ipvs, rules in IPVS and in iptables-nft', () => {
    expect(nodeReport.node).toMatchObject({ name: plan.name, ips: [plan.ip4, plan.ip6], ready: true });
    expect(nodeReport.kubeProxy.mode).toBe('ipvs');
    expect([...nodeReport.kubeProxy.backends].sort()).toEqual(['iptables-nft', 'ipvs']);
  });

  test('the collector loads no filtering module: not those of iptables-legacy, whose tools the node has', async () => {
    expect(modules.before).toEqual(expect.arrayContaining(['ip_vs', 'ip_set', 'nf_tables', 'nf_conntrack']));
    expect(modules.before).not.toContain('ip_tables');
    expect(await onNode('sh', '-c', 'command -v iptables-legacy-save && modinfo -n ip_tables')).toMatch(
      /ip_tables\.ko/,
    );
    const { before, after } = modules;
    expect(before.filter(name => !after.includes(name))).toEqual([]);
    // What ss asks the kernel for to list sockets (sock_diag(7)).
    const ofSockets = ['inet_diag', 'tcp_diag', 'udp_diag'];
    expect(after.filter(name => !before.includes(name) && !ofSockets.includes(name))).toEqual([]);
  }, 60_000);

  test.each(sections)('%s holds what the node itself prints', section => {
    const lines = (text: string) => text.trim().split('\n').sort();
    const own = lines(printed.get(section) ?? '');
    expect(own.length).toBeGreaterThan(20);
    expect(lines(savedNode(section))).toEqual(own);
  });

  test('pod: the pair of interfaces, the network namespace and the addresses are those inside', async () => {
    const tasks = await truth.taskPids(exec, plan.name);
    const api = await cluster.getJson<{ status: { containerStatuses: { containerID: string }[] } }>(
      'pod',
      'on-ipvs',
      '-n',
      'default',
    );
    const pid = tasks.get(api.status.containerStatuses[0]?.containerID.replace('containerd://', '') ?? '') ?? 0;
    expect(podReport.containers.find(({ name }) => name === 'web')?.pids).toContain(pid);
    expect(podReport.netns?.inode).toBe(await truth.netnsInode(exec, plan.name, pid));
    const inside = (await truth.links(exec, plan.name, pid)).find(({ name }) => name === 'eth0');
    const outside = (await truth.links(exec, plan.name, 1)).find(
      ({ index, peerIndex }) => index === inside?.peerIndex && peerIndex === inside?.index,
    );
    const eth0 = podReport.interfaces.find(({ name }) => name === 'eth0');
    expect(eth0).toMatchObject({ index: inside?.index, mac: inside?.mac, mtu: inside?.mtu });
    expect(eth0?.peer).toMatchObject({ name: outside?.name, index: outside?.index, master: 'cni0' });
    expect(eth0?.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).sort()).toEqual(
      await truth.addresses(exec, plan.name, pid, 'eth0'),
    );
  }, 60_000);

  test('pod: its service is reached through the virtual servers that lead to it', async () => {
    const { spec } = await cluster.getJson<ApiService>('service', 'on-ipvs', '-n', 'default');
    const nodePort = spec.ports[0]?.nodePort;
    const expected = [
      ...spec.clusterIPs.map(ip => `${inBrackets(ip)}:80`),
      ...(printed.get('ipvsadm.save')?.match(new RegExp(`(?<=^-A -t )\\S+:${nodePort}(?= )`, 'gm')) ?? []),
    ];
    const ports = podReport.services?.find(({ name }) => name === 'on-ipvs')?.ports ?? [];
    expect(ports).toHaveLength(1);
    const chains = ports[0]?.chains.map(({ backend, table, chain }) => `${backend} ${table} ${chain}`);
    expect(chains?.sort()).toEqual(expected.map(server => `ipvs virtual-server ${server}`).sort());
    expect(expected.length).toBeGreaterThan(3);
  }, 60_000);
});

/** Asks again, at most five hundred times, until the answer is yes. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isTrue()); attempt++) if (attempt === 500) throw new Error('it did not come true');
}
