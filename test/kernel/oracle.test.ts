import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { backends, scenario } from '../oracle/generate/scenario.ts';
import { type Judgement, judge } from '../oracle/judge.ts';
import { nodePrograms, servicePackets } from '../oracle/kube-proxy.ts';
import { nodeTopology } from '../oracle/node-topology.ts';
import { endpointShares } from '../oracle/shares.ts';
import { Testbed } from '../oracle/testbed.ts';
import { filtered, generated } from '../oracle/topology.ts';

// Thousands of packets each; much longer than they take, also on a machine that does other things.
jest.setTimeout(300_000);

const demo = new URL('../../demo/demo.tar.gz', import.meta.url).pathname;
const nodes = ['node1', 'node2', 'node3'] as const;
let snapshot = '';
let testbed: Testbed | undefined;

async function opened(...[topology]: ConstructorParameters<typeof Testbed>): Promise<Testbed> {
  testbed = new Testbed(topology);
  await testbed.open();
  return testbed;
}

/** Each disagreement in a line. */
const told = ({ disagreements }: Judgement): string[] =>
  disagreements.map(({ found: { what, packet, observed, predicted, counters, message } }) =>
    JSON.stringify({
      what,
      packet,
      observed,
      predicted: predicted.map(({ verdict, to }) => [verdict, to]),
      counters,
      message,
    }),
  );

beforeAll(() => {
  snapshot = mkdtempSync(join(tmpdir(), 'netinspect-oracle-demo-'));
  execFileSync('tar', ['-xzf', demo, '-C', snapshot]);
});

afterEach(async () => {
  await testbed?.close();
  testbed = undefined;
});

afterAll(() => rmSync(snapshot, { recursive: true, force: true }));

describe('the kernel does with random rule sets what the trace says', () => {
  test.each(backends)('%s', async backend => {
    const bed = await opened(generated);
    const wrong: string[] = [];
    let packets = 0;
    for (let seed = 1; packets < 600; seed++) {
      const { programs, shots, countable } = scenario(seed, backend, 100);
      const judgement = await judge(bed, programs, shots, countable);
      packets += judgement.packets;
      wrong.push(...told(judgement).map(line => `seed ${seed}: ${line}`));
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    [1, 'strict'],
    [2, 'loose'],
  ])('with rp_filter %d, %s', async filter => {
    const bed = await opened(filtered(filter));
    const { programs, shots, countable } = scenario(4, 'legacy', 200);
    expect(told(await judge(bed, programs, shots, countable))).toEqual([]);
  });
});

describe('the kernel does with the rules of a real kube-proxy what the trace says', () => {
  test.each(nodes)('%s: every service, address and port, from pods, nodes and outside', async node => {
    const topology = nodeTopology(snapshot, node);
    const bed = await opened(topology);
    const shots = servicePackets(snapshot, node, topology);
    const judgement = await judge(bed, nodePrograms(snapshot, node), shots, false);
    expect(told(judgement)).toEqual([]);
    expect(judgement).toMatchObject({ packets: shots.length, unknown: 0, opaque: 0, refused: [] });
  });

  test.each(nodes)('%s: endpoints are chosen with the shares that the trace gives', async node => {
    const bed = await opened(nodeTopology(snapshot, node));
    for (const endpoint of await endpointShares(bed, nodePrograms(snapshot, node), '10.96.229.46', 3000)) {
      // Hoeffding's bound: wrong alarms in one of 10^7 such comparisons.
      const bound = Math.sqrt(Math.log(2e7) / (2 * 3000));
      expect(endpoint).toMatchObject({ share: expect.any(Number) });
      expect(Math.abs(endpoint.seen - endpoint.share)).toBeLessThan(bound);
    }
  });
});
