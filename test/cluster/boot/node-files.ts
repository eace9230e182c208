import { createHash } from 'node:crypto';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { stateDir } from '../paths.ts';
import { maxPods, type NodePlan, net, type ProxyMode, pauseImage } from '../plan.ts';
import { componentKubeconfig, pkiDir } from './pki.ts';

export const nodeDir = (name: string): string => join(stateDir, name);

/** Writes the node's own files, at the paths where kubeadm, containerd and flannel have them, before the node starts. */
export async function writeNodeFiles(node: NodePlan<ProxyMode | 'ipvs'>): Promise<void> {
  const upper = (path: string) => join(nodeDir(node.name), 'upper', path);
  const bound = (path: string) => join(nodeDir(node.name), 'fs', path);
  const texts: [path: string, text: string][] = [
    [upper('etc/hostname'), `${node.name}\n`],
    [upper('etc/hosts'), `127.0.0.1 localhost\n::1 localhost\n${node.ip4} ${node.name}\n${node.ip6} ${node.name}\n`],
    [upper('etc/resolv.conf'), `nameserver ${net.control4}\n`],
    [upper('etc/machine-id'), `${createHash('md5').update(node.name).digest('hex')}\n`],
    [upper('etc/containerd/config.toml'), containerdConfig],
    [upper('etc/containerd/certs.d/_default/hosts.toml'), mirrorConfig],
    [upper('etc/kube-flannel/net-conf.json'), JSON.stringify(flannelConfig(node))],
    [bound('var/lib/kubelet/config.yaml'), stringify(kubeletConfig(node))],
    [
      bound(`etc/cni/net.d/10-${node.cni === 'ptp' ? 'ptp' : 'flannel'}.conflist`),
      JSON.stringify(cniConfig(node), null, 2),
    ],
  ];
  for (const [path, text] of texts) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  await mkdir(upper('etc/kubernetes/pki'), { recursive: true });
  await copyFile(componentKubeconfig(node.name), upper('etc/kubernetes/kubelet.conf'));
  await copyFile(componentKubeconfig('flanneld'), upper('etc/kubernetes/flanneld.conf'));
  await copyFile(join(pkiDir, 'ca.crt'), upper('etc/kubernetes/pki/ca.crt'));
  await copyFile(join(pkiDir, `${node.name}.crt`), upper('etc/kubernetes/pki/kubelet.crt'));
  await copyFile(join(pkiDir, `${node.name}.key`), upper('etc/kubernetes/pki/kubelet.key'));
  await chooseIptables(node, upper('etc/alternatives'));
}

/** The node's own iptables has the flavour of its kube-proxy, by Debian's alternatives: kubelet and flanneld use it. */
async function chooseIptables(node: NodePlan<ProxyMode | 'ipvs'>, alternatives: string): Promise<void> {
  const flavour = node.proxyMode === 'iptables-legacy' ? 'legacy' : 'nft';
  await mkdir(alternatives, { recursive: true });
  for (const family of ['iptables', 'ip6tables']) {
    for (const suffix of ['', '-save', '-restore']) {
      await symlink(`/usr/sbin/${family}-${flavour}${suffix}`, join(alternatives, `${family}${suffix}`));
    }
  }
}

const containerdConfig = `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${pauseImage}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "/etc/containerd/certs.d"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/opt/cni/bin"]
    conf_dir = "/etc/cni/net.d"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
`;

/** Every registry is ours (registry.ts). */
const mirrorConfig = `[host."http://${net.control4}:${net.registryPort}"]
  capabilities = ["pull", "resolve"]
`;

function kubeletConfig(node: NodePlan<ProxyMode | 'ipvs'>): object {
  const pki = '/etc/kubernetes/pki';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${pki}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${pki}/kubelet.crt`,
    tlsPrivateKeyFile: `${pki}/kubelet.key`,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [net.dnsService4],
    clusterDomain: 'cluster.local',
    resolvConf: '/etc/resolv.conf',
    serializeImagePulls: false,
    maxPods: maxPods(node.name),
    nodeLeaseDurationSeconds: 8,
    nodeStatusUpdateFrequency: '5s',
    // the machine's own disk may be as full as it likes
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      ...Object.fromEntries(
        ['nodefs', 'imagefs'].flatMap(fs => [
          [`${fs}.available`, '0%'],
          [`${fs}.inodesFree`, '0%'],
        ]),
      ),
    },
  };
}

function flannelConfig(node: NodePlan<ProxyMode | 'ipvs'>): object {
  return {
    Network: net.podCidr4,
    EnableIPv4: true,
    EnableIPv6: true,
    IPv6Network: net.podCidr6,
    EnableNFTables: node.proxyMode === 'nftables',
    Backend: { Type: 'vxlan' },
  };
}

function cniConfig(node: NodePlan<ProxyMode | 'ipvs'>): object {
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  if (node.cni === 'bridge') {
    const flannel = { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } };
    return { name: 'cbr0', cniVersion: '0.4.0', plugins: [flannel, portmap] }; // 0.4.0 is the newest that this plugin speaks
  }
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: node.podCidr4 }], [{ subnet: node.podCidr6 }]],
    routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
  };
  return { name: 'ptp', cniVersion: '1.0.0', plugins: [{ type: 'ptp', mtu: 1450, ipMasq: false, ipam }, portmap] };
}
