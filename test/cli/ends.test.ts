import { describe, expect, test } from '@jest/globals';
import { readDestination, readEnd } from '../../src/cli/trace/ends.ts';
import { UsageError } from '../../src/errors.ts';

describe('the ends of a trace', () => {
  test.each([
    ['web-0', { kind: 'pod', namespace: 'shop', name: 'web-0' }],
    ['pod/web-0', { kind: 'pod', namespace: 'shop', name: 'web-0' }],
    ['po/kube-system/dns', { kind: 'pod', namespace: 'kube-system', name: 'dns' }],
    ['kube-system/dns', { kind: 'pod', namespace: 'kube-system', name: 'dns' }],
    ['svc/web', { kind: 'service', namespace: 'shop', name: 'web' }],
    ['service/other/web', { kind: 'service', namespace: 'other', name: 'web' }],
    ['web.other.svc', { kind: 'service', namespace: 'other', name: 'web' }],
    ['web.other.svc.cluster.local', { kind: 'service', namespace: 'other', name: 'web' }],
    ['node/worker-1.example', { kind: 'node', name: 'worker-1.example' }],
    ['deploy/web', { kind: 'deployment', namespace: 'shop', name: 'web' }],
    ['10.0.0.1', { kind: 'address', address: '10.0.0.1' }],
    ['fd00::1', { kind: 'address', address: 'fd00::1' }],
    ['[fd00::1]', { kind: 'address', address: 'fd00::1' }],
    ['internet', { kind: 'internet' }],
    ['local', { kind: 'local' }],
  ])('%s', (text, expected) => {
    expect(readEnd(text, 'shop')).toEqual(expected);
  });

  test.each([
    ['svc/web:80', { kind: 'service', name: 'web' }, '80', null],
    ['svc/other/web:http/tcp', { kind: 'service', namespace: 'other', name: 'web' }, 'http', 'tcp'],
    ['web.shop.svc:53/UDP', { kind: 'service', name: 'web' }, '53', 'udp'],
    ['10.0.0.1:53/udp', { kind: 'address', address: '10.0.0.1' }, '53', 'udp'],
    ['10.0.0.1/icmp', { kind: 'address', address: '10.0.0.1' }, null, 'icmp'],
    ['[fd00::1]:80', { kind: 'address', address: 'fd00::1' }, '80', null],
    ['fd00::1/icmpv6', { kind: 'address', address: 'fd00::1' }, null, 'icmpv6'],
    ['pod/tcp', { kind: 'pod', name: 'tcp' }, null, null],
    ['internet:443', { kind: 'internet' }, '443', null],
  ])('%s as a destination', (text, end, port, protocol) => {
    expect(readDestination(text, undefined)).toMatchObject({ text, end, port, protocol });
  });

  test.each([
    ['10.0.0.300', 'bad-address'],
    ['fd00:::1', 'bad-address'],
    ['Web', 'bad-name'],
    ['svc/a/b/c', 'bad-target'],
    ['node/a/b', 'bad-target'],
    ['svc/web:99999', 'bad-port'],
    ['svc/web:', 'bad-port'],
    ['svc/web:UP', 'bad-port'],
  ])('%s is refused', (text, code) => {
    expect(() => readDestination(text, undefined)).toThrow(UsageError);
    expect(() => readDestination(text, undefined)).toThrow(expect.objectContaining({ code }));
  });
});
