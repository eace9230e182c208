import type { ChainReader } from '../model/chain-names.ts';
import type { ChainMeaning } from '../model/chains-report.ts';
import type { Chain, Table } from '../model/rules.ts';
import { meaningWords } from '../render/chains.ts';
import { columnsOf } from '../render/layout.ts';
import { endpoint } from '../render/words.ts';

/**
 * The text by which a filter finds a chain: its name, what it is for, and what its first rule asks for, which is the comment
 * and the address where kube-proxy made it. No rule is read for it: there may be a hundred thousand chains.
 */
export function searchText({ name, rules }: Chain, table: Table, meaning: ChainReader): string {
  const raw = rules.length === 0 ? '' : rules.source(0).raw;
  const [first = ''] = /^[^{]*?(?= -[jg] |$)/.exec(raw) ?? [];
  return `${name} ${meaningWords(meaning(table, name, true))} ${first}`;
}

/** What a chain is for, in a few words; of an endpoint its address and pod alone. */
export function shortMeaning(meaning: ChainMeaning | null, podOf: (address: string) => string | null): string {
  const end = meaning?.endpoint ?? null;
  if (end === null) return meaningWords(meaning);
  return [endpoint(end.address, end.port), end.pod ?? podOf(end.address) ?? ''].join(' ').trimEnd();
}

/** A chain's name with what it is for; then the hash that stands for it is cut. */
export function chainWords(name: string, about: string): string {
  if (about === '') return name;
  return `${name.replace(/([A-Z2-7]{3})[A-Z2-7]{13}$/, '$1…').replace(/-([A-Z2-7]{3})[A-Z2-7]{5}-\S+$/, '-$1…')} ${about}`;
}

/** What a rule does, in so many columns: hashes are cut before the names that stand beside them. */
export function abbreviated(effect: string, width: number): string {
  if (columnsOf(effect) <= width) return effect;
  return (
    effect
      .replace(/(KUBE-[A-Z]+-[A-Z2-7]{3})[A-Z2-7]{13}/g, '$1…')
      // An endpoint with its pod: where the pod is can be seen there.
      .replace(/\(([^()]+) \(([^()]+?)(?: on [^()]+)?\)\)/, '$1 $2')
      .replace(/((?:service|endpoint|external|local|firewall)-[A-Z2-7]{3})[A-Z2-7]{5}-\S+(?: \(goto\))?/g, '$1…')
  );
}
