import { describe, expect, test } from '@jest/globals';
import { overlaysOf } from '../../src/model/overlay.ts';
import type { NodeStack } from '../../src/model/stack.ts';
import { parseLinks } from '../../src/parse/link.ts';
import { parseRoutes } from '../../src/parse/route.ts';
import { recordedStack, whole } from './fixture.ts';

const node = recordedStack('node');
const node2 = {
  raw: '',
  namespace: '',
  name: 'node2',
  uid: '',
  ips: ['172.31.99.12'],
  podCIDRs: [],
  ready: true,
  osImage: null,
  kernel: null,
  containerRuntime: null,
  zone: null,
  kubeletVersion: null,
};

test('VXLAN: the remote end point, its node, and the routes by the MAC of their gateway', () => {
  expect(overlaysOf(node, [node2])).toMatchObject([
    {
      device: 'flannel.1',
      kind: 'vxlan',
      vni: 1,
      port: 8472,
      local: '172.31.99.11',
      mtu: 1450,
      underlay: 'eth0',
      remotes: [{ mac: '5e:51:b9:53:3e:4b', address: '172.31.99.12', node: 'node2', routes: ['10.244.2.0/24'] }],
    },
  ]);
});

test('a remote that is no known node’s', () => {
  expect(overlaysOf(node, [])[0]?.remotes[0]?.node).toBeNull();
});

// Shapes of ip/link_iptnl.c, iplink_geneve.c, iplink_wireguard.c; these kinds are not in the recorded namespaces.
const stack = (links: object[], routes: object[]): NodeStack => ({
  ...node,
  links: whole(parseLinks(JSON.stringify(links)).records),
  routes: { IPv4: whole(parseRoutes('IPv4')(JSON.stringify(routes)).records), IPv6: whole([]) },
  fdb: whole([]),
});
const device = (ifname: string, info_kind: string, info_data: object, flags = ['UP']) => ({
  ifindex: 9,
  ifname,
  flags,
  mtu: 1480,
  linkinfo: { info_kind, info_data },
});

describe('other kinds', () => {
  test('ipip: each gateway over it is a remote', () => {
    const routes = [
      { dst: '10.244.2.0/24', gateway: '172.31.99.12', dev: 'tunl0', flags: ['onlink'] },
      { dst: '172.31.99.0/24', dev: 'eth0', flags: [] },
    ];
    expect(
      overlaysOf(stack([device('tunl0', 'ipip', { remote: 'any', local: 'any' })], routes), [node2]),
    ).toMatchObject([
      {
        kind: 'ipip',
        vni: null,
        port: null,
        local: null,
        underlay: 'eth0',
        remotes: [{ mac: null, address: '172.31.99.12', node: 'node2', routes: ['10.244.2.0/24'] }],
      },
    ]);
  });

  test('Geneve with a fixed remote', () => {
    const link = device('gen0', 'geneve', { id: 7, remote: '172.31.99.12', port: 6081 });
    expect(overlaysOf(stack([link], []), [])).toMatchObject([
      { vni: 7, port: 6081, remotes: [{ address: '172.31.99.12', routes: [] }] },
    ]);
  });

  test('VXLAN whose identifier each packet sets (external)', () => {
    expect(overlaysOf(stack([device('cilium_vxlan', 'vxlan', { external: true, port: 8472 })], []), [])).toMatchObject([
      { vni: null, remotes: [] },
    ]);
  });

  test('WireGuard: its peers are not collected', () => {
    expect(overlaysOf(stack([device('wg0', 'wireguard', {})], []), [])).toMatchObject([
      { kind: 'wireguard', port: null, remotes: [] },
    ]);
  });

  test('a fallback device that is down is no overlay', () => {
    expect(overlaysOf(stack([device('tunl0', 'ipip', {}, ['NOARP'])], []), [])).toEqual([]);
  });
});
