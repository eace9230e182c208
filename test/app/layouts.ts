import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { PacketInput } from '../../src/model/trace.ts';

/** A host with the rules of fixtures/layouts/NAME, and what becomes of packets. */
export interface Layout {
  local: readonly string[];
  /** How many rules are not modelled. */
  opaque?: number;
  /** What is asked, the packet (see packetOf), and its outcomes by hand reading, as cases.ts writes them. */
  packets: readonly (readonly [string, string, ...string[]])[];
}

const folder = new URL('fixtures/layouts/', import.meta.url);

/** What a tool printed of a layout; null where that was not recorded. */
export function printOf(layout: string, name: string): string | null {
  const path = new URL(`${layout}/${name}`, folder);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** The layouts that were recorded. */
export const recordedLayouts: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

/** `[in by ]SOURCE > DESTINATION[:PORT][/PROTOCOL][ > out by][ mark MARK][ type TYPE/CODE]` */
export function packetOf(words: string): PacketInput {
  const found = form.exec(words)?.groups;
  if (found === undefined) throw new Error(`no packet: ${words}`);
  const { source = '', destination = '', protocol = 'tcp', in: from, out, port, mark, type, code } = found;
  const numbers = { port, icmpType: type, icmpCode: code };
  const given = { in: from, out, mark };
  return {
    source,
    destination,
    protocol,
    ...(port === undefined ? {} : { sourcePort: 40000 }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(
      Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]])),
    ),
  };
}

const form =
  /^(?:(?<in>\S+) )?(?<source>[\d.]+) > (?<destination>[\d.]+)(?::(?<port>\d+))?(?:\/(?<protocol>\w+))?(?: > (?<out>\S+))?(?: mark (?<mark>\S+))?(?: type (?<type>\d+)\/(?<code>\d+))?$/;

