import { describe, expect, test } from '@jest/globals';
import { type TraceQuestion, tracer } from '../../src/app/trace.ts';
import { readDestination, readEnd } from '../../src/cli/trace/ends.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import type { TracePath } from '../../src/model/trace-report.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';

/** The built-in snapshot of a real cluster: kube-proxy in iptables mode over nft (node1) and legacy (node2), nftables mode (node3). */
const demo = await openBundle('demo');
const traceDemo = tracer(demo);

interface Service {
  metadata: { namespace: string; name: string };
  spec: {
    clusterIPs?: string[];
    internalTrafficPolicy?: string;
    ports: { name?: string; port: number; protocol: string }[];
  };
}

interface Slice {
  metadata: { namespace: string; labels: Record<string, string> };
  addressType: 'IPv4' | 'IPv6';
  ports: { name?: string; port: number; protocol: string }[] | null;
  endpoints: { addresses: string[]; conditions: { ready?: boolean }; nodeName?: string }[] | null;
}

function items<T>(kind: string): T[] {
  return (JSON.parse(demo.files.get(`cluster/${kind}.json`) ?? '') as { items: T[] }).items;
}

function trace(from: string, to: string, more: Partial<TraceQuestion> = {}, snapshot: Snapshot = demo) {
  return (snapshot === demo ? traceDemo : tracer(snapshot))({
    source: readEnd(from, 'shop'),
    destination: readDestination(to, 'shop'),
    wishes: { protocol: null, members: {} },
    allNodes: false,
    reply: false,
    evidence: false,
    ...more,
  });
}

/** A path's outcomes in short: probability, verdict, destination, who has it. */
function short({ outcomes }: TracePath): string[] {
  return outcomes
    .map(({ probability, verdict, to, end }) => `${probability} ${verdict} ${to} ${end?.name ?? '-'}`)
    .sort();
}

function pathOf(
  from: string,
  to: string,
  family = 'IPv4',
  more: Partial<TraceQuestion> = {},
  snapshot?: Snapshot,
): TracePath {
  const found = trace(from, to, more, snapshot).paths.find(path => path.family === family);
  if (found === undefined) throw new Error(`no ${family} path`);
  return found;
}

/** The snapshot with a section changed; null takes it away. */
function edited(path: string, edit: (text: string) => string | null): Snapshot {
  const files = new Map(demo.files);
  const text = edit(files.get(path) ?? '');
  if (text === null) files.delete(path);
  else files.set(path, text);
  return { ...demo, files };
}

/** What the EndpointSlices say that a service leads to, from a node. */
function endpointsOf(service: Service, port: Service['spec']['ports'][number], family: string, node: string): string[] {
  return items<Slice>('endpointslices')
    .filter(
      ({ metadata, addressType }) =>
        addressType === family &&
        metadata.namespace === service.metadata.namespace &&
        metadata.labels['kubernetes.io/service-name'] === service.metadata.name,
    )
    .flatMap(({ ports, endpoints }) => {
      const target = ports?.find(
        ({ name, protocol }) => (name ?? '') === (port.name ?? '') && protocol === port.protocol,
      );
      return (endpoints ?? [])
        .filter(({ conditions }) => conditions.ready)
        .filter(({ nodeName }) => service.spec.internalTrafficPolicy !== 'Local' || nodeName === node)
        .map(({ addresses: [address = ''] }) => `${family === 'IPv6' ? `[${address}]` : address}:${target?.port}`);
    })
    .sort();
}

const clients = ['client-node1', 'client-node2', 'client-node3'];
const services = items<Service>('services').filter(({ spec }) => spec.clusterIPs?.[0] !== 'None');
const combinations = services.flatMap(service =>
  service.spec.ports.flatMap(port =>
    (service.spec.clusterIPs ?? []).flatMap(ip =>
      clients.map(client => {
        const { namespace, name } = service.metadata;
        return {
          service,
          port,
          ip,
          client,
          title: `${client} → ${namespace}/${name}:${port.port}/${port.protocol} at ${ip}`,
        };
      }),
    ),
  ),
);

