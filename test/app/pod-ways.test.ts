import { describe, expect, test } from '@jest/globals';
import { podReport } from '../../src/app/pod.ts';
import type { ServiceWay } from '../../src/model/report.ts';
import { recorded } from './fixture.ts';

function ways(namespace: string, name: string, service: string, port: string): ServiceWay[] {
  const { services } = podReport(recorded, { namespace, name }, { evidence: false });
  const found = services?.find(each => each.name === service)?.ports.find(each => each.name === port);
  if (found === undefined) throw new Error(`no port ${port} of service ${service}`);
  return found.ways.filter(({ family }) => family === 'IPv4');
}

const cluster = { kind: 'cluster-ip', address: '10.96.123.34', port: 80 };
const nodePort = { kind: 'node-port', address: null, port: 30080 };
const svc = 'KUBE-SVC-IWCJJAMV7TQADP7P';
const third = { family: 'IPv4', clients: [], probability: '1/3', share: 1 / 3 };

describe('the ways over a service to a pod, by the rules of its node', () => {
  test.each([
    ['web-8fdffd5df-skr6x', 'iptables-nft', 'KUBE-SEP-BEHOY62UEVSN5IZ5'],
    ['web-8fdffd5df-dcd68', 'iptables-legacy', 'KUBE-SEP-HQAGKRFU2PA6HH7E'],
  ])('%s: %s', (pod, backend, sep) => {
    const external = ['PREROUTING', 'KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXT-IWCJJAMV7TQADP7P', svc, sep];
    expect(ways('default', pod, 'web-nodeport', 'http')).toEqual([
      { ...third, backend, frontend: cluster, chains: ['PREROUTING', 'KUBE-SERVICES', svc, sep] },
      { ...third, backend, frontend: nodePort, chains: external },
    ]);
  });

  test('nftables', () => {
    const [service, external] = ['service', 'external'].map(kind => `${kind}-GCGJYZ2R-default/web-nodeport/tcp/http`);
    expect(ways('default', 'web-8fdffd5df-cbdmw', 'web-nodeport', 'http')).toEqual([
      { ...third, backend: 'nftables', frontend: cluster, chains: ['nat-prerouting', 'services', service] },
      { ...third, backend: 'nftables', frontend: nodePort, chains: ['nat-prerouting', 'services', external, service] },
    ]);
  });

  test('with affinity, that of a client that was not seen before', () => {
    const [first, ...more] = ways('shop', 'routed', 'routed', 'http');
    expect(first).toMatchObject({ probability: '1', chains: expect.arrayContaining(['services']) });
    expect(more.map(({ frontend }) => frontend.kind)).toEqual(['node-port']);
  });

  test('with external policy Local, for each kind of client', () => {
    const external = ways('shop', 'cart', 'cart', 'named').filter(({ frontend }) => frontend.kind === 'external-ip');
    expect(external.map(({ clients, chains, share }) => [clients.join(', '), chains[3], share])).toEqual([
      ['from 10.244.0.0/16', 'KUBE-SVC-2K2XKJP3SXWTEQ5L', 1],
      ['not from 10.244.0.0/16, source local', 'KUBE-SVC-2K2XKJP3SXWTEQ5L', 1],
      ['not from 10.244.0.0/16, not source local', 'KUBE-SVL-2K2XKJP3SXWTEQ5L', 1],
    ]);
  });

  test('none over a port that refuses', () => {
    expect(ways('shop', 'cart', 'cart', 'missing')).toEqual([]);
  });
});