export const layouts: Readonly<Record<string, Layout>> = {
  'kube-proxy-1.22': {
    local: ['10.0.0.2', '10.200.64.1'],
    packets: [
      [
        'ClusterIP with affinity, from a pod',
        '10.200.64.9 > 10.100.200.231:5000',
        '1/2 accept → 10.200.64.11:5000 assumed: a client not seen before',
        '1/2 accept → 10.200.65.10:5000 assumed: a client not seen before',
      ],
      [
        'ClusterIP from outside the pod network',
        'eth0 10.0.0.9 > 10.100.200.231:5000',
        '1/2 accept → 10.200.64.11:5000 (masquerade) assumed: a client not seen before',
        '1/2 accept → 10.200.65.10:5000 (masquerade) assumed: a client not seen before',
      ],
      [
        'load balancer, client in the source ranges: local endpoint, source kept',
        'eth0 192.0.2.7 > 203.0.113.7:5000',
        '1 accept → 10.200.64.11:5000',
      ],
      ['load balancer, other client: marked, dropped', 'eth0 198.51.100.7 > 203.0.113.7:5000', '1 drop'],
      ['load balancer without local endpoints', 'eth0 198.51.100.7 > 203.0.113.8:80', '1 drop'],
      ['… from a pod: as by the ClusterIP', '10.200.64.9 > 203.0.113.8:80', '1 accept → 10.200.41.30:8080'],
      ['node port, local endpoint', 'eth0 198.51.100.7 > 10.0.0.2:32290', '1 accept → 10.200.64.11:5000'],
      ['node port without local endpoints', 'eth0 198.51.100.7 > 10.0.0.2:31527', '1 drop'],
      ['node port without endpoints', 'eth0 198.51.100.7 > 10.0.0.2:30999', '1 reject [icmp-port-unreachable]'],
      ['service without endpoints, from the node', '10.0.0.2 > 10.100.200.99:80', '1 reject [icmp-port-unreachable]'],
      ['hairpin', '10.200.41.30 > 10.100.200.17:80', '1 accept → 10.200.41.30:8080 (masquerade)'],
    ],
  },
  k3s: {
    local: ['192.168.1.10', '10.42.0.1'],
    packets: [
      ['ServiceLB address', 'eth0 192.168.1.50 > 192.168.1.10:443', '1 accept → 10.42.0.7:8443 (masquerade)'],
      ['node port from a pod', '10.42.0.9 > 192.168.1.10:31443', '1 accept → 10.42.0.7:8443 (masquerade)'],
      ['host port of svclb', 'eth0 192.168.1.50 > 192.168.1.10:80', '1 accept → 10.42.0.8:80'],
      [
        'policy rejects another port of the pod',
        'flannel.1 10.42.1.9 > 10.42.0.7:80',
        '1 reject [icmp-port-unreachable]',
      ],
      ['pod to the internet', 'cni0 10.42.0.9 > 198.51.100.7:443', '1 accept (masquerade)'],
    ],
  },
  calico: {
    local: ['10.0.0.2'],
    packets: [
      [
        'pod to the internet',
        'cali7de82f3e9d9 192.168.0.5 > 198.51.100.7:443 > eth0',
        '? accept (masquerade) {rpfilter}',
        '? drop {rpfilter}',
      ],
      [
        'pod to a pod whose policy lets it',
        'cali9f00fa11a21 192.168.0.7 > 192.168.0.5:6379 > cali7de82f3e9d9',
        '? accept {rpfilter}',
        '? drop {rpfilter}',
      ],
      [
        '… on a port that it does not',
        'cali9f00fa11a21 192.168.0.7 > 192.168.0.5:80 > cali7de82f3e9d9',
        '1 drop {rpfilter}',
      ],
      [
        'from an interface that Felix does not know',
        'cali00000000000 192.168.0.66 > 192.168.0.5:6379 > cali7de82f3e9d9',
        '1 drop {rpfilter}',
      ],
      ['VXLAN of another node', 'eth0 10.0.0.3 > 10.0.0.2:4789/udp', '1 accept'],
      ['VXLAN of a stranger', 'eth0 198.51.100.7 > 10.0.0.2:4789/udp', '1 drop'],
      ['VXLAN made in a pod', 'cali7de82f3e9d9 192.168.0.5 > 10.0.0.3:4789/udp > eth0', '1 drop {rpfilter}'],
    ],
  },
  'calico-nftables': {
    local: ['10.0.0.2'],
    packets: [
      [
        'pod to the internet',
        'cali7de82f3e9d9 192.168.0.5 > 198.51.100.7:443 > eth0',
        '? accept (masquerade) {interface towards the source by iif, mark }',
        '? drop {interface towards the source by iif, mark }',
      ],
      ['to a pod whose policy lets it', 'eth0 192.168.0.7 > 192.168.0.5:9005 > cali7de82f3e9d9', '1 accept'],
      ['… on a port that it does not', 'eth0 192.168.0.7 > 192.168.0.5:80 > cali7de82f3e9d9', '1 drop'],
      ['VXLAN of a stranger', 'eth0 198.51.100.7 > 10.0.0.2:4789/udp', '1 drop'],
    ],
  },
  cilium: {
    local: ['10.0.0.2'],
    packets: [
      [
        'pod to the internet',
        'lxc1 10.244.1.9 > 198.51.100.7:443 > eth0',
        '1 accept (masquerade) {-m socket --transparent}',
      ],
      ['pod to another node', 'lxc1 10.244.1.9 > 10.0.0.3:443 > eth0', '1 accept {-m socket --transparent}'],
      [
        'in by the uplink, for another host',
        'eth0 198.51.100.7 > 198.51.100.8:443 > eth1',
        '1 drop {-m socket --transparent}',
      ],
      ['from the node', '10.0.0.2 > 198.51.100.7:443 > eth0', '1 accept'],
      [
        'DNS that goes to the proxy',
        'lxc1 10.244.1.9 > 10.96.0.10:53/udp mark 0x3920200',
        '? accept {-m socket --transparent; out by cilium_host}',
        '? unknown {-m socket --transparent; to the local socket 127.0.0.1:37379}',
      ],
    ],
  },
  antrea: {
    local: ['10.0.0.2'],
    packets: [
      ['pod to the internet', 'antrea-gw0 10.10.0.5 > 198.51.100.7:443 > eth0', '1 accept (masquerade)'],
      ['pod to a pod of another node', 'antrea-gw0 10.10.0.5 > 10.10.1.5:443 > eth0', '1 accept'],
      ['node port', 'eth0 198.51.100.7 > 10.0.0.2:30080 > antrea-gw0', '1 accept → 169.254.0.252:30080'],
      ['node port number, other protocol', 'eth0 198.51.100.7 > 10.0.0.2:30080/udp', '1 accept'],
      ['SSH from the policy', 'eth0 192.0.2.9 > 10.0.0.2:22', '1 accept'],
      ['SSH from elsewhere', 'eth0 198.51.100.7 > 10.0.0.2:22', '1 reject [icmp-admin-prohibited]'],
      ['Geneve', 'eth0 10.0.0.3 > 10.0.0.2:6081/udp', '1 accept'],
    ],
  },
  'kube-router': {
    local: ['10.206.32.10', '10.96.0.20'],
    packets: [
      ['pod that the policy lets in', 'eth0 10.1.2.7 > 10.1.1.4:80 > kube-bridge', '1 accept {physin none}'],
      ['… on another port', 'eth0 10.1.2.7 > 10.1.1.4:81 > kube-bridge', '1 reject [icmp-port-unreachable]'],
      ['pod that it does not', 'eth0 10.1.2.8 > 10.1.1.4:80 > kube-bridge', '1 reject [icmp-port-unreachable]'],
      ['service address and port', 'eth0 198.51.100.7 > 10.96.0.20:80', '1 accept'],
      ['service address, other port', 'eth0 198.51.100.7 > 10.96.0.20:81', '1 reject [icmp-port-unreachable]'],
      ['ping of a service address', 'eth0 198.51.100.7 > 10.96.0.20/icmp', '1 accept assumed: an echo request'],
      ['node port: RETURN is no ACCEPT under a policy DROP', 'eth0 198.51.100.7 > 10.206.32.10:30080', '1 drop'],
      ['SSH', 'eth0 198.51.100.7 > 10.206.32.10:22', '1 accept'],
      ['pod to the internet', 'kube-bridge 10.1.1.4 > 198.51.100.7:443 > eth0', '1 accept (masquerade)'],
    ],
  },
  'aws-vpc-cni': {
    local: ['10.70.116.114'],
    packets: [
      ['pod to the internet', 'eni1 10.70.116.20 > 198.51.100.7:443 > eth0', '1 accept (10.70.116.114)'],
      ['pod inside the VPC', 'eni1 10.70.116.20 > 10.70.120.7:443 > eth0', '1 accept'],
      ['pod with its own ENI to the internet', 'eni1 10.70.116.20 > 198.51.100.7:443 > vlan.eth.2', '1 accept'],
    ],
  },
  weave: {
    local: ['10.0.0.2', '10.32.0.1'],
    packets: [
      [
        'pod to the internet',
        'weave 10.32.0.5 > 198.51.100.7:443 > eth0',
        '1 accept (masquerade) {in by bridge port vethwe-bridge}',
      ],
      [
        'a pod that no policy selects',
        'weave 10.32.0.9 > 198.51.100.7:443 > eth0',
        '1 drop {in by bridge port vethwe-bridge}',
      ],
      ['to a pod', 'eth0 10.0.0.9 > 10.32.0.5:80 > weave', '1 accept'],
      ['to a pod in no set', 'eth0 10.0.0.9 > 10.32.0.9:80 > weave', '1 drop'],
      ['control port from outside', 'eth0 10.0.0.9 > 127.0.0.1:6784', '1 drop assumed: route_localnet is on'],
    ],
  },
  'docker-portmap': {
    local: ['10.0.0.2', '172.17.0.1', '10.88.0.1'],
    packets: [
      ['published port', 'eth0 192.0.2.7 > 10.0.0.2:443 > docker0', '1 accept → 172.17.0.2:443'],
      [
        '… from a source that DOCKER-USER drops',
        'eth0 198.51.100.7 > 10.0.0.2:443 > docker0',
        '1 drop → 172.17.0.2:443',
      ],
      ['host port', 'eth0 192.0.2.7 > 10.0.0.2:8080 > cni-podman0', '1 drop → 10.88.0.4:80'],
      [
        'host port from the node itself',
        '127.0.0.1 > 127.0.0.1:8080',
        '1 accept → 10.88.0.4:80 (masquerade) assumed: route_localnet is on',
      ],
      ['container to the internet', 'docker0 172.17.0.2 > 192.0.2.7:443 > eth0', '1 accept (masquerade)'],
      ['podman to the internet', 'cni-podman0 10.88.0.4 > 192.0.2.7:443 > eth0', '1 accept (masquerade)'],
    ],
  },
  'docker-nftables': {
    local: ['10.0.0.2', '172.17.0.1'],
    packets: [
      ['published port', 'eth0 192.0.2.7 > 10.0.0.2:8080 > docker0', '1 accept → 172.17.0.2:80'],
      ['straight to the container', 'eth0 192.0.2.7 > 172.17.0.2:80 > docker0', '1 drop'],
      ['unpublished port of another container', 'eth0 192.0.2.7 > 172.17.0.3:80 > docker0', '1 drop'],
      ['container to the internet', 'docker0 172.17.0.2 > 192.0.2.7:443 > eth0', '1 accept (masquerade)'],
    ],
  },
  ufw: {
    local: ['10.0.0.2'],
    packets: [
      ['SSH, first time', 'eth0 192.0.2.7 > 10.0.0.2:22', '1 accept assumed: a client not seen before'],
      ['HTTPS', 'eth0 192.0.2.7 > 10.0.0.2:443', '1 accept'],
      ['another port', 'eth0 192.0.2.7 > 10.0.0.2:6443', '1 drop'],
      ['ping', 'eth0 192.0.2.7 > 10.0.0.2/icmp', '1 accept assumed: an echo request'],
      ['forwarded to a pod', 'eth0 192.0.2.7 > 10.244.1.5:80 > cni0', '1 accept'],
      ['… on another port', 'eth0 192.0.2.7 > 10.244.1.5:8080 > cni0', '1 drop'],
    ],
  },
  'firewalld-nftables': {
    local: ['10.0.0.2'],
    packets: [
      ['SSH', 'eth0 192.0.2.7 > 10.0.0.2:22', '1 accept'],
      ['a port that no service opens', 'eth0 192.0.2.7 > 10.0.0.2:6443', '1 reject [icmp-admin-prohibited]'],
      ['… from a pod in the trusted zone', 'cali1 192.168.0.5 > 10.0.0.2:6443', '1 accept'],
      ['forwarded port', 'eth0 192.0.2.7 > 10.0.0.2:8080 > eth1', '1 accept → 10.0.5.5:80'],
      ['forwarded without a zone', 'eth0 192.0.2.7 > 10.0.5.5:80 > eth1', '1 reject [icmp-admin-prohibited]'],
      ['pod to the internet', 'cali1 192.168.0.5 > 192.0.2.7:443 > eth0', '1 accept (masquerade)'],
    ],
  },
  istio: {
    local: ['10.244.1.5'],
    packets: [
      ['in to the application', 'eth0 10.244.2.9 > 10.244.1.5:8080', '1 accept → ?:15006'],
      ['in to the health port', 'eth0 10.244.2.9 > 10.244.1.5:15021', '1 accept'],
      [
        'out: the proxy itself, or the application',
        '10.244.1.5 > 10.96.0.10:80 > eth0',
        "? accept {sender's GID 1337; sender's UID 1337}",
        "? accept {sender's UID 1337}",
        "? accept → 127.0.0.1:15001 {sender's GID 1337; sender's UID 1337}",
      ],
      ['out by UDP', '10.244.1.5 > 10.96.0.10:4000/udp > eth0', '1 accept'],
    ],
  },
  'istio-tproxy': {
    local: ['10.244.1.5'],
    packets: [
      ['in to the application', 'eth0 10.244.2.9 > 10.244.1.5:8080', '1 unknown {to the local socket 0.0.0.0:15006}'],
      ['in to the metrics port', 'eth0 10.244.2.9 > 10.244.1.5:15090', '1 accept'],
    ],
  },
  'istio-ambient': {
    local: ['10.244.1.5'],
    packets: [
      ['in to the application', 'eth0 10.244.2.9 > 10.244.1.5:8080', '1 accept → ?:15006'],
      ['in by HBONE', 'eth0 10.244.2.9 > 10.244.1.5:15008', '1 accept'],
      ["the kubelet's probe", 'eth0 169.254.7.127 > 10.244.1.5:8080', '1 accept'],
      ['out', '10.244.1.5 > 10.244.2.9:80 > eth0', '1 accept → 127.0.0.1:15001'],
      ['out by ztunnel, which marks it', '10.244.1.5 > 10.244.2.9:80 > eth0 mark 0x539', '1 accept'],
      ['a name', '10.244.1.5 > 10.96.0.10:53/udp > eth0', '1 accept → 127.0.0.1:15053'],
    ],
  },
  linkerd: {
    local: ['10.244.1.5'],
    packets: [
      ['in to the application', 'eth0 10.244.2.9 > 10.244.1.5:8080', '1 accept → ?:4143'],
      ["in to the proxy's own port", 'eth0 10.244.2.9 > 10.244.1.5:4191', '1 accept'],
      [
        'out',
        '10.244.1.5 > 10.96.0.10:80 > eth0',
        "? accept {sender's UID 2102}",
        "? accept → 127.0.0.1:4140 {sender's UID 2102}",
      ],
      ['out to a port that is left alone', '10.244.1.5 > 10.96.0.10:4567 > eth0', "1 accept {sender's UID 2102}"],
    ],
  },
  'azure-npm': {
    local: ['10.240.0.4'],
    opaque: 1,
    packets: [
      [
        'pod that the policy lets in',
        'azv1 10.244.0.9 > 10.244.0.4:80 > azv2',
        '1 accept {-m string --string "GET" --algo bm}',
      ],
      ['pod that it does not', 'azv1 10.244.0.8 > 10.244.0.4:80 > azv2', '1 drop {-m string --string "GET" --algo bm}'],
      [
        'wireserver from a pod',
        'azv1 10.244.0.9 > 168.63.129.16:80 > eth0',
        '1 drop {-m string --string "GET" --algo bm}',
      ],
      [
        'wireserver from the node: root only',
        '10.240.0.4 > 168.63.129.16:80 > eth0',
        "? accept (masquerade) {sender's UID 0}",
        "? drop {sender's UID 0}",
      ],
      ["kind's DNS from the node", '127.0.0.1 > 127.0.0.11:53/udp', '1 accept → 127.0.0.11:47112'],
      ['pod to the internet', 'azv1 10.244.0.9 > 198.51.100.7:443 > eth0', '1 accept (masquerade)'],
    ],
  },
  'ovn-kubernetes': {
    local: ['10.0.0.2', '10.128.0.2'],
    packets: [
      [
        'external traffic policy Local',
        'br-ex 198.51.100.7 > 10.0.0.2:31410 > ovn-k8s-mp0',
        '1/2 accept → 10.128.0.10:8080 (10.128.0.2)',
        '1/2 accept → 10.128.0.9:8080 (10.128.0.2)',
      ],
      ['node port', 'br-ex 198.51.100.7 > 10.0.0.2:31411 > ovn-k8s-mp0', '1 accept → 172.30.0.10:80 (10.128.0.2)'],
      ['external IP', 'br-ex 198.51.100.7 > 203.0.113.9:80 > br-ex', '1 accept → 172.30.0.10:80'],
      ['egress service', 'ovn-k8s-mp0 10.128.0.9 > 198.51.100.7:443 > br-ex', '1 accept (203.0.113.50)'],
      ['pod to the internet', 'ovn-k8s-mp0 10.128.0.8 > 198.51.100.7:443 > br-ex', '1 accept (masquerade)'],
      ['machine config server', 'ovn-k8s-mp0 10.128.0.8 > 10.0.0.9:22623 > br-ex', '1 accept (masquerade)'],
      [
        'internal traffic policy Local, from the node',
        '10.0.0.2 > 172.30.0.11:80 > br-ex',
        '1 accept → 127.0.0.1:8080',
      ],
    ],
  },
  'ovn-kubernetes-nftables': {
    local: ['10.0.0.2', '10.128.0.2'],
    packets: [
      ['into the pod network', 'br-ex 198.51.100.7 > 10.128.0.9:8080 > ovn-k8s-mp0', '1 accept (10.128.0.2)'],
      ['… of a node port that keeps its client', 'br-ex 198.51.100.7 > 10.128.0.9:31410 > ovn-k8s-mp0', '1 accept'],
      ['egress service', 'ovn-k8s-mp0 10.128.0.9 > 198.51.100.7:443 > br-ex', '1 accept (203.0.113.50)'],
      ['pod to the internet', 'ovn-k8s-mp0 10.128.0.8 > 198.51.100.7:443 > br-ex', '1 accept (masquerade)'],
      ['"fragmentation needed" to another node', '10.0.0.2 > 10.0.0.3/icmp > br-ex type 3/4', '1 drop'],
    ],
  },
  'kindnet-nftables': {
    local: ['172.18.0.2'],
    packets: [
      ['pod to the internet', 'veth1 10.244.1.9 > 198.51.100.7:443 > eth0', '1 accept (masquerade)'],
      ['pod to a pod', 'veth1 10.244.1.9 > 10.244.2.9:443 > eth0', '1 accept'],
      ['a pod under policy', 'veth1 10.244.1.5 > 10.244.2.9:443 > eth0', '1 drop'],
      [
        'DNS of a pod of the node: to the cache, untracked',
        'veth1 10.244.1.9 > 10.96.0.10:53/udp',
        '1 unknown {to the local socket 127.0.0.1:5300}',
      ],
    ],
  },
};
