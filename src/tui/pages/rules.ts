import { chainOf, leadsOf } from '../../analyse/chains/leads.ts';
import { dataWords, ruleView } from '../../analyse/chains/view.ts';
import { formatAddress } from '../../model/address.ts';
import type { ChainMeaning, RuleDetail } from '../../model/chains-report.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import type { Family } from '../../model/report.ts';
import type { Operand, Rule, SetElement, Table } from '../../model/rules.ts';
import { effectText } from '../../render/chains.ts';
import { endpoint } from '../../render/words.ts';
import { shortMeaning } from '../chain-words.ts';
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
      ...podsOf(rule, meaning(table, chain), table.family === 'ip6' ? 'IPv6' : 'IPv4', cluster),
    ],
  };
}

/** The pods that a rule translates to: of an endpoint's chain, by the addresses of an nft map. */
function podsOf(
  { expressions }: Rule,
  meaning: ChainMeaning | null,
  family: Family,
  cluster: ClusterList | null,
): ShownRule['leads'] {
  const translates = expressions.filter(each => (each.kind === 'nat' || each.kind === 'natTo') && each.nat === 'dnat');
  const own = meaning?.endpoint ?? null;
  const named = translates.length > 0 && own !== null ? [own.pod ?? ownerOf(own.address, cluster)] : [];
  const mapped = translates.flatMap(each => (each.kind === 'natTo' ? addressesOf(each.to, family) : []));
  const pods = [...named, ...mapped.map(address => ownerOf(address, cluster))].filter(pod => pod !== null);
  return pods.map(pod => ({ words: `pod ${pod}`, to: podPlace(pod) }));
}

/** Where one way of a random choice leads: the endpoint's chain, or the pod that has the address. */
export function leadOfSplit(
  { report, meaning }: NodeDocument,
  cluster: ClusterList | null,
  table: Table,
  element: SetElement,
): { words: string; to: Place | null } {
  const { data } = element;
  if (data === null) return { words: '', to: null };
  const words = dataWords(element, table.family);
  if ('kind' in data) {
    const [chain] = chainOf(data);
    if (chain === undefined) return { words, to: null };
    const about = shortMeaning(meaning(table, chain), address => ownerOf(address, cluster));
    return {
      words: about === '' ? words : `${words} ${about}`,
      to: table.chains.has(chain) ? { kind: 'chain', node: report.node.name, table: refOf(table), chain } : null,
    };
  }
  const [address, port] = data;
  if (address === undefined || 'name' in address) return { words, to: null };
  const text = formatAddress(address.low, table.family === 'ip6' ? 'IPv6' : 'IPv4');
  const owner = ownerOf(text, cluster);
  const number = port === undefined || 'name' in port ? null : Number(port.low);
  return {
    words: `→ ${endpoint(text, number)}${owner === null ? '' : ` ${owner}`}`,
    to: owner === null ? null : podPlace(owner),
  };
}

/** The addresses that stand in the elements of a map without a name. */
function addressesOf(to: Operand, family: Family): string[] {
  if (to.kind !== 'map' || to.map.kind !== 'anonymous') return [];
  return (to.map.set.elements ?? []).flatMap(({ data }) => {
    const [address] = data === null || 'kind' in data ? [] : data;
    return address === undefined || 'name' in address ? [] : formatAddress(address.low, family);
  });
}

/** The only pod that has an address by the API's list; host-network pods share theirs. */
export function ownerOf(address: string, cluster: ClusterList | null): string | null {
  const [only, more] = (cluster?.pods ?? []).filter(({ ips }) => ips.includes(address));
  return only === undefined || more !== undefined ? null : `${only.namespace}/${only.name}`;
}

/** The place of a pod named NAMESPACE/NAME. */
export function podPlace(pod: string): Place {
  const slash = pod.indexOf('/');
  return { kind: 'pod', namespace: pod.slice(0, slash), name: pod.slice(slash + 1) };
}
