import { leadsOf } from '../../analyse/chains/leads.ts';
import { ruleView } from '../../analyse/chains/view.ts';
import type { ChainMeaning, RuleDetail } from '../../model/chains-report.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import type { Rule, Table } from '../../model/rules.ts';
import { effectText } from '../../render/chains.ts';
import type { NodeDocument } from '../documents.ts';
import type { Place } from '../place.ts';
import { refOf } from './node.ts';

/** A rule as a page shows it. */
export interface ShownRule {
  detail: RuleDetail;
  /** What it does, with the names of what its chains are for. */
  effect: string;
  raw: string;
  /** The chains, maps and pods that it leads to. */
  leads: { words: string; to: Place }[];
}

/** Reads a rule and where it leads. */
export function showRule(
  { report, meaning }: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  chain: string,
  index: number,
): ShownRule | null {
  const rule = table.chains.get(chain)?.rules.at(index);
  if (rule === undefined) return null;
  const node = report.node.name;
  const detail = ruleView(table, rule, index + 1, meaning, false);
  const ref = refOf(table);
  const leads = leadsOf(rule);
  return {
    detail,
    effect: effectText(detail),
    raw: rule.source.raw,
    leads: [
      ...leads.chains
        .filter(name => table.chains.has(name))
        .map(name => ({ words: name, to: { kind: 'chain', node, table: ref, chain: name } as const })),
      ...leads.maps.map(name => ({ words: `@${name}`, to: { kind: 'map', node, table: ref, map: name } as const })),
      ...podOf(rule, meaning(table, chain), cluster),
    ],
  };
}

/** The pod that an endpoint's chain translates to: nftables names its address alone. */
function podOf({ expressions }: Rule, meaning: ChainMeaning | null, cluster: ClusterList | null): ShownRule['leads'] {
  const endpoint = meaning?.endpoint ?? null;
  const translates = expressions.some(each => (each.kind === 'nat' || each.kind === 'natTo') && each.nat === 'dnat');
  if (endpoint === null || !translates) return [];
  const owners = (cluster?.pods ?? []).filter(({ ips }) => ips.includes(endpoint.address));
  const [only, more] = owners.map(({ namespace, name }) => `${namespace}/${name}`);
  const pod = endpoint.pod ?? (more === undefined ? only : undefined);
  return pod === undefined ? [] : [{ words: `pod ${pod}`, to: podPlace(pod) }];
}

/** The place of a pod named NAMESPACE/NAME. */
export function podPlace(pod: string): Place {
  const slash = pod.indexOf('/');
  return { kind: 'pod', namespace: pod.slice(0, slash), name: pod.slice(slash + 1) };
}
