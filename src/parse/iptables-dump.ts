import { guessTableOfChain, guessTables } from './iptables-guess.ts';
import type { IptablesDump, IptablesTable } from './iptables-records.ts';
import { jumpOf } from './iptables-rule.ts';
import { printedLine, ruleLine, ScannedChain, type ScannedRules, type ScannedTable } from './iptables-scan.ts';

/** The tables of a scan, their rules in the order by chain. */
export function dumpOf(scan: ScannedRules): IptablesDump {
  const groups = scan.tables.some(({ name }) => name === null) ? withGuesses(scan) : namedTables(scan);
  orderByChain(scan);
  const records = groups.map(
    ({ table, name, guessed, chains }): IptablesTable => ({
      name,
      guessed,
      family: table.family ?? familyOf(scan, chains.values()),
      backend: table.backend,
      chains,
      line: table.line,
      get raw() {
        return printedLine(scan, table.line);
      },
    }),
  );
  return {
    records,
    unread: scan.unread,
    problem: scan.problems.length === 0 ? null : scan.problems.join('; '),
    lines: scan.starts.length - 1,
    rules: scan.ruleLines.length,
    hidden: scan.listing === null || scan.listing.interfaces ? null : 'interfaces',
    lossy: scan.listing === null ? null : 'iptables -L leaves options of rules out: iptables-save shows them all',
  };
}

interface Group {
  table: ScannedTable;
  name: string;
  guessed: string | null;
  chains: Map<string, ScannedChain>;
}

function namedTables({ tables }: ScannedRules): Group[] {
  return tables.flatMap(table =>
    table.name === null ? [] : [{ table, name: table.name, guessed: null, chains: table.chains }],
  );
}

/** Hands rules without a table to guessed ones, which may be tables that the dump also has with their headers. */
function withGuesses(scan: ScannedRules): Group[] {
  const groups = namedTables(scan);
  for (const table of scan.tables.filter(({ name }) => name === null)) handOut(scan, table, groups);
  return groups;
}

function handOut(scan: ScannedRules, table: ScannedTable, groups: Group[]): void {
  const chainOf = (rule: number) => scan.chains[scan.ruleChains.get(rule)];
  const own = Array.from({ length: scan.ruleLines.length }, (_, rule) => rule).filter(
    rule => chainOf(rule)?.table === table,
  );
  const names = [...table.chains.keys()];
  const strays = own.map(rule => ({
    chain: chainOf(rule)?.name ?? '',
    target: jumpOf(ruleLine(scan, scan.ruleLines.get(rule))),
  }));
  const guesses = guessTables(strays, names);
  const place = (from: ScannedChain, name: string): ScannedChain => {
    let group = groups.find(other => other.name === name && other.table.family === table.family);
    if (group === undefined) {
      const guessed = 'no "*TABLE" line: guessed by chains and targets; a policy that is not shown is taken for ACCEPT';
      group = { table, name, guessed, chains: new Map() };
      groups.push(group);
    }
    let chain = group.chains.get(from.name);
    if (chain === undefined) {
      chain = new ScannedChain(scan, group.table, from.name, from.line);
      chain.policy = from.policy;
      chain.counters = from.counters;
      chain.incomplete = from.incomplete;
      group.chains.set(from.name, chain);
    }
    return chain;
  };
  const placed = new Set<string>();
  own.forEach((rule, at) => {
    const from = chainOf(rule);
    if (from === undefined) return;
    const chain = place(from, guesses[at] ?? 'filter');
    placed.add(from.name);
    chain.count++;
    from.count--;
    scan.ruleChains.set(rule, chain.id);
  });
  const [usual = 'filter'] = guesses.length > 0 ? guesses : guessTables([{ chain: '', target: null }], names);
  for (const [name, chain] of table.chains) if (!placed.has(name)) place(chain, guessTableOfChain(name, [usual]));
}

/** Fills `lines` and where each chain's start. */
function orderByChain(scan: ScannedRules): void {
  let start = 0;
  const next = new Uint32Array(scan.chains.length);
  for (const chain of scan.chains) {
    chain.start = start;
    next[chain.id] = start;
    start += chain.count;
  }
  scan.lines = new Uint32Array(scan.ruleLines.length);
  for (let rule = 0; rule < scan.ruleLines.length; rule++) {
    const id = scan.ruleChains.get(rule);
    const at = next[id] ?? 0;
    scan.lines[at] = scan.ruleLines.get(rule);
    next[id] = at + 1;
  }
}

/** What the first address, or ICMPv6, in the rules shows. */
function familyOf(scan: ScannedRules, chains: Iterable<ScannedChain>): 'ip' | 'ip6' | null {
  for (const { start, count } of chains) {
    for (const line of scan.lines.subarray(start, start + count)) {
      const text = ruleLine(scan, line).replace(/"(?:[^"\\]|\\.)*"/g, '""');
      if (/ -(?:s|d|-to-(?:destination|source)) \[?[0-9a-f]*:[0-9a-f]*:|icmpv6|icmp6|ipv6-icmp/i.test(text))
        return 'ip6';
      if (/ -(?:s|d|-to-(?:destination|source)) \d+\.|-p icmp /.test(text)) return 'ip';
    }
  }
  return null;
}
