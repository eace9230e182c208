import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { kubeconfigPath, stateDir } from '../paths.ts';
import { apiServer, net, nodes } from '../plan.ts';

export const pkiDir = join(stateDir, 'pki');

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** Where the kubeconfig of a component lies: controller-manager, scheduler, flanneld, a node's name. */
export const componentKubeconfig = (name: string): string => join(stateDir, `${name}.kubeconfig`);

/** Makes both authorities, every certificate and every kubeconfig of the cluster. */
export async function createPki(): Promise<void> {
  await mkdir(pkiDir, { recursive: true, mode: 0o700 });
  await Promise.all([
    authority('ca', 'kubernetes'),
    authority('front-proxy-ca', 'front-proxy-ca'),
    openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', 'service-account.key']),
  ]);
  const apiNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'].map(
    name => `DNS:${name}`,
  );
  const apiAddresses = ['127.0.0.1', net.control4, net.control6, net.apiService4, net.apiService6].map(
    ip => `IP:${ip}`,
  );
  await Promise.all([
    openssl(['pkey', '-in', 'service-account.key', '-pubout', '-out', 'service-account.pub']),
    issue('apiserver', '/CN=kube-apiserver', [...apiNames, ...apiAddresses]),
    issue('apiserver-kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
    issue('front-proxy-client', '/CN=front-proxy-client', [], 'front-proxy-ca'),
    issueKubeconfig(kubeconfigPath, 'admin', '/O=system:masters/CN=kubernetes-admin'),
    issueKubeconfig(
      componentKubeconfig('controller-manager'),
      'controller-manager',
      '/CN=system:kube-controller-manager',
    ),
    issueKubeconfig(componentKubeconfig('scheduler'), 'scheduler', '/CN=system:kube-scheduler'),
    issueKubeconfig(componentKubeconfig('flanneld'), 'flanneld', '/CN=flannel'),
    ...nodes.map(node => issueNode(node.name, [node.ip4, node.ip6])),
  ]);
}

/** A node's certificate (client and serving, `pki/NAME.crt`) and kubeconfig. */
export function issueNode(name: string, addresses: string[]): Promise<void> {
  const names = [`DNS:${name}`, ...addresses.map(ip => `IP:${ip}`)];
  return issueKubeconfig(componentKubeconfig(name), name, `/O=system:nodes/CN=system:node:${name}`, names);
}

function authority(name: string, commonName: string): Promise<void> {
  return openssl([
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-subj',
    `/CN=${commonName}`,
    '-days',
    '3650',
  ]);
}

function issue(name: string, subject: string, alternativeNames: string[] = [], by = 'ca'): Promise<void> {
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=digitalSignature,keyEncipherment',
    'extendedKeyUsage=serverAuth,clientAuth',
    ...(alternativeNames.length > 0 ? [`subjectAltName=${alternativeNames.join(',')}`] : []),
  ].flatMap(extension => ['-addext', extension]);
  return openssl([
    ...['req', '-x509', '-CA', `${by}.crt`, '-CAkey', `${by}.key`, ...newKey, '-keyout', `${name}.key`],
    ...['-out', `${name}.crt`, '-subj', subject, '-days', '3650', ...extensions],
  ]);
}

/** A certificate signed by the cluster's authority (`pki/NAME.crt`, its user: the subject) and a kubeconfig with it. */
export async function issueKubeconfig(
  path: string,
  name: string,
  subject: string,
  alternativeNames: string[] = [],
): Promise<void> {
  await issue(name, subject, alternativeNames);
  const data = async (file: string) => (await readFile(join(pkiDir, file))).toString('base64');
  const user = { 'client-certificate-data': await data(`${name}.crt`), 'client-key-data': await data(`${name}.key`) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'netinspect-test', cluster: { server: apiServer, 'certificate-authority-data': await data('ca.crt') } },
    ],
    users: [{ name, user }],
    contexts: [{ name: 'netinspect-test', context: { cluster: 'netinspect-test', user: name } }],
    'current-context': 'netinspect-test',
  };
  await writeFile(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
}

async function openssl(args: string[]): Promise<void> {
  await execa('openssl', args, { cwd: pkiDir });
}
