import { describe, expect, test } from '@jest/globals';
import { parseCni } from '../../src/parse/cni.ts';
import { parseKubeProxyConfig } from '../../src/parse/kube-proxy-config.ts';
import { parseResolvConf } from '../../src/parse/resolv-conf.ts';
import { parseSysctls } from '../../src/parse/sysctl.ts';
import { fixture } from './fixture.ts';

describe('resolv.conf', () => {
  test('directives, with comments and an odd line', () => {
    const { records, unread } = parseResolvConf(
      '# c\nnameserver 10.96.0.10\n;x\n  search a.b c\noptions ndots:5 timeout:1\nnope 1\n',
    );
    expect(records.map(({ line, keyword, values }) => [line, keyword, ...values])).toEqual([
      [2, 'nameserver', '10.96.0.10'],
      [4, 'search', 'a.b', 'c'],
      [5, 'options', 'ndots:5', 'timeout:1'],
    ]);
    expect(unread).toEqual([{ raw: 'nope 1', line: 6, why: 'unknown keyword "nope"' }]);
  });
});

describe('sysctl.txt', () => {
  test('a value of two numbers', () => {
    expect(parseSysctls(fixture('node/sysctl.txt')).records).toContainEqual(
      expect.objectContaining({ key: 'net.ipv4.ip_local_port_range', value: '32768 60999' }),
    );
  });
  test('a line without "="', () => {
    expect(parseSysctls('x\n').unread).toEqual([{ raw: 'x', line: 1, why: 'not "key = value"' }]);
  });
});

describe('CNI configuration', () => {
  test.each([
    [
      'a list',
      '{"cniVersion":"0.3.1","name":"cbr0","plugins":[{"type":"flannel"},{"type":"portmap"}]}',
      'cbr0',
      ['flannel', 'portmap'],
    ],
    ['one plugin', '{"name":"net","type":"bridge"}', 'net', ['bridge']],
  ])('%s', (_, text, name, plugins) => {
    expect(parseCni(text).records).toEqual([{ raw: text, name, plugins }]);
  });
  test.each([
    ['{"name":"net"', /^not valid JSON/],
    ['[]', /^not a JSON object/],
    ['{"name":"net","plugins":[]}', /^names no plugin/],
  ])('%s is a problem', (text, problem) => {
    expect(parseCni(text)).toEqual({ records: [], unread: [], problem: expect.stringMatching(problem) });
  });
});

describe('kube-proxy configuration', () => {
  test.each([
    ['mode: nftables\n', 'nftables'],
    ['{"kind": "KubeProxyConfiguration", "mode": "ipvs"}', 'ipvs'],
    ['kind: KubeProxyConfiguration\nmode: ""\n', ''],
    ['iptables:\n  mode: odd\n', ''],
  ])('%s', (text, mode) => {
    expect(parseKubeProxyConfig(text).records[0]?.mode).toBe(mode);
  });
  test.each(['a: [', '- a', 'a: &x [*x, *x]'])('%s is a problem', text => {
    expect(parseKubeProxyConfig(text)).toEqual({ records: [], unread: [], problem: expect.stringMatching(/YAML/) });
  });
});
