/** A rule whose table the dump does not say. */
export interface StrayRule {
  chain: string;
  /** Chain or target that it leads to. */
  target: string | null;
}

/** Chains that stand in one table only: kube-proxy's (pkg/proxy/iptables, ipvs), the kubelet's, those of CNI plugins and meshes. */
const chainTables: readonly [RegExp, string][] = [
  [/^KUBE-(?:(?:SVC|SEP|SVL|EXT|FW|XLB)-|MARK-(?:MASQ|DROP)$|POSTROUTING$|NODE-PORT$|LOAD-BALANCER$)/, 'nat'],
  [/^KUBE-(?:FORWARD|FIREWALL|EXTERNAL-SERVICES|PROXY-FIREWALL|SOURCE-RANGES-FIREWALL|IPVS-.*)$/, 'filter'],
  [/^(?:KUBE-ROUTER-HAIRPIN|WEAVE|FLANNEL-POSTRTG|KIND-MASQ-AGENT|DOCKER_OUTPUT|DOCKER_POSTROUTING)$/, 'nat'],
  [
    /^(?:CNI-(?:FORWARD|ADMIN)$|CNI-ISOLATION-|DOCKER-(?:USER|ISOLATION|FORWARD|CT|BRIDGE|INTERNAL)|FLANNEL-FWD$)/,
    'filter',
  ],
  [
    /^(?:KUBE-(?:ROUTER|POD-FW|NWPLCY)-|ufw6?-|cali-[ft]w-|WEAVE-NPC|AZURE-NPM|CILIUM_(?:FORWARD|INPUT|OUTPUT)$)/,
    'filter',
  ],
  [
    /^(?:CNI-|IP-MASQ|AWS-(?:SNAT|CONNMARK)-CHAIN|OVN-KUBE-(?!ITP)|PROXY_INIT_|ISTIO_(?:IN_)?REDIRECT$|CILIUM_\w+_nat$|cali-(?:fip|nat)-)/,
    'nat',
  ],
  [/^CILIUM_\w+_mangle$|^ISTIO_(?:DIVERT|TPROXY)$/, 'mangle'],
  [/^CILIUM_\w+_raw$|^cali-rpf-skip$/, 'raw'],
];

/** Targets that the kernel takes in one table only (`.table` of each xt_target). */
const targetTables = new Map([
  ...['DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP'].map(name => [name, 'nat'] as const),
  ...['TPROXY', 'TOS', 'DSCP', 'TTL', 'HL', 'TCPMSS', 'CHECKSUM', 'ECN'].map(name => [name, 'mangle'] as const),
  ...['CT', 'NOTRACK'].map(name => [name, 'raw'] as const),
  ['REJECT', 'filter'],
]);

/** Tables by their built-in chains, where no rule tells more. */
const builtIn: readonly [readonly string[], string][] = [
  [['PREROUTING', 'FORWARD'], 'mangle'],
  [['FORWARD'], 'filter'],
  [['POSTROUTING'], 'nat'],
  [['PREROUTING', 'INPUT'], 'nat'],
  [['INPUT'], 'filter'],
  [['PREROUTING', 'OUTPUT'], 'raw'],
  [['PREROUTING'], 'nat'],
];

const tableOfChain = (name: string): string | null => chainTables.find(([pattern]) => pattern.test(name))?.[1] ?? null;

function told({ chain, target }: StrayRule): string | null {
  const byTarget = target === null ? null : (targetTables.get(target) ?? tableOfChain(target));
  return byTarget ?? tableOfChain(chain);
}

/**
 * The most likely table of each rule, given rules that stand together without a header, and the names of all their
 * chains (those without rules too): by targets and chain names that only one table has; a rule that tells nothing goes
 * where its chain's others, or else the rule before it, went.
 */
export function guessTables(rules: readonly StrayRule[], chains: readonly string[]): string[] {
  const evidence = rules.map(told);
  const tables = new Set(evidence.filter(table => table !== null));
  for (const name of chains) {
    const table = tableOfChain(name);
    if (table !== null) tables.add(table);
  }
  const [only] = tables;
  const byHooks = builtIn.find(([names]) => names.every(name => chains.includes(name)))?.[1] ?? 'filter';
  if (tables.size <= 1) return rules.map(() => only ?? byHooks);
  const byChain = new Map<string, Set<string>>();
  rules.forEach(({ chain }, at) => {
    const own = byChain.get(chain) ?? new Set();
    byChain.set(chain, own);
    const table = evidence[at];
    if (table !== undefined && table !== null) own.add(table);
  });
  let last = evidence.find(table => table !== null) ?? byHooks;
  return rules.map(({ chain, target }, at) => {
    const candidates = [evidence[at], ...[chain, target ?? ''].map(name => onlyOne(byChain.get(name)))];
    last = candidates.find(table => table !== undefined && table !== null) ?? last;
    return last;
  });
}

/** The table of a chain that has no rules, among these tables. */
export function guessTableOfChain(name: string, tables: readonly string[]): string {
  return tableOfChain(name) ?? tables[0] ?? 'filter';
}

function onlyOne(tables: ReadonlySet<string> | undefined): string | null {
  const [table] = tables ?? [];
  return tables?.size === 1 && table !== undefined ? table : null;
}
