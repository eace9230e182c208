import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TraceQuestion, tracer } from '../../src/app/trace.ts';
import { readDestination, readEnd } from '../../src/cli/trace/ends.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import { familyOf, hostPort } from '../../src/model/address.ts';
import type { NodeReport, PodReport } from '../../src/model/report.ts';
import type { ServiceReport } from '../../src/model/service-report.ts';
import { cgroupPids, nodeCgroup, ourCgroups } from './boot/cgroups.ts';
import { ourLinks } from './boot/remains.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { type Client, connect, type Fate, fateOf, type Question } from './ipvs/connections.ts';
import { type IpvsNode, startIpvsNode } from './ipvs/ipvs-node.ts';
import { net, ipvsNode as plan, webImage } from './plan.ts';
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
  metadata: { name: string };
  spec: { clusterIPs: string[]; ports: { nodePort: number }[] };
}

/** Connections to make: whose, where to (services' ClusterIPs by name), how many. Each answer of three servers is met once in three. */
const connections: [client: Client, to: string, port: number, count: number][] = [
  ['pod', 'web', 80, 3],
  ['node', 'web', 80, 3],
  ['pod', 'on-ipvs', 80, 2], // itself
  ['node', 'on-ipvs', 80, 2],
  ['pod', 'host-network', 80, 3],
  ['outside', 'the node', 30080, 3],
  ['pod', 'the node', 30080, 3],
  ['node', 'the node', 30080, 3],
  ['outside', 'the node', 30082, 3], // external policy Local, and no endpoint here
  ['pod', 'the external IP', 80, 3],
  ['node', 'the external IP', 80, 3],
  ['pod', 'no-endpoints', 80, 1],
  ['node', 'no-endpoints', 80, 1],
  ['pod', 'web', 81, 1], // no service has it
  ['node', 'web', 81, 1],
  ['outside', 'the node', 30999, 1],
];