describe('every service leads to its ready endpoints, each with the same share', () => {
  test.each(combinations)('$title', ({ service, port, ip, client }) => {
    const family = ip.includes(':') ? 'IPv6' : 'IPv4';
    const expected = endpointsOf(service, port, family, client.replace('client-', ''));
    const address = family === 'IPv6' ? `[${ip}]` : ip;
    const { outcomes } = pathOf(client, `${address}:${port.port}/${port.protocol}`, family);
    const seen = outcomes.map(({ probability, to }) => `${probability} ${to}`).sort();
    if (expected.length === 0) expect(outcomes).toMatchObject([{ verdict: 'reject', probability: '1', dnat: false }]);
    else expect(seen).toEqual(expected.map(to => `${expected.length === 1 ? '1' : `1/${expected.length}`} ${to}`));
  });
});

describe('where packets end', () => {
  test.each<[string, string, string, string[]]>([
    ['a pod on the same bridge', 'client-node1', 'web-0:8080', ['1 accept 10.244.1.2:8080 shop/web-0']],
    ['a pod on a node with routes', 'client-node1', 'web-1:8080', ['1 accept 10.244.3.2:8080 shop/web-1']],
    ['a pod behind a blackhole route', 'client-node2', 'web-0:8080', ['1 drop 10.244.1.2:8080 -']],
    [
      'a port by its name',
      'client-node1',
      'svc/two-containers:admin',
      [
        '1/3 accept 10.244.1.7:9090 shop/two-containers-node1',
        '1/3 accept 10.244.2.6:9090 shop/two-containers-node2',
        '1/3 accept 10.244.3.6:9090 shop/two-containers-node3',
      ],
    ],
    ['a ping of a node', 'client-node1', 'node/node2', ['1 accept 172.31.99.12 node2']],
    ['a ping of the pod itself', 'web-0', 'web-0', ['1 accept 10.244.1.2 shop/web-0']],
    [
      'a name of the DNS',
      'client-node3',
      'kube-dns.kube-system.svc:53/udp',
      ['1 accept 10.244.3.7:53 kube-system/coredns-676b687d45-8rkd5'],
    ],
    ['the internet', 'client-node3', 'internet:443', ['1 accept 1.1.1.1:443 1.1.1.1']],
    ['a node as the source', 'node/node3', 'svc/web-internal-local', ['1 accept 10.244.3.2:8080 shop/web-1']],
    [
      'a pod on the network of its node',
      'host-network-node1',
      'svc/web-internal-local',
      ['1 accept 10.244.1.2:8080 shop/web-0'],
    ],
    ['a node port whose policy is Local', 'internet', 'node/node2:30082', ['1 accept 10.244.2.2:8080 shop/web-2']],
    ['an address as the source', '10.244.1.5', '10.244.3.2:8080', ['1 accept 10.244.3.2:8080 shop/web-1']],
  ])('%s', (_, from, to, expected) => {
    expect(short(pathOf(from, to))).toEqual(expected);
  });

  test('each endpoint of a headless service', () => {
    const ends = trace('client-node1', 'svc/web-headless').paths.flatMap(short);
    expect(ends.filter(line => !line.includes('[')).sort()).toEqual([
      '1 accept 10.244.1.2:8080 shop/web-0',
      '1 accept 10.244.2.2:8080 shop/web-2',
      '1 accept 10.244.3.2:8080 shop/web-1',
    ]);
  });

  test.each([
    ['its load balancer', 'svc/web-load-balancer', '192.0.2.80:80'],
    ['its external IP', 'svc/web-external-ip', '198.51.100.80:80'],
    ['its node port', 'svc/web-node-port', '172.31.99.11:30080'],
    ['its cluster IP, where it has nothing else', 'svc/plain', '10.96.94.21:80'],
  ])('a service is, from outside, at %s', (_, to, expected) => {
    const { packet, node } = pathOf('internet', to);
    expect([`${packet.destination}:${packet.port}`, node]).toEqual([expected, 'node1']);
  });

  test('a service from outside, by every node', () => {
    const address = items<{ metadata: { name: string }; spec: { externalIPs?: string[] } }>('services').find(
      ({ metadata }) => metadata.name === 'web-external-ip',
    )?.spec.externalIPs?.[0];
    const { paths } = trace('internet', `${address}:80`, { allNodes: true });
    expect(
      paths.map(({ node, outcomes }) => [
        node,
        outcomes.length,
        outcomes.every(({ snat, verdict }) => snat === 'masquerade' || verdict === 'drop'),
      ]),
    ).toEqual([
      ['node1', 3, true],
      ['node2', 3, true],
      ['node3', 3, true],
    ]);
  });

  test('a node port from outside, of every node: each is reached at that node', () => {
    const { paths } = trace('internet', 'svc/web-node-port', { allNodes: true });
    const reached = paths
      .filter(({ family }) => family === 'IPv4')
      .map(({ node, packet }) => `${node} ${packet.destination}:${packet.port}`);
    expect(reached).toEqual(['node1 172.31.99.11:30080', 'node2 172.31.99.12:30080', 'node3 172.31.99.13:30080']);
  });
});

