import { describe, expect, test } from '@jest/globals';
import { podReport } from '../../src/app/pod.ts';
import type { PodReport } from '../../src/model/report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { changed, edited, ipsOf, recorded, section } from './fixture.ts';

const report = (name: string, snapshot: Snapshot = recorded) =>
  podReport(snapshot, { namespace: 'shop', name }, { evidence: false });
const codes = ({ notes }: PodReport) => notes.map(({ code }) => code);
const cart = report('cart');
const inCart = 'nodes/node1/pods/shop_cart';

describe('a pod on a bridge', () => {
  test('is placed: node, addresses, network namespace', () => {
    expect(cart).toMatchObject({
      pod: { phase: 'Running', ready: true, hostNetwork: false, reason: null },
      node: { name: 'node1', ips: ['172.31.99.11', 'fd99::11'] },
      ips: ipsOf('cart'),
      netns: { inode: Number(section(`${inCart}/netns.txt`).split(' ')[0]), isNode: false },
      gaps: [],
    });
  });

  test('has the processes of each container, the sandbox among them', () => {
    const processes = JSON.parse(section(`${inCart}/pids.json`)) as { pid: number; comm: string }[];
    const pidsOf = (...comms: string[]) => processes.filter(({ comm }) => comms.includes(comm)).map(({ pid }) => pid);
    const byName = Object.fromEntries(cart.containers.map(({ name, pids }) => [name, pids]));
    expect(byName['proxy']).toEqual(pidsOf('web'));
    expect(byName['sandbox']).toEqual(pidsOf('pause'));
    expect(byName['admin']).toEqual(expect.arrayContaining(pidsOf('bash', 'socat')));
    expect(byName['tool']).toHaveLength(1);
    expect(cart.containers.flatMap(({ pids }) => pids ?? []).sort()).toEqual(processes.map(({ pid }) => pid).sort());
  });

  test('eth0 and its other end, a port of the bridge', () => {
    const [eth0] = cart.interfaces;
    expect(cart.interfaces).toHaveLength(1);
    expect(eth0?.addresses.filter(({ scope }) => scope === 'global').map(({ address }) => address)).toEqual(
      ipsOf('cart'),
    );
    expect(eth0).toMatchObject({ name: 'eth0', kind: 'veth', mtu: 1450, peer: { kind: 'veth', master: 'cni0' } });
    expect(cart.attachment).toMatchObject({ kind: 'bridge', bridge: { name: 'cni0' } });
    const members = cart.attachment.kind === 'bridge' ? cart.attachment.members : [];
    expect(members.find(({ name }) => name === eth0?.peer?.name)).toMatchObject({ pod: 'shop/cart', hairpin: true });
    expect(members.map(({ pod }) => pod)).toContainEqual(expect.stringMatching(/^default\/web-/));
  });

  test('gateways, the way out, the overlays with their remotes', () => {
    expect(cart.gateways).toEqual([
      { family: 'IPv4', address: '10.244.1.1', interface: 'eth0', onNode: 'cni0' },
      { family: 'IPv6', address: 'fd00:244:0:1::1', interface: 'eth0', onNode: 'cni0' },
    ]);
    expect(cart.egress.map(({ destination, interface: out, nextHop }) => [destination, out, nextHop])).toEqual([
      ['default', 'eth0', '172.31.99.1'],
      ['10.244.2.0/24', 'flannel.1', '10.244.2.0'],
      ['10.244.3.0/24', 'flannel.1', '10.244.3.0'],
      ['default', 'eth0', 'fd99::1'],
      ['fd00:244:0:2::/64', 'flannel-v6.1', 'fd00:244:0:2::'],
      ['fd00:244:0:3::/64', 'flannel-v6.1', 'fd00:244:0:3::'],
    ]);
    const remotes = cart.overlays.map(({ device, vni, port, local, underlay, remotes: all }) => ({
      ...{ device, vni, port, local, underlay },
      remotes: all.map(({ node, address, routes }) => `${node} ${address} ${routes.join()}`).sort(),
    }));
    expect(remotes).toEqual([
      {
        ...{ device: 'flannel.1', vni: 1, port: 8472, local: '172.31.99.11', underlay: 'eth0' },
        remotes: ['node2 172.31.99.12 10.244.2.0/24', 'node3 172.31.99.13 10.244.3.0/24'],
      },
      {
        ...{ device: 'flannel-v6.1', vni: 1, port: 8472, local: 'fd99::11', underlay: 'eth0' },
        remotes: ['node2 fd99::12 fd00:244:0:2::/64', 'node3 fd99::13 fd00:244:0:3::/64'],
      },
    ]);
  });

  test('a route that discards is a way out as well, and a warning', () => {
    // As `ip -j route` of iproute2 6.1 prints `ip route add blackhole …` (the demo snapshot has one).
    const routes = section('nodes/node1/route4.json').replace(
      /\{"dst":"10\.244\.2\.0\/24"[^}]*\}/,
      '{"type":"blackhole","dst":"10.244.2.0/24","flags":[]}',
    );
    const cut = report('cart', changed({ 'nodes/node1/route4.json': routes }));
    const ways = cut.egress.map(({ destination, type, interface: out }) => [destination, type, out]);
    expect(ways).toContainEqual(['10.244.2.0/24', 'blackhole', null]);
    expect(cut.notes[0]).toMatchObject({ code: 'egress-discarded', severity: 'warning' });
    expect(cut.mtu.flatMap(({ destinations }) => destinations)).not.toContain('10.244.2.0/24');
  });

  test('no route at all: said where the table was read whole', () => {
    const none = report('cart', changed({ 'nodes/node1/route4.json': '[]' }));
    expect(none.egress.map(({ family }) => family)).not.toContain('IPv4');
    expect(codes(none).filter(code => code === 'no-route')).toHaveLength(3);
    const unread = report('cart', changed({ 'nodes/node1/route4.json': null }));
    expect(codes(unread)).not.toContain('no-route');
  });

  test('the MTU along each way out, by family', () => {
    const ways = cart.mtu.map(({ destinations, hops }) => [
      destinations.join(),
      hops.map(({ where, interface: name, mtu }) => `${where} ${name.replace(/^veth.*/, 'veth')} ${mtu}`),
    ]);
    const near = ['pod eth0 1450', 'node veth 1450', 'node cni0 1450'];
    expect(ways).toEqual([
      ['default', [...near, 'node eth0 1500']],
      ['10.244.2.0/24,10.244.3.0/24', [...near, 'node flannel.1 1450', 'node eth0 1500']],
      ['default', [...near, 'node eth0 1500']],
      ['fd00:244:0:2::/64,fd00:244:0:3::/64', [...near, 'node flannel-v6.1 1430', 'node eth0 1500']],
    ]);
    expect(cart.mtu.map(({ family }) => family)).toEqual(['IPv4', 'IPv4', 'IPv6', 'IPv6']);
  });

  test('DNS', () => {
    expect(cart.dns).toEqual({
      nameservers: ['10.96.0.10'],
      search: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
      options: ['ndots:5'],
    });
  });

  test('connections, NAT decoded', () => {
    const [ip4, ip6] = ipsOf('cart');
    const [routed4, routed6] = ipsOf('routed');
    expect(cart.conntrack).toContainEqual(
      expect.objectContaining({
        original: expect.objectContaining({ source: ip4 }),
        dnat: { address: routed4, port: 8080 },
        snat: null,
      }),
    );
    expect(cart.conntrack).toContainEqual(
      expect.objectContaining({
        original: expect.objectContaining({ source: ip6 }),
        dnat: { address: routed6, port: 8080 },
        snat: null,
      }),
    );
    // To itself through its own service: masqueraded behind the bridge's address.
    expect(cart.conntrack).toContainEqual(
      expect.objectContaining({
        dnat: { address: ip4, port: 8080 },
        snat: expect.objectContaining({ address: '10.244.1.1' }),
      }),
    );
  });
});

