import type { Chain, Expression, Hook, Match, Rule, RuleKey, RuleList, Table } from '../../model/rules.ts';

const fresh: Match = { kind: 'ctState', states: ['new'], negated: false };

/**
 * kube-proxy's and kubelet's own jumps from base chains, in their order (kubernetes pkg/proxy/iptables/proxier.go
 * iptablesJumpChains), which a dump may lack because it is a part of one (`grep KUBE`): they are taken for granted, and said.
 */
const jumps: Record<string, readonly { hook: Hook; to: string; when: readonly Match[] }[]> = {
  nat: [
    { hook: 'prerouting', to: 'KUBE-SERVICES', when: [] },
    { hook: 'output', to: 'KUBE-SERVICES', when: [] },
    { hook: 'postrouting', to: 'KUBE-POSTROUTING', when: [] },
  ],
  filter: [
    { hook: 'input', to: 'KUBE-PROXY-FIREWALL', when: [fresh] },
    { hook: 'input', to: 'KUBE-NODEPORTS', when: [] },
    { hook: 'input', to: 'KUBE-EXTERNAL-SERVICES', when: [fresh] },
    { hook: 'input', to: 'KUBE-FIREWALL', when: [] },
    { hook: 'forward', to: 'KUBE-PROXY-FIREWALL', when: [fresh] },
    { hook: 'forward', to: 'KUBE-FORWARD', when: [] },
    { hook: 'forward', to: 'KUBE-SERVICES', when: [fresh] },
    { hook: 'forward', to: 'KUBE-EXTERNAL-SERVICES', when: [fresh] },
    { hook: 'output', to: 'KUBE-PROXY-FIREWALL', when: [fresh] },
    { hook: 'output', to: 'KUBE-SERVICES', when: [fresh] },
    { hook: 'output', to: 'KUBE-FIREWALL', when: [] },
  ],
};

/**
 * The tables with what is implied in them: jumps from base chains that the dump lacks, or all of whose jumps it lacks while the
 * table itself is a guess; KUBE-SERVICES → KUBE-NODEPORTS; the drop of what KUBE-MARK-DROP marks, where there is no KUBE-FIREWALL;
 * the masquerading of what KUBE-MARK-MASQ marks, where there is neither POSTROUTING nor KUBE-POSTROUTING.
 */
export function withImplied(tables: readonly Table[]): readonly Table[] {
  const whole = tables.map(table => (isIptables(table) ? withJumps(table) : table));
  for (const nat of whole) {
    if (!isIptables(nat) || nat.name !== 'nat' || !nat.chains.has('KUBE-MARK-DROP')) continue;
    const filters = whole.filter(({ name, family }) => name === 'filter' && family === nat.family);
    if (!filters.some(({ chains }) => chains.has('KUBE-FIREWALL'))) whole.push(dropsMarked(nat));
  }
  return whole;
}

function isIptables(table: Table): boolean {
  return table.backend !== 'nftables' && (table.family === 'ip' || table.family === 'ip6');
}

function withJumps(table: Table): Table {
  const own = new Map<string, Chain>();
  for (const [hook, wanted] of Map.groupBy(jumps[table.name] ?? [], jump => jump.hook)) {
    const name = hook.toUpperCase();
    const present = table.chains.get(name);
    if (present !== undefined && table.guessed === null) continue;
    const missing = wanted.filter(({ to }) => table.chains.has(to) && (present === undefined || !leadsTo(present, to)));
    if (missing.length === 0) continue;
    const rules = missing.map(({ to, when }) => jump(name, to, when));
    own.set(name, baseChain(table.name, hook, present ?? null, rules));
  }
  if (table.name === 'nat' && table.chains.has('KUBE-MARK-MASQ') && !own.has('POSTROUTING')) {
    const lacks = !table.chains.has('POSTROUTING') && !table.chains.has('KUBE-POSTROUTING');
    if (lacks) own.set('POSTROUTING', baseChain('nat', 'postrouting', null, [masquerade]));
  }
  const services = table.name === 'nat' ? table.chains.get('KUBE-SERVICES') : undefined;
  if (services !== undefined && table.chains.has('KUBE-NODEPORTS') && !leadsTo(services, 'KUBE-NODEPORTS')) {
    const toLocal: Match = { kind: 'addrtype', address: 'daddr', types: ['local'], negated: false, limit: null };
    const last = listOf([jump('KUBE-SERVICES', 'KUBE-NODEPORTS', [toLocal])]);
    own.set('KUBE-SERVICES', { ...services, rules: joined(services.rules, last) });
  }
  // The chains of a whole dump are made only when they are asked for.
  return own.size === 0 ? table : { ...table, chains: new Map([...table.chains, ...own]) };
}

