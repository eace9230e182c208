import { LeftOut } from './iptables-left-out.ts';
import type { IptablesListing } from './iptables-list.ts';
import type { IptablesDump, IptablesTable } from './iptables-records.ts';
import { Numbers, ScannedChain, type ScannedRules, type ScannedTable } from './iptables-scan.ts';
import { standsForOthers } from './left-out-marks.ts';

const dash = 45;
const hash = 35;
const bracket = 91;
const colon = 58;
const star = 42;
const space = 32;
const tab = 9;
const carriageReturn = 13;
const byteOrderMark = 0xfeff;

const declaration = /^(?:(?::|-P |-N )(\S+)(?: ([A-Z]+|-))?(?: (?:\[|-c )(\d+)[: ](\d+)\]?)?|COMMIT)\s*$/;

const builtIn = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

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
  lines = new Uint32Array();
  readonly chains: ScannedChain[] = [];
  tables: ScannedTable[] = [];
  damaged: ScannedRules['damaged'] = null;
  readonly leftOut = new Set<number>();
  readonly unread: IptablesDump['unread'];
  readonly problems: string[] = [];
  #table: ScannedTable | null = null;
  /** The chain of the last rule in the open table. */
  #chain: ScannedChain | null = null;
  #family: 'ip' | 'ip6' | null = null;
  #backend: IptablesTable['backend'] = null;
  readonly #gap = new LeftOut(this);
  /** ebtables or arptables, whose rules look alike, while in their part. */
  #stranger: string | null = null;

  constructor(text: string, listing: IptablesListing | null) {
    this.text = text;
    this.listing = listing;
    this.unread = [...(listing?.unread ?? [])];
  }

  run(): void {
    const text = this.text;
    let start = text.charCodeAt(0) === byteOrderMark ? 1 : 0;
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
    this.#leave();
  }

  #read(start: number, end: number, line: number): void {
    const text = this.text;
    if (this.#stranger !== null && text.charCodeAt(start) !== hash) {
      this.unread.push({ raw: text.slice(start, end), line, why: `of ${this.#stranger}, which is not read` });
      return;
    }
    switch (text.charCodeAt(start)) {
      case hash:
        if (standsForOthers(text.slice(start, end))) this.#refuse(start, end, line);
        else this.#remark(text.slice(start, end));
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
    const text = this.text;
    // Nearly all chains of a big dump.
    if (text.startsWith(' - [0:0]', end - 8) && text.charCodeAt(start) === colon) {
      const name = text.slice(start + 1, end - 8);
      if (!name.includes(' ')) {
        this.#declare(name, '-', null, false, line);
        return;
      }
    }
    const [all, name, policy = '-', packets, bytes] = declaration.exec(text.slice(start, end)) ?? [];
    const counters = packets === undefined || bytes === undefined ? null : ([BigInt(packets), BigInt(bytes)] as const);
    if (name !== undefined) this.#declare(name, policy, counters, text.charCodeAt(start) === dash, line);
    else if (all === undefined) this.#refuse(start, end, line);
    else this.#leave();
  }

  #refuse(start: number, end: number, line: number): void {
    const raw = this.text.slice(start, end);
    const why = standsForOthers(raw) ? 'stands for lines that were left out' : 'neither a table, a chain nor a rule';
    this.unread.push({ raw, line, why });
    if (this.#table !== null) this.#gap.note(raw, line);
  }

  /** Headers tell family and backend; nft says which tables it cannot show. */
  #remark(text: string): void {
    const header =
      /^# Generated by (ip6?|x)tables(-nft|-legacy)?-save v(\d+)\.(\d+)(?:\.(\d+))?\S*( \(nf_tables\))?/.exec(text);
    const stranger = /^# Generated by (ebtables|arptables)/.exec(text);
    if (stranger !== null) {
      this.#close();
      this.#leave();
      this.#stranger = stranger[1] ?? null;
    } else if (header !== null) {
      this.#stranger = null;
      this.#close();
      this.#leave();
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
    this.#leave();
    const table = { name, family: this.#family, backend: this.#backend, line, chains: new Map() };
    this.#table = table;
    this.tables.push(table);
    return table;
  }

  /** No table is open any more. */
  #leave(): void {
    this.#gap.settle(this.#table, this.#chain, null);
    this.#table = null;
    this.#chain = null;
  }

  /** Without headers another table starts where a chain comes again, or a built-in one after a user's, or `-P` after rules. */
  #declare(name: string, policy: string, counters: ScannedChain['counters'], printed: boolean, line: number): void {
    let table = this.#current(line);
    let chain = table.chains.get(name);
    if (table.name === null) {
      const late =
        policy !== '-' &&
        ([...table.chains.values()].some(other => other.policy === '-') || (printed && this.#chain !== null));
      if (late || (chain !== undefined && chain.policy !== null)) {
        table = this.#start(null, line);
        chain = undefined;
      }
    }
    chain ??= this.#add(table, name, line);
    chain.policy = policy;
    chain.line = line;
    chain.counters = counters;
  }

  #add(table: ScannedTable, name: string, line: number): ScannedChain {
    const chain = new ScannedChain(this, table, name, line);
    table.chains.set(name, chain);
    return chain;
  }

  /** A rule whose chain's name starts at `at`. */
  #rule(start: number, at: number, end: number, line: number): void {
    let chain = this.#chain;
    if (chain === null || !this.#isOf(chain, at, end)) {
      chain = this.#chainAt(at, end, line);
      if (chain === null) {
        this.#refuse(start, end, line);
        return;
      }
    }
    this.#gap.settle(this.#table, this.#chain, chain);
    this.#chain = chain;
    chain.count++;
    this.ruleLines.push(line);
    this.ruleChains.push(chain.id);
  }

  #chainAt(at: number, end: number, line: number): ScannedChain | null {
    const last = this.#chain;
    // Rules come in the order of the declarations; a few chains have none.
    for (let id = (last?.id ?? 0) + 1; last !== null && id <= last.id + 3; id++) {
      const next = this.chains[id];
      if (next !== undefined && next.table === last.table && this.#isOf(next, at, end)) return next;
    }
    const stop = this.text.indexOf(' ', at);
    const name = this.text.slice(at, stop === -1 || stop > end ? end : stop);
    if (name === '') return null;
    let table = this.#current(line);
    // Without headers: each table's built-in chains are printed first.
    const first = builtIn.has(name) && last !== null && !builtIn.has(last.name);
    if (table.name === null && first) table = this.#start(null, line);
    return table.chains.get(name) ?? this.#add(table, name, line);
  }

  #isOf({ name }: ScannedChain, at: number, end: number): boolean {
    return this.text.startsWith(name, at) && this.#ends(at + name.length, end);
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
