import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Output } from '../kubectl.ts';
import { sourcePath } from '../paths.ts';
import { type NodePlan, net } from '../plan.ts';
import { cgroupPids, createCgroup, insideCgroup, nodeCgroup } from './cgroups.ts';
import { startDaemon } from './daemon.ts';
import { nodeDir, writeNodeFiles } from './node-files.ts';
import { linkPrefix } from './remains.ts';

const linkName = (node: string): string => `${linkPrefix}${node}`;
const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
const nodePath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts the node's namespaces with containerd in them, and joins it to the bridge. */
export async function startNode(node: NodePlan, programs: string): Promise<void> {
  await writeNodeFiles(node);
  await createCgroup(nodeCgroup(node.name));
  const init = [
    sourcePath('boot', 'node-init.sh'),
    node.name,
    nodeDir(node.name),
    programs,
    node.ip4,
    node.ip6,
    net.control4,
    net.control6,
  ];
  const unshare = startDaemon(`${node.name}-init`, nodeCgroup(node.name), [
    ...['unshare', ...namespaces, '--fork', '--kill-child', '--mount-proc'],
    ...init,
  ]);
  const pid = await childOf(unshare);
  await writeFile(join(nodeDir(node.name), 'pid'), pid);
  const link = linkName(node.name);
  await execa('ip', [
    'link',
    'add',
    link,
    'master',
    net.bridge,
    'up',
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    pid,
  ]);
}

/** The pid of a process's only child, once it has one. */
async function childOf(parent: number): Promise<string> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
    if (children.trim()) return children.trim();
    await sleep(20);
  }
  throw new Error(`a node's namespaces did not start within 30 s`);
}

/** `argv` made to run in every namespace and the cgroup of a node. nsenter alone would not move it between cgroups. */
function insideNode(node: string, argv: string[], env: string[] = []): string[] {
  const pid = readFileSync(join(nodeDir(node), 'pid'), 'utf8');
  const enter = ['nsenter', '--target', pid, ...namespaces, '--', 'env', nodePath, ...env, ...argv];
  return insideCgroup(nodeCgroup(node), enter);
}

/** Runs a command on a node; a failing one is an answer too. */
export async function execOnNode(node: string, argv: string[], input?: string): Promise<Output> {
  const [command = '', ...args] = insideNode(node, argv);
  const options = {
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  };
  const { stdout, stderr, exitCode, message } = await execa(command, args, options);
  if (exitCode === undefined) throw new Error(message);
  return { stdout, stderr, exitCode };
}

/** Waits for the node's containerd: a kubelet that does not find it exits. */
export async function awaitContainerd(node: NodePlan): Promise<void> {
  for (let attempt = 0; (await execOnNode(node.name, ['ctr', 'version'])).exitCode !== 0; attempt++) {
    if (attempt === 600) throw new Error(`containerd on ${node.name} does not answer`);
    await sleep(100);
  }
}

export function startKubelet(node: NodePlan): void {
  const kubelet = [
    ...['kubelet', '--config=/var/lib/kubelet/config.yaml', '--kubeconfig=/etc/kubernetes/kubelet.conf'],
    ...[`--hostname-override=${node.name}`, `--node-ip=${node.ip4},${node.ip6}`],
  ];
  startDaemon(`${node.name}-kubelet`, nodeCgroup(node.name), insideNode(node.name, kubelet));
}

/** Ends the node's kubelet; its containers go on, and the node is NotReady some 12 s later. */
export async function stopKubelet(node: NodePlan): Promise<void> {
  const kubelets = () => cgroupPids(nodeCgroup(node.name)).filter(pid => commandOf(pid) === 'kubelet');
  for (const pid of kubelets()) process.kill(pid, 'SIGKILL');
  while (kubelets().length > 0) await sleep(20);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
  } catch {
    return ''; // it ended meanwhile
  }
}

export function startFlanneld(node: NodePlan): void {
  const flanneld = [
    ...['flanneld', '--kube-subnet-mgr', '--kubeconfig-file=/etc/kubernetes/flanneld.conf'],
    ...['--net-config-path=/etc/kube-flannel/net-conf.json', '--ip-masq', '--iface=eth0'],
  ];
  startDaemon(
    `${node.name}-flanneld`,
    nodeCgroup(node.name),
    insideNode(node.name, flanneld, [`NODE_NAME=${node.name}`]),
  );
}
