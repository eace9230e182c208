import type { IptablesListing } from './iptables-list.ts';
import type { IptablesChain, IptablesDump, IptablesTable, RuleLines } from './iptables-records.ts';

/** A chain as the scan found it. */
export class ScannedChain implements IptablesChain {
  readonly scan: ScannedRules;
  /** Its place in `ScannedRules.chains`. */
  readonly id: number;
  readonly table: ScannedTable;
  readonly name: string;
  policy: string | null = null;
  counters: readonly [bigint, bigint] | null = null;
  line: number;
  /** How many rules it has, and where they start in `ScannedRules.lines`. */
  count = 0;
  start = 0;
  incomplete: string | null = null;

  constructor(scan: ScannedRules, table: ScannedTable, name: string, line: number) {
    this.scan = scan;
    this.id = scan.chains.push(this) - 1;
    this.table = table;
    this.name = name;
    this.line = line;
  }

  get raw(): string {
    return printedLine(this.scan, this.line);
  }

  get rules(): RuleLines {
    return new ScannedLines(this.scan, this.start, this.count);
  }
}

class ScannedLines implements RuleLines {
  readonly #scan: ScannedRules;
  readonly #start: number;
  readonly length: number;

  constructor(scan: ScannedRules, start: number, length: number) {
    this.#scan = scan;
    this.#start = start;
    this.length = length;
  }

  line(index: number): number {
    return (index < this.length && this.#scan.lines[this.#start + index]) || 0;
  }

  raw(index: number): string {
    return printedLine(this.#scan, this.line(index));
  }

  rule(index: number): string {
    return ruleLine(this.#scan, this.line(index));
  }

  damage(index: number): string | null {
    const { damaged } = this.#scan;
    if (this.leftOut(index)) return 'rules may be missing here';
    return damaged?.line === this.line(index) ? damaged.why : null;
  }

  leftOut(index: number): boolean {
    return this.#scan.leftOut.has(this.line(index));
  }
}

export interface ScannedTable {
  /** null for lines outside any table. */
  name: string | null;
  family: 'ip' | 'ip6' | null;
  backend: IptablesTable['backend'];
  line: number;
  chains: Map<string, ScannedChain>;
}

/** Where everything stands; rule `n` is on line `ruleLines[n]` and of chain `chains[ruleChains[n]]`. */
export interface ScannedRules {
  text: string;
  listing: IptablesListing | null;
  /** Where each line starts, and after the last one the end of the text. */
  starts: Numbers;
  ruleLines: Numbers;
  ruleChains: Numbers;
  /** The lines of all rules, by chain; filled when every rule has its chain. */
  lines: Uint32Array;
  tables: ScannedTable[];
  chains: ScannedChain[];
  damaged: { line: number; why: string } | null;
  /** Lines that are no rules, and stand in chains for those that may be missing. */
  leftOut: Set<number>;
  unread: IptablesDump['unread'];
  problems: string[];
}

/** Many small numbers; grows as it is filled. */
export class Numbers {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new Uint32Array(this.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length++] = value;
  }

  get(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }
}

/** A line as the tool printed it. */
export function printedLine(scan: ScannedRules, line: number): string {
  return scan.listing?.raw(line) ?? ruleLine(scan, line);
}

/** A line in the words of iptables-save. */
export function ruleLine({ text, starts }: ScannedRules, line: number): string {
  return text.slice(starts.get(line - 1), starts.get(line) - 1).trim();
}