/** kube-proxy's default bit; another one (--iptables-masquerade-bit) would stand in KUBE-MARK-MASQ, and then this does not match. */
const masquerade = rule('-A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE', [
  markedWith(0x4000n),
  { kind: 'nat', nat: 'masquerade', address: null, port: null },
]);

function markedWith(bit: bigint): Match {
  return {
    kind: 'compare',
    left: { kind: 'bits', of: { kind: 'field', field: 'mark' }, and: bit, xor: 0n, shift: 0 },
    negated: false,
    right: [{ low: bit, high: bit }],
  };
}

function dropsMarked(nat: Table): Table {
  const hooks = ['input', 'forward', 'output'] as const;
  const drop = rule('-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP', [
    markedWith(0x8000n),
    { kind: 'verdict', verdict: { kind: 'drop' } },
  ]);
  const chains = hooks.map(hook => baseChain('filter', hook, null, [drop]));
  return { ...nat, name: 'filter', chains: new Map(chains.map(chain => [chain.name, chain])) };
}

function baseChain(table: string, hook: Hook, present: Chain | null, rules: readonly Rule[]): Chain {
  const name = hook.toUpperCase();
  const priority = table === 'filter' ? 0 : hook === 'postrouting' || hook === 'input' ? 100 : -100;
  const type = table === 'filter' ? 'filter' : 'nat';
  const own = listOf(rules);
  return {
    name,
    base: present?.base ?? { type, hook, priority, policy: 'accept', devices: [], counters: null },
    rules: present === null ? own : joined(own, present.rules),
    source: present?.source ?? { file: '', line: null, handle: null, raw: `:${name} ACCEPT` },
  };
}

/** What a rule that was implied takes for granted; null for one of the dump. An implied rule has no file. */
export function impliedBy({ source }: Rule): string | null {
  if (source.file !== '') return null;
  return /^-A (?!KUBE-)/.test(source.raw)
    ? "kube-proxy's jumps from the base chains, which the dump lacks"
    : `implied: ${source.raw}`;
}

function jump(chain: string, to: string, when: readonly Match[]): Rule {
  return rule(`-A ${chain} -j ${to}`, [...when, { kind: 'verdict', verdict: { kind: 'jump', chain: to } }]);
}

function rule(raw: string, expressions: readonly Expression[]): Rule {
  return {
    source: { file: '', line: null, handle: null, raw },
    expressions,
    counters: null,
    comment: null,
    missing: false,
  };
}

function leadsTo({ rules }: Chain, name: string): boolean {
  for (let at = rules.length - 1; at >= 0; at--) {
    if (rules.key(at).daddr === null && rules.source(at).raw.includes(name)) return true;
  }
  return false;
}

const anyKey: RuleKey = { daddr: null, saddr: null, dport: null };

function listOf(rules: readonly Rule[]): RuleList {
  const at = (index: number) => rules[index] as Rule;
  return { length: rules.length, at, key: () => anyKey, source: index => at(index).source };
}

function joined(first: RuleList, second: RuleList): RuleList {
  const pick = <T>(index: number, of: (list: RuleList, index: number) => T) =>
    index < first.length ? of(first, index) : of(second, index - first.length);
  return {
    length: first.length + second.length,
    at: index => pick(index, (list, at) => list.at(at)),
    key: index => pick(index, (list, at) => list.key(at)),
    source: index => pick(index, (list, at) => list.source(at)),
  };
}
