import { guessTableOfChain, guessTables } from './iptables-guess.ts';
import type { IptablesChain, IptablesDump, IptablesTable, RuleLines } from './iptables-records.ts';
import { jumpOf } from './iptables-rule.ts';
import { printedLine, ruleLine, type ScannedChain, type ScannedRules, type ScannedTable } from './iptables-save.ts';

/** The tables of a scan, their rules in the order by chain. */
export function dumpOf(scan: ScannedRules): IptablesDump {
  const groups = scan.tables.some(({ name }) => name === null) ? withGuesses(scan) : namedTables(scan);
  const lines = linesByChain(scan);
  const records = groups.map(
    ({ table, name, guessed, chains }): IptablesTable => ({
      name,
      guessed,
      family: table.family ?? familyOf(scan, chains, lines),
      backend: table.backend,
      chains: new Map(chains.map(chain => [chain.name, new DumpChain(scan, chain, lines(chain))])),
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
    lossy: scan.listing === null ? null : 'iptables -L leaves options of rules out: iptables-save shows them all',
  };
}

interface Group {
  table: ScannedTable;
  name: string;
  guessed: string | null;
  chains: ScannedChain[];
}

function namedTables({ tables }: ScannedRules): Group[] {
  return tables.flatMap(table =>
    table.name === null ? [] : [{ table, name: table.name, guessed: null, chains: [...table.chains.values()] }],
  );
}

/** Hands rules without a table to guessed ones, which may be tables that the dump also has with their headers. */
function withGuesses(scan: ScannedRules): Group[] {
  const groups = namedTables(scan);
  for (const table of scan.tables.filter(({ name }) => name === null)) {
    const own: number[] = [];
    for (let rule = 0; rule < scan.ruleChains.length; rule++) {
      if (scan.chains[scan.ruleChains.get(rule)]?.table === table) own.push(rule);
    }
    const names = [...table.chains.keys()];
    const guesses = guessTables(
      own.map(rule => ({
        chain: scan.chains[scan.ruleChains.get(rule)]?.name ?? '',
        target: jumpOf(ruleLine(scan, scan.ruleLines.get(rule))),
      })),
      names,
    );
    const place = (from: ScannedChain, name: string): ScannedChain => {
      let group = groups.find(other => other.name === name && other.table.family === table.family);
      if (group === undefined) {
        group = { table, name, guessed: 'no "*TABLE" line: guessed by the names of chains and targets', chains: [] };
        groups.push(group);
      }
      let chain = group.chains.find(other => other.name === from.name);
      if (chain === undefined) {
        chain = { ...from, id: scan.chains.length, count: 0 };
        scan.chains.push(chain);
        group.chains.push(chain);
      }
      return chain;
    };
    own.forEach((rule, at) => {
      const from = scan.chains[scan.ruleChains.get(rule)];
      if (from === undefined) return;
      const chain = place(from, guesses[at] ?? 'filter');
      chain.count++;
      from.count--;
      scan.ruleChains.set(rule, chain.id);
    });
    const [empty = 'filter'] = guesses.length > 0 ? guesses : guessTables([{ chain: '', target: null }], names);
    for (const chain of table.chains.values()) {
      const placed = groups.some(
        group => group.table === table && group.chains.some(({ name }) => name === chain.name),
      );
      if (!placed) place(chain, guessTableOfChain(chain.name, [empty]));
    }
  }
  return groups;
}

/** For each chain id, the lines of its rules. */
function linesByChain(scan: ScannedRules): (chain: ScannedChain) => Uint32Array {
  const starts = new Uint32Array(scan.chains.length + 1);
  for (const { id, count } of scan.chains) starts[id + 1] = count;
  for (let id = 1; id < starts.length; id++) starts[id] = (starts[id] ?? 0) + (starts[id - 1] ?? 0);
  const next = starts.slice();
  const lines = new Uint32Array(scan.ruleLines.length);
  for (let rule = 0; rule < lines.length; rule++) {
    const id = scan.ruleChains.get(rule);
    const at = next[id] ?? 0;
    lines[at] = scan.ruleLines.get(rule);
    next[id] = at + 1;
  }
  return ({ id }) => lines.subarray(starts[id], starts[id + 1]);
}

class DumpChain implements IptablesChain {
  readonly #scan: ScannedRules;
  readonly #chain: ScannedChain;
  readonly rules: RuleLines;

  constructor(scan: ScannedRules, chain: ScannedChain, lines: Uint32Array) {
    this.#scan = scan;
    this.#chain = chain;
    this.rules = new ScannedLines(scan, lines);
  }

  get name(): string {
    return this.#chain.name;
  }

  get policy(): string | null {
    return this.#chain.policy;
  }

  get counters(): readonly [bigint, bigint] | null {
    return this.#chain.counters;
  }

  get line(): number {
    return this.#chain.line;
  }

  get raw(): string {
    return printedLine(this.#scan, this.#chain.line);
  }

  get incomplete(): string | null {
    return this.#chain.incomplete;
  }
}

class ScannedLines implements RuleLines {
  readonly #scan: ScannedRules;
  readonly #lines: Uint32Array;

  constructor(scan: ScannedRules, lines: Uint32Array) {
    this.#scan = scan;
    this.#lines = lines;
  }

  get length(): number {
    return this.#lines.length;
  }

  line(index: number): number {
    return this.#lines[index] ?? 0;
  }

  raw(index: number): string {
    return printedLine(this.#scan, this.line(index));
  }

  rule(index: number): string {
    return ruleLine(this.#scan, this.line(index));
  }

  damage(index: number): string | null {
    const { damaged } = this.#scan;
    return damaged?.line === this.line(index) ? damaged.why : null;
  }
}

/** What the first address, or ICMPv6, in the rules shows. */
function familyOf(
  scan: ScannedRules,
  chains: readonly ScannedChain[],
  linesOf: (chain: ScannedChain) => Uint32Array,
): 'ip' | 'ip6' | null {
  for (const chain of chains) {
    for (const line of linesOf(chain)) {
      const text = ruleLine(scan, line).replace(/"(?:[^"\\]|\\.)*"/g, '""');
      if (/ -(?:s|d|-to-(?:destination|source)) \[?[0-9a-f]*:[0-9a-f]*:|icmpv6|icmp6|ipv6-icmp/i.test(text))
        return 'ip6';
      if (/ -(?:s|d|-to-(?:destination|source)) \d+\.|-p icmp /.test(text)) return 'ip';
    }
  }
  return null;
}
