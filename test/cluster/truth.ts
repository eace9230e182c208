/**
 * The truth about a pod's network, read without any of the program's ways: containerd's own list for PIDs, sysfs
 * mounted inside the network namespace for interfaces, /proc/PID/net for routes and sockets, the API for VTEPs.
 */
import { isIPv6 } from 'node:net';

/** Runs a command in all namespaces of a node; gives its stdout, throws when it fails. */
export type NodeExec = (node: string, argv: string[]) => Promise<string>;

export interface LinkTruth {
  name: string;
  index: number;
  /** The index of the other end, in the other end's namespace. */
  peerIndex: number;
  mac: string;
  mtu: number;
  master: string | null;
}

/** The task PIDs that containerd knows, by container id. */
export async function taskPids(exec: NodeExec, node: string): Promise<Map<string, number>> {
  const text = await exec(node, ['ctr', '-n', 'k8s.io', 'tasks', 'ls']);
  const rows = text.trim().split('\n').slice(1);
  return new Map(rows.map(row => row.trim().split(/\s+/)).map(([id = '', pid]) => [id, Number(pid)]));
}

/** The container id of the pod's sandbox (its pause process), from containerd's labels. */
export async function sandboxId(exec: NodeExec, node: string, podUid: string): Promise<string> {
  const filter = `labels."io.kubernetes.pod.uid"==${podUid},labels."io.cri-containerd.kind"==sandbox`;
  return (await exec(node, ['ctr', '-n', 'k8s.io', 'containers', 'ls', '-q', filter])).trim();
}

/** Every PID of the container's cgroup (as the node's PID namespace numbers them), ascending. */
export async function cgroupPids(exec: NodeExec, node: string, containerId: string): Promise<number[]> {
  const text = await exec(node, [
    'sh',
    '-c',
    'find /sys/fs/cgroup -path "*$1*" -name cgroup.procs -exec cat {} +',
    'sh',
    containerId,
  ]);
  return [...new Set(text.trim().split(/\s+/).map(Number))].sort((a, b) => a - b);
}

/** The inode of the process's network namespace. */
export async function netnsInode(exec: NodeExec, node: string, pid: number): Promise<number> {
  return Number(/\d+/.exec(await exec(node, ['readlink', `/proc/${pid}/ns/net`]))?.[0]);
}

/** The links in the network namespace of the process, from a sysfs mounted there; without lo. */
export async function links(exec: NodeExec, node: string, pid: number): Promise<LinkTruth[]> {
  const script = `mount -t sysfs sysfs /mnt && cd /mnt/class/net && for i in *; do
    [ -d "$i" ] || continue
    m=-; [ -e "$i/master" ] && m=$(basename "$(readlink "$i/master")")
    echo "$i $(cat "$i/ifindex") $(cat "$i/iflink") $(cat "$i/address") $(cat "$i/mtu") $m"
  done`;
  const text = await exec(node, ['nsenter', '-t', String(pid), '-n', 'unshare', '-m', 'sh', '-c', script]);
  return text
    .trim()
    .split('\n')
    .map(line => line.split(' '))
    .map(([name = '', index, peerIndex, mac = '', mtu, master]) => ({
      name,
      index: Number(index),
      peerIndex: Number(peerIndex),
      mac,
      mtu: Number(mtu),
      master: master === '-' || master === undefined ? null : master,
    }))
    .filter(link => link.name !== 'lo');
}

/** The addresses of a link as iproute2's text form shows them (ADDRESS/LENGTH), both families, sorted. */
export async function addresses(exec: NodeExec, node: string, pid: number, link: string): Promise<string[]> {
  const text = await exec(node, ['nsenter', '-t', String(pid), '-n', 'ip', '-o', 'addr', 'show', 'dev', link]);
  return [...text.matchAll(/inet6? (\S+)/g)].map(match => match[1] ?? '').sort();
}

/** The default gateways of a network namespace, from /proc/PID/net/route and /proc/PID/net/ipv6_route. */
export async function gateways(exec: NodeExec, node: string, pid: number): Promise<string[]> {
  const v4 = (await exec(node, ['cat', `/proc/${pid}/net/route`]))
    .trim()
    .split('\n')
    .slice(1)
    .map(row => row.split('\t'))
    .filter(([, destination, gateway]) => destination === '00000000' && gateway !== '00000000')
    .map(([, , gateway = '']) => textAddress(swapWords(gateway)));
  const v6 = (await exec(node, ['cat', `/proc/${pid}/net/ipv6_route`]))
    .trim()
    .split('\n')
    .map(row => row.trim().split(/\s+/))
    .filter(row => /^0+$/.test(row[0] ?? '') && row[1] === '00' && !/^0+$/.test(row[4] ?? ''))
    .map(row => textAddress(row[4] ?? ''));
  return [...v4, ...v6].sort();
}

/** What the kernel itself answers for the way to an address: `ip route get` (a look-up, nothing is sent). */
export async function routeTo(
  exec: NodeExec,
  node: string,
  address: string,
): Promise<{ interface: string; nextHop: string | null }> {
  const text = await exec(node, ['ip', isIPv6(address) ? '-6' : '-4', 'route', 'get', address]);
  return { interface: / dev (\S+)/.exec(text)?.[1] ?? '', nextHop: / via (\S+)/.exec(text)?.[1] ?? null };
}

/** The sockets that listen (TCP) or are bound and unconnected (UDP) among the PIDs' open files, as PROTOCOL ADDRESS PORT. */
export async function sockets(exec: NodeExec, node: string, pids: number[]): Promise<string[]> {
  const script = `for p in "$@"; do for f in /proc/$p/fd/*; do readlink "$f"; done; done 2>/dev/null || true`;
  const open = new Set(
    [...(await exec(node, ['sh', '-c', script, 'sh', ...pids.map(String)])).matchAll(/socket:\[(\d+)\]/g)].map(
      match => match[1],
    ),
  );
  const found: string[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const rows = (await exec(node, ['cat', `/proc/${pids[0]}/net/${table}`])).trim().split('\n').slice(1);
    for (const row of rows) {
      const columns = row.trim().split(/\s+/);
      const [address = '', port = ''] = (columns[1] ?? '').split(':');
      const wanted = table.startsWith('tcp') ? columns[3] === '0A' : columns[3] === '07';
      if (!wanted || !open.has(columns[9])) continue;
      found.push(`${table.slice(0, 3)} ${textAddress(swapWords(address))} ${Number.parseInt(port, 16)}`);
    }
  }
  return found.sort();
}

/** Each 32-bit word of an address with its bytes turned round: /proc/net prints IPv4 and sockets in host byte order. */
const swapWords = (hex: string): string =>
  (hex.match(/.{8}/g) ?? []).map(word => (word.match(/../g) ?? []).reverse().join('')).join('');

/** An address in network byte order, 8 or 32 hexadecimal digits, in its usual text form. */
function textAddress(hex: string): string {
  if (hex.length === 8) return (hex.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16)).join('.');
  return new URL(`http://[${(hex.match(/.{4}/g) ?? []).join(':')}]`).hostname.slice(1, -1);
}
