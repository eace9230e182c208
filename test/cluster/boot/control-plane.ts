import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { sourcePath, stateDir } from '../paths.ts';
import { net } from '../plan.ts';
import { controlCgroup } from './cgroups.ts';
import { logPath, startDaemon } from './daemon.ts';
import { componentKubeconfig, pkiDir } from './pki.ts';

const flags = (values: Record<string, string | number | boolean>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

const pki = (file: string): string => join(pkiDir, file);
const etcd = 'http://127.0.0.1:2379';

/** The bridge that joins the nodes; the control plane and the registry listen on its address. */
export async function createBridge(): Promise<void> {
  const batch = [
    `link add ${net.bridge} type bridge`,
    `address add ${net.control4}/24 dev ${net.bridge}`,
    `address add ${net.control6}/64 dev ${net.bridge} nodad`,
    `link set ${net.bridge} up`,
  ];
  await execa('ip', ['-batch', '-'], { input: batch.join('\n') });
}

/** Starts the registry over an OCI image layout folder and waits until it listens. */
export async function startRegistry(layout: string): Promise<void> {
  const argv = [process.execPath, sourcePath('registry.ts'), layout, net.control4, String(net.registryPort)];
  startDaemon('registry', controlCgroup, argv);
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(`http://${net.control4}:${net.registryPort}/v2/`);
      return;
    } catch (error) {
      if (attempt === 600) throw new Error(`the registry does not answer: ${logPath('registry')}`, { cause: error });
      await sleep(50);
    }
  }
}

export function startApiServer(programs: string): void {
  const etcdFlags = flags({
    'data-dir': join(stateDir, 'etcd'),
    'listen-client-urls': etcd,
    'advertise-client-urls': etcd,
    'listen-peer-urls': 'http://127.0.0.1:2380',
    'unsafe-no-fsync': true,
    logger: 'zap',
    'log-level': 'warn',
  });
  startDaemon('etcd', controlCgroup, [join(programs, 'etcd'), ...etcdFlags]);
  const apiFlags = flags({
    'bind-address': net.control4,
    'advertise-address': net.control4,
    'secure-port': net.apiPort,
    'etcd-servers': etcd,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    'anonymous-auth': false,
    'client-ca-file': pki('ca.crt'),
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'kubelet-client-certificate': pki('apiserver-kubelet-client.crt'),
    'kubelet-client-key': pki('apiserver-kubelet-client.key'),
    'kubelet-certificate-authority': pki('ca.crt'),
    'kubelet-preferred-address-types': 'InternalIP',
    'requestheader-client-ca-file': pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': pki('front-proxy-client.crt'),
    'proxy-client-key-file': pki('front-proxy-client.key'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': pki('service-account.pub'),
    'service-account-signing-key-file': pki('service-account.key'),
    'service-cluster-ip-range': `${net.serviceCidr4},${net.serviceCidr6}`,
  });
  startDaemon('kube-apiserver', controlCgroup, [join(programs, 'kube-apiserver'), ...apiFlags]);
}

/** To be called when the API server is ready: before its RBAC bootstrap the controller manager may not read what it needs, and exits. */
export function startControllers(programs: string): void {
  const common = (name: string) => ({
    kubeconfig: componentKubeconfig(name),
    'authentication-kubeconfig': componentKubeconfig(name),
    'authorization-kubeconfig': componentKubeconfig(name),
    'bind-address': '127.0.0.1',
    'leader-elect': false,
  });
  const managerFlags = flags({
    ...common('controller-manager'),
    'use-service-account-credentials': true,
    // the default of 20 requests a second makes its start take seven seconds
    'kube-api-qps': 500,
    'kube-api-burst': 1000,
    // a stopped node is NotReady soon (the default is 50 s); kubelets renew their lease every two seconds (node-files.ts)
    'node-monitor-period': '1s',
    'node-monitor-grace-period': '12s',
    'allocate-node-cidrs': true,
    'cluster-cidr': `${net.podCidr4},${net.podCidr6}`,
    'node-cidr-mask-size-ipv4': 24,
    'node-cidr-mask-size-ipv6': 64,
    'service-cluster-ip-range': `${net.serviceCidr4},${net.serviceCidr6}`,
    'root-ca-file': pki('ca.crt'),
    'service-account-private-key-file': pki('service-account.key'),
    'cluster-signing-cert-file': pki('ca.crt'),
    'cluster-signing-key-file': pki('ca.key'),
  });
  startDaemon('kube-controller-manager', controlCgroup, [join(programs, 'kube-controller-manager'), ...managerFlags]);
  startDaemon('kube-scheduler', controlCgroup, [join(programs, 'kube-scheduler'), ...flags(common('scheduler'))]);
}
