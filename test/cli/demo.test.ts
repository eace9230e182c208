import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildProgram, type Program } from './program.ts';

let program: Program;

beforeAll(() => {
  program = buildProgram();
}, 60_000);

afterAll(() => program.remove());

describe('the demo snapshot shows its faults', () => {
  test.each([
    ['a service port that nobody listens on', ['pod', 'shop/web-0'], /shop\/wrong-port[\s\S]*?✗ nobody listens/],
    ['a service whose pod listens on localhost only', ['pod', 'shop/localhost-only'], /✗ listening on localhost only/],
    ['a pod that is not ready', ['pod', 'shop/not-ready-node3'], /✗ not a ready endpoint/],
    ['a blackhole route', ['pod', 'shop/two-containers-node2'], /10\.244\.1\.0\/24 is discarded .* blackhole/],
    ['a stale UDP conntrack entry', ['pod', 'shop/client-node1'], /udp .*10\.96\.0\.10:53 .*10\.244\.2\.250:53/],
    ['an uplink with too small an MTU', ['pod', 'shop/plain-node3'], /flannel\.1 1450 → .* eth0 1400/],
  ])('%s', (_, args, expected) => {
    const { stdout, stderr, status } = program.netinspect([...args, '--from', 'demo']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(expected);
  });

  test.each(['node1', 'node2', 'node3'])('node %s is whole', node => {
    const { stdout, status } = program.netinspect(['node', node, '--from', 'demo', '-o', 'json']);
    expect({ status, gaps: (JSON.parse(stdout) as { gaps: unknown[] }).gaps }).toEqual({ status: 0, gaps: [] });
  });
});
