import { UsageError } from '../errors.ts';
import type { ChainDetail, ChainMeaning, ChainsReport } from '../model/chains-report.ts';
import { meaningWords } from './chains.ts';
import type { Graph } from './graph.ts';

/**
 * The chains that were asked for, with who leads to them and where each rule leads. Throws UsageError when none was named: all
 * chains of a node at once make no picture.
 */
export function chainsGraph({ chains }: ChainsReport): Graph {
  if (chains === null)
    throw new UsageError(
      'missing-name',
      'a picture is of one chain',
      'name it, for instance: chains worker-1 ip/nat/KUBE-SERVICES',
    );
  const boxes = new Map<string, string>();
  const edges: { from: string; to: string; label: string }[] = [];
  const box = (id: string, label: string) => {
    if (!boxes.has(id)) boxes.set(id, label);
    return id;
  };
  for (const chain of chains) draw(chain, box, edges);
  return { nodes: [...boxes].map(([id, label]) => ({ id, label })), edges };
}

function draw(
  chain: ChainDetail,
  box: (id: string, label: string) => string,
  edges: { from: string; to: string; label: string }[],
): void {
  const place = [chain.backend, chain.family, chain.table];
  const of = (name: string, meaning: ChainMeaning | null) =>
    box(JSON.stringify([...place, name]), labelOf(name, meaning));
  const own = of(chain.name, chain.meaning);
  for (const { chain: from, map, number, when } of chain.callers) {
    const caller = from === null ? box(JSON.stringify([...place, 'map', map]), `map @${map}`) : of(from, null);
    edges.push({
      from: caller,
      to: own,
      label: [number === null ? '' : `${number}`, ...when].filter(Boolean).join(' · '),
    });
  }
  for (const { number, when, effects, targets } of chain.rules) {
    const label = [`${number}`, ...when].join(' · ');
    if (targets.length === 0) {
      const words = effects.length === 0 ? 'counts' : effects.join(', ');
      edges.push({ from: own, to: box(JSON.stringify([...place, chain.name, words]), words), label });
    }
    for (const { chain: to, meaning } of targets) edges.push({ from: own, to: of(to, meaning), label });
  }
}

function labelOf(name: string, meaning: ChainMeaning | null): string {
  const words = meaningWords(meaning);
  return words === '' ? name : `${name}\n${words}`;
}
