import { describe, expect, test } from '@jest/globals';
import { nodeChains } from '../../src/app/chains.ts';
import { chainsGraph } from '../../src/render/chains-graph.ts';
import { mermaidText } from '../../src/render/graph.ts';
import { recorded } from '../app/fixture.ts';

const graph = (node: string, chain: string | null) =>
  chainsGraph(nodeChains(recorded, node, { chain, evidence: false }));

describe('the picture of a chain', () => {
  test('who leads to it, and where each of its rules leads, with what the rule asks for', () => {
    const { nodes, edges } = graph('node1', 'ip/nat/KUBE-SERVICES');
    const label = (id: string) => nodes.find(node => node.id === id)?.label.split('\n')[0];
    const drawn = edges.map(({ from, to }) => `${label(from)} → ${label(to)}`);
    expect(drawn).toEqual(expect.arrayContaining(['PREROUTING → KUBE-SERVICES', 'OUTPUT → KUBE-SERVICES']));
    expect(drawn.at(-1)).toBe('KUBE-SERVICES → KUBE-NODEPORTS');
    expect(edges.at(-1)?.label).toMatch(/^\d+ · to LOCAL|^\d+ · .*local/i);
    expect(nodes.map(node => node.label)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^KUBE-SVC-.*\n.*web/)]),
    );
  });

  test('a rule without a chain leads to what it does', () => {
    const { nodes, edges } = graph('node1', 'ip/nat/KUBE-MARK-MASQ');
    const effect = nodes.find(({ id }) => id === edges.at(-1)?.to);
    expect(effect?.label).toMatch(/mark/);
  });

  test('an nft chain, with the map that leads to it', () => {
    const { chains } = nodeChains(recorded, 'node3', { chain: 'ip/kube-proxy/services', evidence: false });
    expect(chains).not.toBeNull();
    expect(mermaidText(graph('node3', 'ip/kube-proxy/services'))).toMatch(/^flowchart LR\n( {4}\S.*\n)+$/);
  });

  test('no chain, no picture', () => {
    expect(() => graph('node1', null)).toThrow('a picture is of one chain');
  });
});
