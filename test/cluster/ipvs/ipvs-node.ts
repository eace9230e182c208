import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { createCgroup, destroyCgroup, nodeCgroup } from '../boot/cgroups.ts';
import { logPath, startDaemon } from '../boot/daemon.ts';
import { nodeDir } from '../boot/node-files.ts';
import { linkPrefix, ourLinks } from '../boot/remains.ts';
import type { Cluster } from '../harness.ts';
import type { Output } from '../kubectl.ts';
import { net, ipvsNode as node } from '../plan.ts';
import { type Agent, connectAgent } from './agent.ts';
import { buildGuest, type Guest } from './build.ts';
import { writeGuestFiles } from './files.ts';

/** The taint that keeps pods away; one gets there by `nodeName`. */
const slow = { key: 'netinspect.test/slow', effect: 'NoSchedule' };

export interface IpvsNode {
  name: string;
  /** Runs a command in the machine; a failing one is an answer too. */
  exec(argv: string[], input?: string): Promise<Output>;
  /** Runs `work` while kube-proxy and flanneld stand still: what changes on the node meanwhile is not their doing. */
  withoutDaemons<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the machine and removes its Node and pods from the API; gives when the other nodes have forgotten it. */
  stop(): Promise<void>;
}

const cgroup = nodeCgroup(node.name);
const tap = `${linkPrefix}${node.name}`;

/**
 * Starts a virtual machine (no KVM needed: many kernels lack ip_vs, and this one's are not ours to change) and joins it to our
 * cluster as a whole node: containerd, kubelet, flanneld and kube-proxy in IPVS mode, the last one a process of the node, not a pod.
 * Gives when the node is Ready and kube-proxy has written everything once, some 40 s later. It ends with this process, too; what a
 * killed one leaves (a cgroup, a tap, a Node) the next start and `cluster:down` remove. `pods` name it as their node; they start with it.
 */
export async function startIpvsNode(cluster: Cluster, pods: object[] = []): Promise<IpvsNode> {
  if (!cluster.isOurs) throw new Error('the IPVS node joins our own test cluster only');
  const guest = await buildGuest(() => {});
  await remove(cluster);
  const files = await writeGuestFiles();
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [nodeObject, ...pods] }),
  );
  await addTap();
  await createCgroup(cgroup, 8192); // an emulated machine that waits for CPUs misses its deadlines
  const agentPath = join(nodeDir(node.name), 'agent.sock');
  startDaemon(node.name, cgroup, qemu(guest, files, agentPath));
  let agent: Agent | undefined;
  const stop = async () => {
    agent?.close();
    await remove(cluster);
    await awaitForgotten(cluster);
  };
  try {
    agent = await connectAgent(agentPath);
    const { exec } = agent;
    await cluster.kubectl(['wait', '--for=condition=Ready', `node/${node.name}`, '--timeout=300s']);
    await awaitServices(cluster, exec);
    return { name: node.name, exec, withoutDaemons: work => withoutDaemons(exec, work), stop };
  } catch (error) {
    await stop();
    throw new Error(`the IPVS node did not come up (its console: ${logPath(node.name)})`, { cause: error });
  }
}

const nodeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: node.name,
    labels: { 'kubernetes.io/hostname': node.name, 'netinspect.test/proxy-mode': node.proxyMode },
  },
  spec: { podCIDR: node.podCidr4, podCIDRs: [node.podCidr4, node.podCidr6], taints: [slow] },
};

/** A high address: a bridge without one of its own takes the lowest of its ports, and the nodes' way must not change. */
async function addTap(): Promise<void> {
  const batch = [
    `tuntap add ${tap} mode tap`,
    `link set ${tap} address fe:54:00:99:00:50`,
    `link set ${tap} master ${net.bridge} up`,
  ];
  await execa('ip', ['-batch', '-'], { input: batch.join('\n') });
}