/** What is changed by hand: the scheduler and the weights of a service's three real servers, in order of address. */
const changes: [service: string, scheduler: string, weights: number[], count: number, deliveries: number[]][] = [
  ['web', 'rr', [3, 1, 0], 4, [2, 2]],
  ['web-node-port', 'wrr', [3, 1, 0], 4, [1, 3]],
  ['web-external-ip', 'rr', [0, 0, 0], 1, []],
];
const families = ['IPv4', 'IPv6'] as const;

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
  /** By question, as `asked` writes it. */
  const fates = new Map<string, Fate>();
  const changedFates = new Map<string, Fate>();
  let addresses: (to: string) => string[];
  let traceSaved: ReturnType<typeof tracer>;
  let traceChanged: ReturnType<typeof tracer>;

  const exec: truth.NodeExec = async (_, argv) => {
    const { stdout, stderr, exitCode } = await node.exec(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
    return stdout;
  };
  const onNode = (...argv: string[]) => exec(plan.name, argv);
  /** Names only: how often a module is used goes up and down without us. */
  const loadedModules = async () => (await onNode('sh', '-c', 'cut -d" " -f1 /proc/modules | sort')).trim().split('\n');

  const question = (client: Client, to: string, family: string, port: number, count: number): Question => {
    const address = addresses(to).find(ip => familyOf(ip) === family) ?? '';
    return { client, address, port, connections: count };
  };
  const asked = ({ client, address, port }: Question) => `${client} ${hostPort(address, port)}`;

  async function make(questions: Question[], firstPort: number, into: Map<string, Fate>): Promise<void> {
    const found = await connect(node, questions, firstPort);
    for (const [index, fate] of found.entries()) into.set(asked(questions[index] as Question), fate);
  }

  /** What the trace says of a question. */
  function traced(trace: typeof traceSaved, { client, address, port, connections: count }: Question): Fate {
    const outside = familyOf(address) === 'IPv4' ? net.control4 : net.control6;
    const source = { pod: 'pod/on-ipvs', node: `node/${plan.name}`, outside }[client];
    const traceQuestion: TraceQuestion = {
      source: readEnd(source, 'default'),
      destination: readDestination(`${hostPort(address, port)}/tcp`, 'default'),
      wishes: { protocol: null, members: {} },
      ...{ allNodes: false, reply: false, evidence: false },
    };
    const [path] = trace(traceQuestion).paths;
    if (path === undefined) throw new Error('no path');
    return fateOf(path, count);
  }

  async function changeByHand(): Promise<void> {
    const servers = printed.get('ipvsadm.save') ?? '';
    const commands = changes.flatMap(([service, scheduler, weights]) =>
      addresses(service).flatMap(ip => {
        const virtual = `-t ${hostPort(ip, 80)}`;
        const reals = servers.split('\n').filter(line => line.startsWith(`-a ${virtual} `));
        return [
          ...reals.sort().map((line, index) => line.replace(/^-a(.*) -w 1\s*$/, `-e$1 -w ${weights[index]}`)),
          `-E ${virtual} -s ${scheduler}`,
        ];
      }),
    );
    const { exitCode, stderr } = await node.exec(['ipvsadm', '--restore'], `${commands.join('\n')}\n`);
    if (exitCode !== 0) throw new Error(stderr);
  }

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
      // A sync writes the rule for pods that reach themselves last.
      const rules = [await onNode('iptables-save', '-t', 'nat'), await onNode('ip6tables-save', '-t', 'nat')];
      return reals.every(real => servers.includes(real)) && rules.every(text => text.includes('LOOP-BACK dst,dst,src'));
    });

    const saved = join(folder, 'saved');
    await node.withoutDaemons(async () => {
      const before = await loadedModules();
      podReport = await report('pod', 'default/on-ipvs', '--save', saved, '--timeout=3m');
      modules = { before, after: await loadedModules() };
      for (const [section, argv] of sections) printed.set(section, await onNode(...argv));
      const services = await cluster.getJson<{ items: ApiService[] }>('services', '--all-namespaces');
      addresses = to => {
        if (to === 'the node') return [plan.ip4, plan.ip6];
        if (to === 'the external IP') return ['198.51.100.80', '2001:db8:1::80'];
        return services.items.find(({ metadata: { name } }) => name === to)?.spec.clusterIPs ?? [];
      };
      const all = connections.flatMap(([client, to, port, count]) =>
        families.map(family => question(client, to, family, port, count)),
      );
      // Below the ports that other programs are given (ip_local_port_range).
      await make(all, 21_000, fates);
      await changeByHand();
      const snapshot = await openBundle(saved);
      const path = `nodes/${plan.name}/ipvsadm.save`;
      const files = new Map(snapshot.files).set(path, await onNode('ipvsadm', '--save', '--numeric'));
      [traceSaved, traceChanged] = [tracer(snapshot), tracer({ ...snapshot, files })];
      const changed = changes.flatMap(([to, , , count]) =>
        families.map(family => question('pod', to, family, 80, count)),
      );
      await make(changed, 22_000, changedFates);
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

  describe.each(families)('trace, %s: the way that real connections go', family => {
    test.each(connections)('from the %s to %s, port %d', (client, to, port, count) => {
      const one = question(client, to, family, port, count);
      const fate = fates.get(asked(one));
      expect(fate?.passes.length).toBeGreaterThan(0);
      expect(traced(traceSaved, one)).toEqual(fate);
    });

    test.each(changes)('%s by %s, its real servers of weight %j', (to, _scheduler, _weights, count, deliveries) => {
      const one = question('pod', to, family, 80, count);
      const fate = changedFates.get(asked(one));
      expect(Object.values(fate?.delivered ?? {}).sort()).toEqual(deliveries);
      expect(fate?.unreachable).toBe(deliveries.length === 0 ? count : 0);
      expect(traced(traceChanged, one)).toEqual(fate);
    });
  });

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
    const ways = ports[0]?.ways.map(({ backend, frontend, probability }) => [backend, frontend.port, probability]);
    expect(ways).toEqual([80, 80, nodePort, nodePort].map(port => ['ipvs', port, '1']));
  }, 60_000);

  test.each([
    ['default/on-ipvs', 1],
    ['shop/web', 3],
    ['shop/web-node-port', 3],
    ['shop/web-load-balancer', 3],
    ['kube-system/kube-dns', 1],
    ['shop/not-ready', 0],
  ])('service %s: the virtual servers are as the EndpointSlices say', async (name, endpoints) => {
    const { nodes } = await report<ServiceReport>('service', name, '--from', join(folder, 'saved'));
    expect(nodes.map(({ node: looked, backends }) => [looked, backends.includes('ipvs')])).toEqual([[plan.name, true]]);
    expect(nodes[0]?.differences?.filter(({ severity }) => severity === 'error')).toEqual([]);
    for (const { shares } of nodes[0]?.frontends ?? [])
      expect(shares.map(({ verdict, probability }) => [verdict, probability])).toEqual(
        endpoints === 0 ? [['reject', '1']] : Array(endpoints).fill(['endpoint', endpoints === 1 ? '1' : '1/3']),
      );
  });
});

/** Asks again, at most five hundred times, until the answer is yes. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await isTrue()); attempt++) if (attempt === 500) throw new Error('it did not come true');
}