describe('services of a pod', () => {
  const service = cart.services?.[0];

  test('those that select it, with their types and addresses', () => {
    expect(cart.services?.map(({ name, type, headless, ready }) => [name, type, headless, ready])).toEqual([
      ['cart', 'LoadBalancer', false, true],
      ['cart-headless', 'ClusterIP', true, true],
    ]);
    expect(service).toMatchObject({
      externalIPs: ['192.0.2.10'],
      externalTrafficPolicy: 'Local',
      serving: true,
      terminating: false,
    });
    expect(service?.clusterIPs).toHaveLength(2);
  });

  // What the containers of workloads.yaml do: `proxy` listens on every address, `admin` on the rest.
  test.each([
    ['named', 8080, 'yes', ['yes', 'yes']],
    ['local', 9000, 'no', ['localhost-only', 'no']],
    ['four', 9001, 'no', ['yes', 'no']],
    ['six', 9002, 'no', ['no', 'yes']],
    ['nobody', 9999, 'no', ['no', 'no']],
    ['missing', null, 'no', ['no', 'no']],
  ])('port %s: pod port %s, listening %s', (name, podPort, listening, by) => {
    const port = service?.ports.find(candidate => candidate.name === name);
    expect(port).toMatchObject({ podPort, listening });
    expect(port?.listeningBy.map(({ listening: own }) => own)).toEqual(by);
  });

  test('chains for both families; none for a port that the pod does not have, none for a headless service', () => {
    const chains = (name: string) => service?.ports.find(port => port.name === name)?.chains ?? [];
    expect(new Set(chains('named').map(({ backend, family }) => `${backend} ${family}`))).toEqual(
      new Set(['iptables-nft IPv4', 'iptables-nft IPv6']),
    );
    expect(chains('missing')).toEqual([]);
    expect(cart.services?.[1]?.ports[0]?.chains).toEqual([]);
  });

  test('a pod that is not ready: selected, not an endpoint, no chain leads to it', () => {
    expect(report('cold').services).toMatchObject([
      { name: 'cold', ready: false, serving: false, ports: [{ listening: 'yes', chains: [] }] },
    ]);
  });

  test('ready comes from the EndpointSlices, not from the pod', () => {
    const ready = edited('endpointslices', firstSlice('cold'), slice => {
      for (const endpoint of slice.endpoints)
        endpoint['conditions'] = { ready: true, serving: true, terminating: true };
    });
    expect(report('cold', ready)).toMatchObject({
      pod: { ready: false },
      services: [{ ready: true, terminating: true }],
    });
  });

  test('what keeps a service from being answered is said, before what is merely worth knowing', () => {
    expect(cart.notes.map(({ severity, code, text }) => `${severity} ${code}: ${text}`)).toEqual([
      'warning nobody-listens: service shop/cart sends 9000/TCP to port 9000, where nobody listens over IPv6',
      'warning listens-on-localhost: service shop/cart sends 9000/TCP to port 9000, where the pod listens on localhost only over IPv4',
      'warning nobody-listens: service shop/cart sends 9001/TCP to port 9001, where nobody listens over IPv6',
      'warning nobody-listens: service shop/cart sends 9002/UDP to port 9002, where nobody listens over IPv4',
      'warning nobody-listens: service shop/cart sends 9999/TCP to port 9999, where nobody listens',
      'warning no-such-port: service shop/cart sends 9998/TCP to the port nosuch, which the pod does not have',
      expect.stringContaining('info shared-network: 3 containers'),
    ]);
  });

  test('selected, but in no EndpointSlice', () => {
    const emptied = edited('endpointslices', firstSlice('cold'), slice => slice.endpoints.splice(0));
    expect(report('cold').services).toMatchObject([{ name: 'cold', listed: true, ready: false }]);
    expect(report('cold', emptied).services).toMatchObject([{ name: 'cold', listed: false, ready: null }]);
  });

  test('a pod that no service selects', () => {
    expect(report('waiting').services).toEqual([]);
  });

  test.each([
    ['not read', null],
    ['read in part', '{"kind": "ServiceList", "items": [{"metadata": {}}]}'],
  ])('services that were %s: whether one selects the pod is not known', (_name, text) => {
    const blind = report('cart', changed({ 'cluster/services.json': text }));
    expect(blind.services).toBe(null);
    expect(blind.gaps.map(({ subject }) => subject)).toEqual(['cluster/services.json']);
  });

  test('without EndpointSlices: selected, but whether ready is not known', () => {
    const forbidden = changed({ 'cluster/endpointslices.json': null }, {}, [
      { subject: 'endpointslices', code: 'forbidden', message: 'endpointslices is forbidden' },
    ]);
    const blind = report('cart', forbidden);
    expect(blind.services?.[0]).toMatchObject({
      name: 'cart',
      listed: null,
      ready: null,
      serving: null,
      terminating: null,
    });
    expect(blind.gaps).toEqual([{ subject: 'cluster/endpointslices.json', why: 'endpointslices is forbidden' }]);
  });
});

