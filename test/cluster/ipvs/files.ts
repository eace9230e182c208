import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { nodeDir, writeNodeFiles } from '../boot/node-files.ts';
import { componentKubeconfig, issueKubeconfig, issueNode } from '../boot/pki.ts';
import { net, ipvsNode as node } from '../plan.ts';

/** Writes what changes with each start, the same files that the other nodes have, as a tar for the guest's second disk; gives its path. */
export async function writeGuestFiles(): Promise<string> {
  const dir = nodeDir(node.name);
  const upper = join(dir, 'upper');
  await rm(dir, { recursive: true, force: true });
  const proxy = join(upper, 'var/lib/kube-proxy');
  await mkdir(proxy, { recursive: true });
  await Promise.all([
    issueNode(node.name, [node.ip4, node.ip6]),
    // the user that Kubernetes' own RBAC bootstrap knows (system:node-proxier)
    issueKubeconfig(componentKubeconfig('kube-proxy'), 'kube-proxy', '/CN=system:kube-proxy'),
  ]);
  await writeNodeFiles(node);
  await execa('cp', [componentKubeconfig('kube-proxy'), join(proxy, 'kubeconfig.conf')]);
  await writeFile(join(proxy, 'config.conf'), stringify(kubeProxyConfig));
  const values = { name: node.name, ip4: node.ip4, ip6: node.ip6, gateway4: net.control4, gateway6: net.control6 };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(upper, 'etc/guest.env'), lines.join(''));
  const path = join(dir, 'files.tar');
  await execa('tar', ['-cf', path, '-C', upper, '.', '-C', join(dirname(upper), 'fs'), '.']);
  return path;
}

const kubeProxyConfig = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'ipvs',
  clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
  clusterCIDR: `${net.podCidr4},${net.podCidr6}`,
  ipvs: { scheduler: 'rr', minSyncPeriod: '100ms', syncPeriod: '30s' },
};
