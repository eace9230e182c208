import type { IptablesListing } from './iptables-list.ts';
import type { IptablesDump, IptablesTable } from './iptables-records.ts';

const dash = 45;
const hash = 35;
const bracket = 91;
const star = 42;
const space = 32;
const tab = 9;
const carriageReturn = 13;

const declaration =
  /^(?:(?::|-P |-N )(?<chain>\S+)(?: (?<policy>[A-Z]+|-))?(?: (?:\[|-c )(?<packets>\d+)[: ](?<bytes>\d+)\]?)?|COMMIT)\s*$/;

const builtIn = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/** grep's separator, and how people mark what they cut. */
const leftOut = /^(?:--$|\.\.\.|…|\[?snip)/i;

/** A chain as the scan found it. */
export interface ScannedChain {
  /** Its place in `ScannedRules.chains`. */
  id: number;
  table: ScannedTable;
  name: string;
  policy: string | null;
  counters: readonly [bigint, bigint] | null;
  line: number;
  /** How many rules it has. */
  count: number;
  incomplete: string | null;
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
  tables: ScannedTable[];
  chains: ScannedChain[];
  damaged: { line: number; why: string } | null;
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

/** Finds tables, chains and where each rule stands. Given a listing, its text stands for the printed one. */
export function scanRules(text: string, listing: IptablesListing | null): ScannedRules {
  const scan = new Scan(listing?.text ?? text, listing);
  scan.run();
  return scan;
}

class Scan implements ScannedRules {
  readonly text: string;
  readonly listing: IptablesListing | null;
  readonly starts = new Numbers();
  readonly ruleLines = new Numbers();
  readonly ruleChains = new Numbers();
  readonly chains: ScannedChain[] = [];
  tables: ScannedTable[] = [];
  damaged: ScannedRules['damaged'] = null;
  readonly unread: IptablesDump['unread'];
  readonly problems: string[] = [];
  #table: ScannedTable | null = null;
  /** The chain of the last rule in the open table. */
  #chain: ScannedChain | null = null;
  #family: 'ip' | 'ip6' | null = null;
  #backend: IptablesTable['backend'] = null;

  constructor(text: string, listing: IptablesListing | null) {
    this.text = text;
    this.listing = listing;
    this.unread = [...(listing?.unread ?? [])];
  }

  run(): void {
    const text = this.text;
    let start = 0;
    for (let line = 1; start < text.length; line++) {
      this.starts.push(start);
      let next = text.indexOf('\n', start);
      if (next === -1) next = text.length;
      const end = text.charCodeAt(next - 1) === carriageReturn && next > start ? next - 1 : next;
      let at = start;
      while (at < end && (text.charCodeAt(at) === space || text.charCodeAt(at) === tab)) at++;
      if (at < end) this.#read(at, end, line);
      start = next + 1;
    }
    this.starts.push(start);
    this.#close();
  }

  #read(start: number, end: number, line: number): void {
    const text = this.text;
    switch (text.charCodeAt(start)) {
      case hash:
        this.#remark(text.slice(start, end));
        break;
      case star:
        this.#open(text.slice(start + 1, end).trim(), line);
        break;
      case dash:
        if (text.startsWith('-A ', start)) this.#rule(start, start + 3, end, line);
        else this.#declaration(start, end, line);
        break;
      case bracket: {
        const close = text.indexOf(']', start);
        if (close !== -1 && close < end && text.startsWith('] -A ', close)) this.#rule(start, close + 5, end, line);
        else this.#refuse(start, end, line);
        break;
      }
      default:
        this.#declaration(start, end, line);
    }
  }

  /** `:CHAIN POLICY [packets:bytes]` and COMMIT, and of `iptables -S` `-P CHAIN POLICY` and `-N CHAIN`. */
  #declaration(start: number, end: number, line: number): void {
    const found = declaration.exec(this.text.slice(start, end))?.groups;
    const name = found?.['chain'];
    if (found === undefined) this.#refuse(start, end, line);
    else if (name === undefined) {
      this.#table = null;
      this.#chain = null;
    } else this.#declare(name, found, this.text.charCodeAt(start) === dash, line);
  }

  #refuse(start: number, end: number, line: number): void {
    const raw = this.text.slice(start, end);
    const why = leftOut.test(raw) ? 'stands for lines that were left out' : 'neither a table, a chain nor a rule';
    this.unread.push({ raw, line, why });
  }

  /** Headers tell family and backend; nft says which tables it cannot show. */
  #remark(text: string): void {
    const header =
      /^# Generated by (ip6?|x)tables(-nft|-legacy)?-save v(\d+)\.(\d+)(?:\.(\d+))?\S*( \(nf_tables\))?/.exec(text);
    if (header !== null) {
      this.#close();
      this.#table = null;
      this.#family = header[1] === 'x' ? null : header[1] === 'ip6' ? 'ip6' : 'ip';
      const [major = 0, minor = 0, patch = 0] = header.slice(3, 6).map(Number);
      const namesBackend = major !== 1 || minor !== 8 || patch >= 8;
      if (header[2] === '-nft' || header[6] !== undefined) this.#backend = 'iptables-nft';
      else this.#backend = namesBackend || header[2] === '-legacy' ? 'iptables-legacy' : null;
    } else if (/is incompatible, use 'nft' tool/.test(text)) this.problems.push(text.slice(1).trim());
  }

  #open(name: string, line: number): void {
    this.#close();
    const [family, backend] = [this.#family, this.#backend];
    const same = this.tables.find(table => table.name === name && table.family === family && table.backend === backend);
    if (same !== undefined) {
      this.problems.push(`table ${name} stands twice: only the last one is read`);
      this.tables = this.tables.filter(table => table !== same);
    }
    this.#start(name, line);
  }

  /** The open table, or one without a name for lines outside any. */
  #current(line: number): ScannedTable {
    return this.#table ?? this.#start(null, line);
  }

  #start(name: string | null, line: number): ScannedTable {
    const table = { name, family: this.#family, backend: this.#backend, line, chains: new Map() };
    this.#table = table;
    this.tables.push(table);
    this.#chain = null;
    return table;
  }

  /** Without headers another table starts where a chain comes again, or a built-in one after a user's, or `-P` after rules. */
  #declare(name: string, found: Record<string, string | undefined>, printed: boolean, line: number): void {
    const { policy = '-', packets, bytes } = found;
    let table = this.#current(line);
    if (table.name === null) {
      const known = table.chains.get(name)?.policy ?? null;
      const late =
        policy !== '-' &&
        ([...table.chains.values()].some(chain => chain.policy === '-') || (printed && this.#chain !== null));
      if (known !== null || late) table = this.#start(null, line);
    }
    const chain = table.chains.get(name) ?? this.#add(table, name, line);
    chain.policy = policy;
    chain.line = line;
    if (packets !== undefined && bytes !== undefined) chain.counters = [BigInt(packets), BigInt(bytes)];
  }

  #add(table: ScannedTable, name: string, line: number): ScannedChain {
    const chain = {
      id: this.chains.length,
      table,
      name,
      policy: null,
      counters: null,
      line,
      count: 0,
      incomplete: null,
    };
    table.chains.set(name, chain);
    this.chains.push(chain);
    return chain;
  }

  /** A rule whose chain's name starts at `at`. */
  #rule(start: number, at: number, end: number, line: number): void {
    const text = this.text;
    let chain = this.#chain;
    if (chain === null || !text.startsWith(chain.name, at) || !this.#ends(at + chain.name.length, end)) {
      const space = text.indexOf(' ', at);
      const name = text.slice(at, space === -1 || space > end ? end : space);
      if (name === '') {
        this.#refuse(start, end, line);
        return;
      }
      let table = this.#current(line);
      // Without headers: each table's built-in chains are printed first.
      if (table.name === null && chain !== null && builtIn.has(name) && !builtIn.has(chain.name))
        table = this.#start(null, line);
      chain = table.chains.get(name) ?? this.#add(table, name, line);
      this.#chain = chain;
    }
    chain.count++;
    this.ruleLines.push(line);
    this.ruleChains.push(chain.id);
  }

  #ends(at: number, end: number): boolean {
    return at === end || (at < end && this.text.charCodeAt(at) === space);
  }

  /** A table that is still open has lost its rest: chains from that of the last rule on may lack rules. */
  #close(): void {
    const table = this.#table;
    if (table === null || table.name === null) return;
    const why = `cut off: table ${table.name} has no COMMIT`;
    this.problems.push(why);
    const last = this.#chain?.table === table ? this.#chain : null;
    let reached = last === null;
    for (const chain of table.chains.values()) {
      reached ||= chain === last;
      if (reached) chain.incomplete = why;
    }
    const line = this.starts.length - 1;
    if (!this.text.endsWith('\n') && this.ruleLines.get(this.ruleLines.length - 1) === line) {
      this.damaged = { line, why: 'cut off in the middle of the line' };
    }
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