function firstSlice(service: string): string {
  const { items } = JSON.parse(section('cluster/endpointslices.json')) as { items: { metadata: { name: string } }[] };
  return items.find(({ metadata }) => metadata.name.startsWith(`${service}-`))?.metadata.name ?? '';
}

describe('a routed pod (ptp)', () => {
  const routed = report('routed');

  test('is reached by the node’s routes to its other end', () => {
    const peer = routed.interfaces[0]?.peer?.name;
    expect(routed.attachment).toMatchObject({
      kind: 'routed',
      routes: ipsOf('routed').map((ip, at) => ({
        destination: `${ip}/${at === 0 ? 32 : 128}`,
        interface: peer,
        table: 'main',
      })),
    });
    expect(routed.gateways.map(({ address, onNode }) => [address, onNode])).toEqual([
      ['10.244.3.1', peer],
      ['fd00:244:0:3::1', peer],
    ]);
  });

  test('nftables: the maps and chains that lead to it', () => {
    expect(routed.services).toMatchObject([{ name: 'routed', type: 'NodePort', sessionAffinity: 'ClientIP' }]);
    const chains =
      routed.services?.[0]?.ports[0]?.chains.filter(({ family }) => family === 'IPv4').map(({ chain }) => chain) ?? [];
    expect(chains).toEqual(expect.arrayContaining(['services', 'service-ips', 'service-nodeports']));
    expect(chains.at(-1)).toContain('shop/routed/tcp/http');
  });

  test('a route that leads elsewhere is said', () => {
    const routes = JSON.parse(section('nodes/node3/route4.json')) as { dst: string }[];
    const without = JSON.stringify(routes.filter(({ dst }) => dst !== ipsOf('routed')[0]));
    const lost = report('routed', changed({ 'nodes/node3/route4.json': without }));
    expect(codes(lost)).toContain('route-not-to-pod');
    expect(lost.attachment.kind).toBe('routed');
  });
});

