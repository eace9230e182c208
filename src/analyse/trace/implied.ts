import type { Chain, Expression, Hook, Rule, RuleKey, RuleList, Table } from '../../model/rules.ts';

/**
 * kube-proxy's own jumps that a dump may lack because it is a part of one (`grep KUBE`): they are taken for granted, and said.
 * Base chains are added only where the dump has none of that hook, or where even the table is a guess.
 */
const jumps: readonly {
  table: string;
  hook: Hook;
  base: string;
  type: 'nat' | 'filter';
  priority: number;
  to: string;
}[] = [
  { table: 'nat', hook: 'prerouting', base: 'PREROUTING', type: 'nat', priority: -100, to: 'KUBE-SERVICES' },
  { table: 'nat', hook: 'output', base: 'OUTPUT', type: 'nat', priority: -100, to: 'KUBE-SERVICES' },
  { table: 'nat', hook: 'postrouting', base: 'POSTROUTING', type: 'nat', priority: 100, to: 'KUBE-POSTROUTING' },
  { table: 'filter', hook: 'input', base: 'INPUT', type: 'filter', priority: 0, to: 'KUBE-FIREWALL' },
  { table: 'filter', hook: 'output', base: 'OUTPUT', type: 'filter', priority: 0, to: 'KUBE-FIREWALL' },
];

/** The table with the jumps that are implied in it. */
export function withImplied(table: Table): Table {
  if (table.backend === 'nftables' || (table.family !== 'ip' && table.family !== 'ip6')) return table;
  const chains = new Map(table.chains);
  for (const { hook, base, type, priority, to } of jumps.filter(
    jump => jump.table === table.name && table.chains.has(jump.to),
  )) {
    const present = [...table.chains.values()].find(chain => chain.base?.hook === hook);
    if (present !== undefined && (table.guessed === null || leadsTo(present, to))) continue;
    const jump = rule(base, to, [{ kind: 'verdict', verdict: { kind: 'jump', chain: to } }]);
    chains.set(base, {
      name: base,
      base: present?.base ?? { type, hook, priority, policy: 'accept', devices: [], counters: null },
      rules: before(jump, present?.rules ?? null),
      source: present?.source ?? jump.source,
    });
  }
  const services = table.chains.get('KUBE-SERVICES');
  const nodePorts = table.chains.get('KUBE-NODEPORTS');
  if (
    table.name === 'nat' &&
    services !== undefined &&
    nodePorts !== undefined &&
    !leadsTo(services, 'KUBE-NODEPORTS')
  ) {
    const last = rule('KUBE-SERVICES', 'KUBE-NODEPORTS', [
      { kind: 'addrtype', address: 'daddr', types: ['local'], negated: false, limit: null },
      { kind: 'verdict', verdict: { kind: 'jump', chain: 'KUBE-NODEPORTS' } },
    ]);
    chains.set('KUBE-SERVICES', { ...services, rules: after(services.rules, last) });
  }
  return { ...table, chains };
}

/** True for a rule that was implied: it has no file. */
export function isImplied(rule: Rule): boolean {
  return rule.source.file === '';
}

function rule(chain: string, to: string, expressions: readonly Expression[]): Rule {
  const raw = `-A ${chain} -j ${to}`;
  return { source: { file: '', line: null, handle: null, raw }, expressions, counters: null, comment: null };
}

function leadsTo({ rules }: Chain, name: string): boolean {
  for (let at = rules.length - 1; at >= 0; at--) {
    if (rules.key(at).daddr === null && rules.source(at).raw.includes(name)) return true;
  }
  return false;
}

const anyKey: RuleKey = { daddr: null, saddr: null, dport: null };

function before(first: Rule, rest: RuleList | null): RuleList {
  return {
    length: 1 + (rest?.length ?? 0),
    at: index => (index === 0 || rest === null ? first : rest.at(index - 1)),
    key: index => (index === 0 || rest === null ? anyKey : rest.key(index - 1)),
    source: index => (index === 0 || rest === null ? first.source : rest.source(index - 1)),
  };
}

function after(rest: RuleList, last: Rule): RuleList {
  return {
    length: rest.length + 1,
    at: index => (index === rest.length ? last : rest.at(index)),
    key: index => (index === rest.length ? anyKey : rest.key(index)),
    source: index => (index === rest.length ? last.source : rest.source(index)),
  };
}
