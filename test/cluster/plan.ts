/** How kube-proxy writes its rules on a node: its mode and, for iptables, the flavour of the binary. */
export type ProxyMode = 'iptables-nft' | 'iptables-legacy' | 'nftables';

export interface NodePlan<Mode = ProxyMode> {
  name: string;
  proxyMode: Mode;
  /** `bridge`: flannel over VXLAN with a bridge cni0; `ptp`: a routed veth a pod, no bridge. */
  cni: 'bridge' | 'ptp';
  ip4: string;
  ip6: string;
  podCidr4: string;
  podCidr6: string;
}

function node(index: number, proxyMode: ProxyMode, cni: NodePlan['cni']): NodePlan {
  return {
    name: `node${index}`,
    proxyMode,
    cni,
    ip4: `172.31.99.${10 + index}`,
    ip6: `fd99::${10 + index}`,
    podCidr4: `10.244.${index}.0/24`,
    podCidr6: `fd00:244:0:${index}::/64`,
  };
}

/** The nodes: each kube-proxy world once, a bridge and a routed network. */
export const nodes: readonly NodePlan[] = [
  node(1, 'iptables-nft', 'bridge'),
  node(2, 'iptables-legacy', 'bridge'),
  node(3, 'nftables', 'ptp'),
];

/** The fourth node: a virtual machine that only the tests that ask for it start (ipvs/). */
export const ipvsNode: NodePlan<'ipvs'> = { ...node(50, 'nftables', 'bridge'), name: 'ipvs1', proxyMode: 'ipvs' };

/** The address plan; the control plane sits on the bridge that joins the nodes. */
export const net = {
  bridge: 'nibr0',
  control4: '172.31.99.1',
  control6: 'fd99::1',
  podCidr4: '10.244.0.0/16',
  podCidr6: 'fd00:244::/56',
  serviceCidr4: '10.96.0.0/16',
  serviceCidr6: 'fd00:96::/112',
  apiService4: '10.96.0.1',
  apiService6: 'fd00:96::1',
  dnsService4: '10.96.0.10',
  apiPort: 6443,
  registryPort: 5000,
} as const;

export const apiServer = `https://${net.control4}:${net.apiPort}`;

/** Pods that a node takes; small on the last one, so that a test can fill it (harness.ts, `fill`) and see OutOfpods. */
export const maxPods = (name: string): number => (name === 'node3' ? 24 : 110);

export const pauseImage = 'registry.k8s.io/pause:3.10.1';
export const corednsImage = 'registry.k8s.io/coredns/coredns:v1.14.7';
export const webImage = 'example.test/web:1';
export const kubeProxyImage = (mode: ProxyMode): string => `registry.k8s.io/kube-proxy:v1.36.3-${mode}`;

/** The tool image as nodes have it, and the same under a tag that only the registry has, so that a pull happens. */
export const toolImage = 'docker.io/nicolaka/netshoot:v0.16';
export const toolImageToPull = 'docker.io/nicolaka/netshoot:pull-me';