/** The hops of one outcome: where, and how it got there. */
function hops(path: TracePath, to: string): string[] {
  const outcome = path.outcomes.find(one => one.to.startsWith(to));
  return (outcome?.hops ?? []).map(
    ({ place, name, in: input, out, link }) => `${place} ${name} ${input}>${out} ${link?.kind}`,
  );
}

describe('hops', () => {
  test('to a pod on another node: pod, bridge, overlay, route', () => {
    expect(hops(pathOf('client-node1', 'svc/web'), '10.244.3.2')).toEqual([
      'pod shop/client-node1 null>eth0 bridge',
      'node node1 cni0>flannel.1 tunnel',
      'node node3 flannel.1>veth30d7c9b9 veth',
      'pod shop/web-1 null>null undefined',
    ]);
  });

  test('IPv6 takes its own overlay', () => {
    expect(hops(pathOf('client-node1', 'svc/web', 'IPv6'), '[fd00:244:0:3::2]')).toEqual([
      'pod shop/client-node1 null>eth0 bridge',
      'node node1 cni0>flannel-v6.1 tunnel',
      'node node3 flannel-v6.1>veth30d7c9b9 veth',
      'pod shop/web-1 null>null undefined',
    ]);
  });

  test('a node that was not looked at is said, and taken to let packets through', () => {
    const files = new Map([...demo.files].filter(([path]) => !path.startsWith('nodes/node3/')));
    const path = pathOf('client-node1', 'svc/web', 'IPv4', {}, { ...demo, files });
    const outcome = path.outcomes.find(({ to }) => to === '10.244.3.2:8080');
    expect(outcome?.hops.map(({ name, lookedAt }) => [name, lookedAt])).toEqual([
      ['shop/client-node1', true],
      ['node1', true],
      ['node3', false],
      ['shop/web-1', false],
    ]);
    expect(outcome?.assumed).toContain('node3, which was not looked at, lets packets through');
  });
});

describe('the packet that carries another one through the overlay', () => {
  /** A rule as iptables-save prints it, the first of its chain. */
  const ruled = (node: string, section: string, rule: string) =>
    edited(`nodes/${node}/${section}`, text => text.replace(/^(\*filter\n(?::.*\n)+)/m, `$1${rule}\n`));

  test.each([
    ['on the node that sends it', 'node1', 'iptables-save.nft', '-A OUTPUT -p udp -m udp --dport 8472 -j DROP'],
    [
      'on the node that gets it',
      'node2',
      'iptables-save.legacy',
      '-A INPUT -i eth0 -p udp -m udp --dport 8472 -j DROP',
    ],
  ])('is dropped %s', (_, node, section, rule) => {
    const path = pathOf('client-node1', 'web-2:8080', 'IPv4', {}, ruled(node, section, rule));
    expect(short(path)).toEqual(['1 drop 10.244.2.2:8080 -']);
    expect(path.outcomes[0]?.hops.at(-1)).toMatchObject({ name: node, carrier: '172.31.99.11 → 172.31.99.12:8472' });
  });

  test('is of no other port', () => {
    const rule = '-A INPUT -i eth0 -p udp -m udp --dport 4789 -j DROP';
    const path = pathOf('client-node1', 'web-2:8080', 'IPv4', {}, ruled('node2', 'iptables-save.legacy', rule));
    expect(short(path)).toEqual(['1 accept 10.244.2.2:8080 shop/web-2']);
  });
});

describe('hairpin: a pod reaches itself through its service', () => {
  const own = (snapshot?: Snapshot) =>
    pathOf('web-0', 'svc/web', 'IPv4', {}, snapshot).outcomes.find(({ to }) => to === '10.244.1.2:8080');
  const port = /("ifname":"veth[^"]*"[^}]*"hairpin":)true/g;

  test('masqueraded, over a port in hairpin mode', () => {
    expect(own()).toMatchObject({ verdict: 'accept', snat: 'masquerade', probability: '1/3' });
  });

  test('not over a port without it', () => {
    const off = edited('nodes/node1/bridge.json', text => text.replace(port, '$1false'));
    expect(own(off)).toMatchObject({
      verdict: 'drop',
      unknown: ['hairpin mode is off at the bridge port of shop/web-0'],
    });
  });
});

