import { describe, expect, test } from '@jest/globals';
import { listeningOn, socketsOf } from '../../src/model/sockets.ts';
import { parseSockets } from '../../src/parse/sockets.ts';
import { fixture } from '../parse/fixture.ts';
import { whole } from './fixture.ts';

// The process listens as fixtures/record.sh says: 8080 both families, 8081 IPv6 only, 8082 localhost, 8083 IPv4,
// 8084 the pod's IPv6 address; UDP 5353 IPv4, 5354 both families.
const sockets = socketsOf(whole(parseSockets(fixture('pod-a/sockets.txt')).records), [], null);
const ips = ['10.244.1.2', 'fd00:244:0:1::2'];

describe('who listens', () => {
  test.each([
    ['TCP', 8080, 'yes', 'yes'],
    ['TCP', 8081, 'no', 'yes'],
    ['TCP', 8082, 'localhost-only', 'no'],
    ['TCP', 8083, 'yes', 'no'],
    ['TCP', 8084, 'no', 'yes'],
    ['TCP', 5353, 'no', 'no'],
    ['UDP', 5353, 'yes', 'no'],
    ['UDP', 5354, 'yes', 'yes'],
    ['UDP', 8080, 'no', 'no'],
    ['SCTP', 8080, 'no', 'no'],
  ])('%s %i: IPv4 %s, IPv6 %s', (protocol, port, IPv4, IPv6) => {
    const on = (family: 'IPv4' | 'IPv6') => listeningOn(sockets, true, { protocol, port, family, ips });
    expect([on('IPv4'), on('IPv6')]).toEqual([IPv4, IPv6]);
  });

  const want = { protocol: 'TCP', port: 9, family: 'IPv4', ips } as const;

  test('nobody seems to, but not all sockets were read', () => {
    expect(listeningOn(sockets, false, want)).toBe('unknown');
  });

  test('no socket was read', () => {
    expect(listeningOn(null, true, want)).toBe('unknown');
  });

  test.each([
    ['ss did not say whether "::" takes IPv4', 'tcp LISTEN 0 5 [::]:9 [::]:*', 'unknown'],
    ['an address that is not the pod’s', 'tcp LISTEN 0 5 10.9.9.9:9 0.0.0.0:*', 'no'],
    ['an IPv4 address in IPv6 form', 'tcp LISTEN 0 5 [::ffff:10.244.1.2]:9 *:*', 'yes'],
    [
      'localhost and the pod’s address',
      'tcp LISTEN 0 5 127.0.0.1:9 0.0.0.0:*\ntcp LISTEN 0 5 10.244.1.2:9 0.0.0.0:*',
      'yes',
    ],
    ['another localhost address', 'tcp LISTEN 0 5 127.0.0.53:9 0.0.0.0:*', 'localhost-only'],
    ['an established connection', 'tcp ESTAB 0 0 10.244.1.2:9 10.0.0.1:80', 'no'],
  ])('%s', (_, text, expected) => {
    expect(listeningOn(socketsOf(whole(parseSockets(text).records), [], null), true, want)).toBe(expected);
  });
});

describe('sockets of a pod in the node’s namespace', () => {
  const text =
    'tcp LISTEN 0 5 *:80 *:* users:(("a",pid=1,fd=3),("b",pid=2,fd=3))\ntcp LISTEN 0 5 *:81 *:* users:(("c",pid=3,fd=3))\n';
  const container = { name: 'web', role: 'app' as const, state: 'running', ready: true, id: 'x', pids: [2] };

  test('are those of its own processes, each with its container', () => {
    const own = socketsOf(whole(parseSockets(text).records), [container], new Set([2]));
    expect(own).toMatchObject([{ port: 80, pid: 2, process: 'b', container: 'web', dualStack: true }]);
  });
});