/** QEMU's command line. Without KVM; `-erms` since the kernel's and Go's `rep movsb` are byte loops there. It dies with this process. */
function qemu({ kernel, initrd, disk }: Guest, files: string, agentPath: string): string[] {
  const kernelArguments = [
    ...['console=ttyS0', 'panic=-1', 'quiet', 'mitigations=off', 'audit=0', 'apparmor=0', 'nokaslr'],
    ...['tsc=reliable', 'no_timer_check', 'random.trust_cpu=on'],
  ];
  return [
    ...['setpriv', '--pdeathsig', 'KILL', '--', 'qemu-system-x86_64'],
    ...[
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-cpu',
      'max,-erms,-avx,-avx2',
      '-M',
      'pc',
      '-smp',
      '2',
      '-m',
      '1536',
    ],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', kernel, '-initrd', initrd, '-append', kernelArguments.join(' ')],
    ...['-drive', `file=${disk},format=raw,if=none,id=root,snapshot=on`, '-device', 'virtio-blk-pci,drive=root'],
    ...['-drive', `file=${files},format=raw,if=none,id=files,readonly=on`, '-device', 'virtio-blk-pci,drive=files'],
    ...['-netdev', `tap,id=eth0,ifname=${tap},script=no,downscript=no`],
    ...['-device', 'virtio-net-pci,netdev=eth0,mac=52:54:00:99:00:50,romfile='],
    ...['-chardev', `socket,id=agent,path=${agentPath},server=on,wait=off`],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=agent'],
  ];
}

/**
 * Waits until every ClusterIP, both families, is a virtual server of IPVS, and both families' iptables refuse what is none: a sync
 * writes virtual servers first and iptables last (kubernetes pkg/proxy/ipvs/proxier.go, syncProxyRules), IPv4 and IPv6 each its own.
 */
async function awaitServices(cluster: Cluster, exec: Agent['exec']): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const services = await cluster.getJson<{ items: ApiService[] }>('services', '--all-namespaces');
    const wanted = services.items.flatMap(({ spec }) => spec.clusterIPs ?? []).filter(ip => ip !== 'None');
    const { stdout } = await exec(['ipvsadm', '--save', '--numeric']);
    const missing = wanted.filter(ip => !stdout.includes(ip.includes(':') ? ` [${ip}]:` : ` ${ip}:`));
    for (const save of ['iptables-nft-save', 'ip6tables-nft-save']) {
      const rules = await exec([save, '-t', 'filter']);
      if (!/^-A KUBE-IPVS-FILTER .* -j REJECT/m.test(rules.stdout)) missing.push(`the REJECT of ${save}`);
    }
    if (missing.length === 0) return;
    if (attempt === 240) throw new Error(`kube-proxy has not written ${missing.join(', ')}`);
    await sleep(500);
  }
}

/** Waits until no node sends overlay traffic to the machine any more: flannel removes its VTEP some time after its Node. */
async function awaitForgotten(cluster: Cluster): Promise<void> {
  for (const { name } of cluster.nodes) {
    for (let attempt = 0; ; attempt++) {
      const { stdout } = await cluster.nodeExec(name, ['bridge', 'fdb', 'show']);
      if (!stdout.split('\n').some(line => [node.ip4, node.ip6].some(ip => line.includes(` dst ${ip} `)))) break;
      if (attempt === 200) throw new Error(`flannel on ${name} still has the VTEP of ${node.name}`);
      await sleep(100);
    }
  }
}

const daemons = 'kube-proxy|flanneld';
/** Stops them, unless a tool that one of them has started still runs: then they go on, and the exit code is 1. */
const stopDaemons = `pkill -STOP -x "$1"
  for pid in $(pgrep -x "$1"); do
    if pgrep --parent "$pid" --runstates D,R,S >/dev/null; then pkill -CONT -x "$1"; exit 1; fi
  done`;

async function withoutDaemons<T>(exec: Agent['exec'], work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; (await exec(['sh', '-c', stopDaemons, 'sh', daemons])).exitCode !== 0; attempt++) {
    if (attempt === 200) throw new Error(`a tool of ${daemons} does not end`);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    await exec(['pkill', '-CONT', '-x', daemons]);
  }
}

interface ApiService {
  spec: { clusterIPs?: string[] };
}

/** Ends the machine, if there is one, and deletes its tap, its pods and its Node. */
async function remove(cluster: Cluster): Promise<void> {
  await destroyCgroup(cgroup);
  if ((await ourLinks()).includes(tap)) await execa('ip', ['link', 'delete', tap]);
  const onNode = ['--all-namespaces', `--field-selector=spec.nodeName=${node.name}`, '--force', '--grace-period=0'];
  await cluster.kubectl(['delete', 'pod', ...onNode]);
  await cluster.kubectl(['delete', 'node', node.name, '--ignore-not-found']);
}
