import { describe, expect, test } from '@jest/globals';
import { sysctlReport } from '../../src/app/sysctl.ts';
import { sysctlText } from '../../src/render/sysctl.ts';
import { changed, recorded, section } from './fixture.ts';

const all = { key: null, value: null, evidence: false };
const path = 'nodes/node1/sysctl.txt';

test('every sysctl of the node has its value and a meaning', () => {
  const { sysctls, gaps } = sysctlReport(recorded, 'node1', all);
  expect(sysctls.map(({ key, value }) => `${key} = ${value}`)).toEqual(
    section(path)
      .trimEnd()
      .split('\n')
      .map(line => line.replace(/\s+/g, ' ')),
  );
  expect([sysctls.filter(({ meaning }) => meaning === null), gaps]).toEqual([[], []]);
});

describe('advice', () => {
  test.each([
    ['net.ipv4.ip_forward = 0', /must be 1/],
    ['net.ipv4.ip_forward = 1', null],
    ['net.bridge.bridge-nf-call-iptables = 0', /must be 1 on a bridge CNI/],
    ['net.ipv4.conf.eth0.rp_filter = 1', /strict/],
    ['net.ipv4.conf.flannel/1.rp_filter = 1', /strict/],
    ['net.ipv4.conf.eth0.rp_filter = 2', null],
    ['net.ipv6.conf.all.disable_ipv6 = 1', /do not work/],
    ['net.ipv4.ip_local_port_range = 60000 60999', /only 1000 ports/],
    ['net.ipv4.ip_local_port_range = 32768 60999', null],
    ['net.ipv4.neigh.default.gc_thresh3 = 1024', /overflow/],
    ['net.core.somaxconn = 128', /overflow/],
    ['net.ipv4.vs.conntrack = 0', /must be 1/],
    ['net.netfilter.nf_conntrack_count = 900\nnet.netfilter.nf_conntrack_max = 1000', /90 % of nf_conntrack_max/],
    ['net.netfilter.nf_conntrack_count = 100\nnet.netfilter.nf_conntrack_max = 1000', null],
    ['net.netfilter.nf_conntrack_buckets = 1024\nnet.netfilter.nf_conntrack_max = 262144', /256 times/],
  ])('%j: %p', (text, words) => {
    const [first] = sysctlReport(changed({ [path]: `${text}\n` }), 'node1', all).sysctls;
    expect(first?.advice ?? null).toEqual(words === null ? null : expect.stringMatching(words));
  });

  test('stands first in the text; interfaces are counted', () => {
    const snapshot = changed({ [path]: section(path).replace(/ip_forward = 1/, 'ip_forward = 0') });
    const text = sysctlText(sysctlReport(snapshot, 'node1', all), false, { width: 500, colour: false });
    expect(text).toMatch(/^Worth a look\n.*\n {2}net\.ipv4\.ip_forward +0 +⚠ .*must be 1/m);
    expect(text).toMatch(/… and \d+ of single interfaces: -o json has them all/);
  });
});

test('a key that is not there, and one that the kernel refused to set', () => {
  expect(() => sysctlReport(recorded, 'node1', { ...all, key: 'net.ipv4.nosuch' })).toThrow(
    'node1 has no net.ipv4.nosuch',
  );
  const refused = changed(
    {
      [path]: 'net.core.somaxconn = 4096\n',
      'nodes/node1/sysctl-before.txt': 'net.core.somaxconn = 4096\n',
      'nodes/node1/sysctl-set.txt': '',
    },
    { 'nodes/node1/sysctl-set.txt': { exitCode: 1, stderr: 'cat: write error: Invalid argument\n' } },
  );
  const ask = { key: 'net.core.somaxconn', value: 'abc', evidence: false };
  expect(() => sysctlReport(refused, 'node1', ask)).toThrow('was not set to abc: Invalid argument');
});