describe('replies', () => {
  const reply = (from: string, to: string, snapshot?: Snapshot) =>
    trace(from, to, { reply: true }, snapshot).paths.find(
      ({ direction, family }) => direction === 'reply' && family === 'IPv4',
    ) as TracePath;

  test('come back from the service to the pod, but over the blackhole', () => {
    expect(short(reply('client-node1', 'svc/web'))).toEqual([
      '1/3 accept 10.244.1.5:? shop/client-node1',
      '1/3 accept 10.244.1.5:? shop/client-node1',
      '1/3 drop 10.244.1.5:? -',
    ]);
  });

  test('come back to the outside by the node that rewrote the request', () => {
    const path = reply('internet', 'node/node3:30080');
    const back = path.outcomes.find(({ hops: [first] }) => first?.name === 'shop/web-0');
    expect(back?.hops.map(({ name }) => name)).toEqual(['shop/web-0', 'node1', 'node3', null]);
  });

  test('over a bridge without br_netfilter are not rewritten back: the client drops them', () => {
    const off = edited('nodes/node1/sysctl.txt', text => text.replace(/(bridge-nf-call-iptables *= *)1/, '$10'));
    const path = reply('client-node1', 'svc/web', off);
    const near = path.outcomes.find(({ hops: [first] }) => first?.name === 'shop/web-0');
    expect(near).toMatchObject({ verdict: 'drop', hops: [{ name: 'shop/web-0' }, { name: 'shop/client-node1' }] });
  });
});

describe('notes', () => {
  test.each([
    ['svc/web', []],
    [
      'svc/localhost-only',
      ['pod shop/localhost-only listens on port 8080/tcp of localhost only: it refuses the packet'],
    ],
    ['svc/wrong-port', ['nobody in pod shop/web-0 listens on 10.244.1.2:9999/tcp: it refuses the packet']],
  ])('who of %s does not listen', (to, expected) => {
    const texts = trace('client-node1', to).notes.map(({ text }) => text);
    expect(texts.filter(text => !text.includes('['))).toEqual(expected);
  });

  test('a family that the source does not have', () => {
    const { paths, notes } = trace('10.244.1.5', 'svc/web');
    expect(paths.map(({ family }) => family)).toEqual(['IPv4']);
    expect(notes).toMatchObject([{ code: 'family-not-traced', severity: 'info' }]);
  });
});

describe('errors', () => {
  test.each([
    ['client-node1', 'svc/web:81', 'unknown-port', 'it has: http 80/TCP'],
    ['client-node1', 'svc/web:80/udp', 'unknown-port', 'it has: http 80/TCP'],
    ['client-node1', 'svc/two-containers', 'which-port', 'name one: http 80/TCP, admin 90/TCP'],
    ['client-node1', 'svc/nothing:80', 'service-not-found', undefined],
    ['client-nod1', 'svc/web:80', 'pod-not-found', 'there is: shop/client-node1, shop/client-node2, shop/client-node3'],
    ['client-node1', 'svc/kube-dns:53', 'service-not-found', 'there is: kube-system/kube-dns'],
    ['client-node1', 'web:80', 'pod-not-found', 'did you mean the service svc/web?'],
    ['client-node1', 'node/node9', 'node-not-found', 'there is: node1, node2, node3'],
    ['client-node1', 'web-0:https', 'unknown-port', 'it has: http, echo'],
    ['client-node1', 'unschedulable:80', 'no-address', 'it is Pending'],
    ['svc/web', 'web-0:80', 'source-is-service', 'name one of its pods, and --reply for the way back'],
    ['unschedulable', 'web-0:80', 'no-common-family', 'the destination has: IPv4, IPv6'],
    ['client-node1', 'web-0/tcp', 'missing-port', 'write it like 10.244.1.2:80/tcp'],
  ])('%s → %s: %s', (from, to, code, next) => {
    expect(() => trace(from, to)).toThrow(expect.objectContaining({ code, next }));
  });

  test('a snapshot that has nothing of the node', () => {
    const files = new Map([...demo.files].filter(([path]) => !path.startsWith('nodes/node1/')));
    expect(() => trace('client-node1', 'svc/web', {}, { ...demo, files })).toThrow(
      expect.objectContaining({ code: 'no-rules', next: 'it has: node2, node3' }),
    );
  });
});