describe('pods of other kinds and states, each in words of its own', () => {
  test('host network: only its own sockets, the node’s routes, connections to its ports', () => {
    const host = report('host');
    expect(host).toMatchObject({
      attachment: { kind: 'host-network' },
      interfaces: [],
      routes: [],
      netns: { isNode: true },
    });
    expect(host.sockets?.map(({ port, container }) => [port, container])).toEqual([[8080, 'web']]);
    expect(host.egress.map(({ interface: out }) => out)).toContain('eth0');
    expect(codes(host)).toEqual(['host-network', 'host-network-conntrack']);
    expect(section('nodes/node3/pods/shop_host/sockets.txt').trim().split('\n').length).toBeGreaterThan(1);
  });

  test.each([
    ['waiting', 'not-scheduled', /^Unschedulable: 0\/3 nodes are available/],
    ['done', 'succeeded', /^Succeeded: job terminated: Completed$/],
    ['broken', 'failed', /^Failed: job terminated: Error$/],
    ['unbuildable', 'sandbox-failed', /^FailedCreatePodSandBox: .*no runtime for "nosuch" is configured$/],
    ['unpullable', 'containers-not-started', /^(ErrImagePull|ImagePullBackOff): .*example\.test\/nosuch/],
  ])('%s: %s', (name, code, reason) => {
    const pod = report(name);
    expect(codes(pod)).toEqual([code]);
    expect(pod.pod.reason).toMatch(reason);
    expect(pod.gaps).toEqual([]);
  });

  test('without events, a sandbox that cannot be made looks like one that is being made', () => {
    const pod = report('unbuildable', changed({ 'cluster/events.json': null }));
    expect(codes(pod)).toEqual(['container-creating']);
    expect(pod.pod.reason).toBe('ContainerCreating');
    expect(pod.gaps).toEqual([]);
  });

  test('a pod whose image cannot be pulled has its network already', () => {
    expect(report('unpullable')).toMatchObject({
      attachment: { kind: 'bridge' },
      sockets: [],
      containers: [{ pids: [] }, { name: 'sandbox' }],
    });
  });

  test('several containers share the network', () => {
    expect(codes(cart)).toContain('shared-network');
  });

  test('being deleted', () => {
    const pod = report(
      'cold',
      edited('pods', 'cold', ({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2026-01-01T00:00:00Z' })),
    );
    expect(codes(pod)).toEqual(['deleting', 'endpoint-not-ready']);
  });

  // No gVisor or Kata here: their processes' names by runsc cmd/sandbox and kata's documentation (unproven live).
  test.each([
    ['gVisor', 'runsc-sandbox'],
    ['Kata Containers', 'qemu-system-x86'],
  ])('%s (unproven live): sockets are not known, and it is said why', (name, comm) => {
    const path = 'nodes/node2/pods/shop_cold/pids.json';
    const pod = report('cold', changed({ [path]: section(path).replace('"comm": "web"', `"comm": "${comm}"`) }));
    expect(pod.sockets).toBeNull();
    expect(pod.notes).toMatchObject([
      { code: 'endpoint-not-ready' },
      { code: 'sandboxed', text: expect.stringContaining(name) },
    ]);
    expect(pod.services?.[0]?.ports[0]?.listening).toBe('unknown');
    expect(pod.gaps).toEqual([
      { subject: 'nodes/node2/pods/shop_cold/sockets.txt', why: `the sockets are inside the ${name} sandbox` },
    ]);
  });

  test.each(['cri-o', 'docker'])('on a node that runs %s: said to be unproven', runtime => {
    const node = edited('nodes', 'node2', ({ status }) =>
      Object.assign(status['nodeInfo'] as object, { containerRuntimeVersion: `${runtime}://1.2` }),
    );
    expect(codes(report('cold', node))).toEqual(['endpoint-not-ready', 'runtime-unproven']);
  });

  test('no process was found, nor its namespace', () => {
    const folder = 'nodes/node2/pods/shop_cold';
    const files = Object.fromEntries(
      [...recorded.files.keys()].filter(path => path.startsWith(folder)).map(path => [path, null]),
    );
    const lost = changed(
      { ...files, [`${folder}/pids.json`]: '[]', [`${folder}/netns.txt`]: '' },
      { [`${folder}/netns.txt`]: { exitCode: 1, stderr: 'no process on this node' } },
    );
    const pod = report('cold', lost);
    expect(codes(pod)).toEqual(['no-process', 'endpoint-not-ready']);
    expect(pod).toMatchObject({ netns: null, attachment: { kind: 'unknown' }, sockets: null, dns: null });
    expect(pod.gaps).toEqual([{ subject: `${folder}/netns.txt`, why: 'exit code 1: no process on this node' }]);
  });

  test('no process was found, but its namespace by its address', () => {
    const folder = 'nodes/node2/pods/shop_cold';
    const netns = section(`${folder}/netns.txt`).replace(/\/proc\/\d+\/ns\/net/, '/host/run/netns/cni-1');
    const pod = report('cold', changed({ [`${folder}/pids.json`]: '[]', [`${folder}/netns.txt`]: netns }));
    expect(codes(pod)).toEqual(['endpoint-not-ready', 'netns-by-address']);
    expect(pod.attachment.kind).toBe('bridge');
  });
});

describe('what is missing is said, not guessed', () => {
  test.each([
    ['nodes/node1/link.json', (pod: PodReport) => [pod.interfaces[0]?.peer, pod.attachment.kind], [null, 'unknown']],
    ['nodes/node1/conntrack.txt', (pod: PodReport) => pod.conntrack, null],
    ['nodes/node1/route4.json', (pod: PodReport) => pod.egress.map(({ family }) => family), ['IPv6', 'IPv6', 'IPv6']],
    [
      `${inCart}/sockets.txt`,
      (pod: PodReport) => [pod.sockets, pod.services?.[0]?.ports[0]?.listening],
      [null, 'unknown'],
    ],
    [`${inCart}/resolv.conf`, (pod: PodReport) => pod.dns, null],
    [`${inCart}/pids.json`, (pod: PodReport) => pod.containers.map(({ pids }) => pids), [null, null, null]],
    [`${inCart}/link.json`, (pod: PodReport) => [pod.interfaces, pod.attachment.kind], [[], 'unknown']],
  ])('%s', (path, what, expected) => {
    const pod = report('cart', changed({ [path]: null }));
    expect(what(pod)).toEqual(expected);
    expect(pod.gaps).toEqual([{ subject: path, why: 'not in the snapshot' }]);
  });

  test('a tool that failed: its exit code and its own words', () => {
    const path = 'nodes/node1/conntrack.txt';
    const pod = report(
      'cart',
      changed({ [path]: '' }, { [path]: { exitCode: 127, stderr: 'conntrack: not found\n' } }),
    );
    expect(pod.conntrack).toBeNull();
    expect(pod.gaps).toEqual([{ subject: path, why: 'exit code 127: conntrack: not found' }]);
  });

  test('sockets cut off: who is there is there, "nobody" cannot be said', () => {
    const path = `${inCart}/sockets.txt`;
    const text = section(path);
    const cut = text.slice(0, text.lastIndexOf('tcp LISTEN'));
    const pod = report('cart', changed({ [path]: cut }, { [path]: { truncated: true } }));
    expect(pod.services?.[0]?.ports.map(({ name, listening }) => [name, listening])).toContainEqual([
      'nobody',
      'unknown',
    ]);
    expect(pod.gaps).toMatchObject([{ subject: path, why: expect.stringContaining('cut off') }]);
  });

  test('lines that were not understood: the first is shown', () => {
    const path = 'nodes/node1/conntrack.txt';
    const pod = report('cart', changed({ [path]: `${section(path)}odd\nodder\n` }));
    expect(pod.conntrack).toHaveLength(cart.conntrack?.length ?? -1);
    expect(pod.gaps).toMatchObject([
      { subject: path, why: expect.stringMatching(/^not understood: line \d+: no protocol number: odd, and 1 more$/) },
    ]);
  });

  test('nothing of the node: one gap, not one for each of its sections', () => {
    const files = Object.fromEntries(
      [...recorded.files.keys()].filter(path => path.startsWith('nodes/node1/')).map(path => [path, null]),
    );
    const pod = report(
      'cart',
      changed(files, {}, [{ subject: 'node1', code: 'node-not-ready', message: 'node1 is not ready' }]),
    );
    expect(pod.gaps).toEqual([{ subject: 'node1', why: 'node1 is not ready' }]);
    expect(pod.services?.map(({ name }) => name)).toEqual(['cart', 'cart-headless']);
  });

  test('the connections of a pod that the snapshot was not taken for', () => {
    const others: Snapshot = {
      ...recorded,
      index: { ...recorded.index, targets: { pods: [{ namespace: 'shop', name: 'cold' }], nodes: [] } },
    };
    expect(report('cart', others)).toMatchObject({
      conntrack: null,
      gaps: [{ why: 'collected for the entries of other pods only' }],
    });
  });

  test('no section of it makes the report throw, cut in half or replaced by garbage', () => {
    const used = [...recorded.files].filter(([path]) => !/^nodes\/node[23]\/|^cluster\/pods/.test(path));
    for (const [path, text] of used) {
      for (const spoilt of [text.slice(0, text.length / 2), '\u0000{"a":', '[[[[']) {
        expect(() => report('cart', changed({ [path]: spoilt }))).not.toThrow();
      }
    }
  });
});

test('a pod that is not in the snapshot', () => {
  expect(() => report('nosuch')).toThrow(expect.objectContaining({ code: 'pod-not-in-snapshot', exitCode: 4 }));
});

test('a snapshot made by hand, without the cluster’s lists', () => {
  const files = new Map([...recorded.files].filter(([path]) => path.startsWith('nodes/')));
  const index: Snapshot['index'] = {
    apiVersion: 'netinspect/v1',
    kind: 'Snapshot',
    time: '2026-01-01T00:00:00Z',
    targets: { pods: [], nodes: [] },
    sections: {},
    failures: [],
  };
  const pod = report('cart', { index, files });
  expect(pod).toMatchObject({ node: { name: 'node1' }, attachment: { kind: 'bridge' }, services: null, ips: [] });
  expect(pod.sockets).toHaveLength(cart.sockets?.length ?? -1);
  expect(pod.gaps.map(({ subject }) => subject)).toEqual([
    'cluster/pods.json',
    'cluster/nodes.json',
    'cluster/services.json',
    'cluster/endpointslices.json',
  ]);
});

test('a host-network pod in a snapshot made by hand: told by the inode of its namespace', () => {
  const files = new Map([...recorded.files].filter(([path]) => path.startsWith('nodes/node3/')));
  const pod = report('host', { index: { ...recorded.index, failures: [] }, files });
  expect(pod).toMatchObject({ attachment: { kind: 'host-network' }, netns: { isNode: true }, interfaces: [] });
  expect(codes(pod)).toContain('host-network');
});

describe('evidence', () => {
  test('each fact has the section, the command and the raw text that it came from', () => {
    const shown = podReport(recorded, { namespace: 'shop', name: 'cart' }, { evidence: true });
    const facts = [
      shown.pod,
      shown.node,
      shown.netns,
      ...shown.notes,
      ...shown.containers,
      ...shown.interfaces,
      ...shown.routes,
      ...shown.gateways,
      ...(shown.attachment.kind === 'bridge' ? [shown.attachment.bridge, ...shown.attachment.members] : []),
      ...shown.egress,
      ...shown.mtu,
      ...shown.overlays,
      shown.dns,
      ...(shown.services ?? []),
      ...(shown.services ?? []).flatMap(({ ports }) => ports.flatMap(({ chains }) => chains)),
      ...(shown.sockets ?? []),
      ...(shown.conntrack ?? []),
    ];
    for (const fact of facts) {
      expect(fact?.evidence?.length).toBeGreaterThan(0);
      for (const { section: path, command, raw } of fact?.evidence ?? []) {
        expect(recorded.files.has(path)).toBe(true);
        expect(command).toBe(recorded.index.sections[path]?.command);
        expect(raw).not.toBe('');
      }
    }
  });

  test('line-based evidence is the line itself', () => {
    const shown = podReport(recorded, { namespace: 'shop', name: 'cart' }, { evidence: true });
    for (const socket of shown.sockets ?? [])
      expect(section(`${inCart}/sockets.txt`)).toContain(socket.evidence?.[0]?.raw);
  });

  test('none unless asked for', () => {
    expect(JSON.stringify(cart)).not.toContain('"evidence"');
  });
});
