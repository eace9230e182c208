import { type Parsed, parseLines } from './records.ts';

/** A set or one of its entries. */
export type IpsetRecord = SetRecord | EntryRecord;

interface SetRecord {
  kind: 'set';
  raw: string;
  line: number;
  name: string;
  /** `hash:ip,port`, `bitmap:port`, `list:set`, … */
  type: string;
  /** What it was made with: `family` inet, `netmask` 24, `counters` without value, … */
  options: ReadonlyMap<string, string | null>;
  /** False where the entries are left out (`ipset list -terse`). */
  entries: boolean;
}

export interface EntryRecord {
  kind: 'entry';
  raw: string;
  line: number;
  set: string;
  /** As printed: `10.0.0.1,tcp:80`. */
  entry: string;
  nomatch: boolean;
  /** hash:net,iface: the interface's name is a prefix. */
  wildcard: boolean;
}

/** Reads `ipset save` and `ipset list` (ipset(8), lib/session.c), with or without `-terse`; an entry's counters and times are left out. */
export function parseIpset(text: string): Parsed<IpsetRecord> {
  const list = new Listing();
  const parsed = parseLines<IpsetRecord>(text, (raw, line) => {
    if (list.within || raw.startsWith('Name: ')) return list.read(raw, line);
    // Sets may have hundreds of thousands of entries, most without options.
    const plain = /^add (\S+) (\S+)$/.exec(raw);
    if (plain !== null) {
      const [, set = '', entry = ''] = plain;
      return { kind: 'entry', raw, line, set, entry, nomatch: false, wildcard: false };
    }
    const words = raw.trim().split(/\s+/);
    const [command = '', name, what] = words;
    if (command === '' || command.startsWith('#')) return null;
    if (command !== 'create' && command !== 'add') return 'neither "create" nor "add", nor a set that "Name:" begins';
    if (name === undefined || what === undefined) return `nothing after "${raw.trim()}"`;
    if (command === 'add') return readEntry(raw.trim().replace(/^add\s+\S+\s+/, ''), raw, line, name);
    return { kind: 'set', raw, line, name, type: what, options: readOptions(words.slice(3)), entries: true };
  });
  list.end();
  parsed.problem = list.problem;
  return parsed;
}

/** The blocks of `ipset list`: header lines `Key: value`, then the entries, one a line, up to a blank line. */
class Listing {
  within = false;
  problem: string | null = null;
  #set: SetRecord | null = null;
  #expected: number | null = null;
  #entries = 0;

  read(raw: string, line: number): IpsetRecord | null | string {
    if (raw.trim() === '') {
      this.end();
      return null;
    }
    if (this.#set?.entries) {
      this.#entries++;
      return readEntry(raw.trim(), raw, line, this.#set.name);
    }
    const [, key, value = ''] = /^([A-Z][\w ]*):\s?(.*)$/.exec(raw) ?? [];
    if (key === 'Name') {
      this.end();
      this.within = true;
      this.#set = { kind: 'set', raw, line, name: value, type: '', options: new Map(), entries: false };
      return this.#set;
    }
    if (key === undefined || this.#set === null) return 'not "key: value"';
    this.#set.raw += `\n${raw}`;
    if (key === 'Type') this.#set.type = value;
    if (key === 'Header') this.#set.options = readOptions(value.split(/\s+/));
    if (key === 'Number of entries') this.#expected = Number(value);
    if (key === 'Members') this.#set.entries = true;
    return null;
  }

  /** Ends the set that is being read. Entries with a timeout go while they are counted. */
  end(): void {
    const set = this.#set;
    if (set !== null && set.type === '') this.problem ??= `cut off: set ${set.name} has no "Type:"`;
    const missing = set?.entries && this.#expected !== null && this.#entries < this.#expected;
    if (missing && !set.options.has('timeout'))
      this.problem ??= `cut off: set ${set.name} has ${this.#expected} entries and ${this.#entries} are here`;
    this.within = false;
    this.#set = null;
    this.#expected = null;
    this.#entries = 0;
  }
}

function readEntry(text: string, raw: string, line: number, set: string): EntryRecord {
  const [entry = '', ...options] = text.replace(/ comment ".*"$/, '').split(/\s+/);
  const has = (option: string) => options.includes(option);
  return { kind: 'entry', raw, line, set, entry, nomatch: has('nomatch'), wildcard: has('wildcard') };
}

const withoutValue = new Set(['counters', 'comment', 'skbinfo', 'forceadd']);

function readOptions(words: readonly string[]): Map<string, string | null> {
  const options = new Map<string, string | null>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word !== '') options.set(word, withoutValue.has(word) ? null : (words[++at] ?? null));
  }
  return options;
}
