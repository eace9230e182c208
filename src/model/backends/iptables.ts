import type { IptablesChain, IptablesDump, IptablesTable } from '../../parse/iptables-records.ts';
import type { Unread } from '../../parse/records.ts';
import type { BaseChain, Chain, Table } from '../rules.ts';
import { hookOf } from './iptables/hooks.ts';
import { LazyMap } from './iptables/lazy-map.ts';
import { lowerRule } from './iptables/rule.ts';
import { IptablesRules } from './iptables/rule-list.ts';
import { ChainSource } from './iptables/source.ts';

/** What the caller knows of a dump; what its own header says of the family goes first. */
interface DumpSource {
  backend?: 'iptables-legacy' | 'iptables-nft';
  family?: 'ip' | 'ip6';
  /** What no rule of it shows. */
  hidden?: Table['hidden'];
  /** The file or section. */
  file: string;
}

/** The tables of an iptables dump. Without a sign of it, a dump is of IPv4 and of iptables-nft. */
export function iptablesTables(dump: { readonly records: readonly IptablesTable[] }, source: DumpSource): Table[] {
  return dump.records.map(table => {
    const family = familyOf(table, source);
    const backend = source.backend ?? table.backend ?? 'iptables-nft';
    return {
      backend,
      family,
      name: table.name,
      chains: new LazyMap(table.chains, chain =>
        chainOf(chain, hookOf(backend, table.name, chain.name), family, source.file),
      ),
      sets: new Map(),
      file: source.file,
      guessed: table.guessed,
      hidden: source.hidden ?? null,
      dormant: false,
    };
  });
}

/** Every line that cannot be read: those that the parser could not place, and rules that make no sense when read whole. */
export function iptablesUnread(dump: IptablesDump, source: DumpSource): Unread[] {
  const unread = [...dump.unread];
  const known = new Set(unread.map(({ line }) => line));
  for (const table of dump.records) {
    const family = familyOf(table, source);
    for (const { name: chain, rules } of table.chains.values()) {
      for (let at = 0; at < rules.length; at++) {
        const why = rules.damage(at) ?? lowerRule(rules.rule(at), { family, chain }).unread;
        if (why !== null && !known.has(rules.line(at))) unread.push({ raw: rules.raw(at), line: rules.line(at), why });
      }
    }
  }
  return unread.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

const familyOf = (table: IptablesTable, source: DumpSource): 'ip' | 'ip6' => table.family ?? source.family ?? 'ip';

function chainOf(chain: IptablesChain, hook: ReturnType<typeof hookOf>, family: 'ip' | 'ip6', file: string): Chain {
  return {
    name: chain.name,
    base: hook === null ? null : { ...hook, devices: [], ...policyOf(chain) },
    rules: new IptablesRules(chain.rules, { family, chain: chain.name }, file, chain.incomplete),
    source: new ChainSource(file, chain),
  };
}

function policyOf({ policy, counters }: IptablesChain): Pick<BaseChain, 'policy' | 'counters'> {
  return {
    policy: policy === 'DROP' ? 'drop' : 'accept',
    counters: counters === null ? null : { packets: counters[0], bytes: counters[1] },
  };
}
