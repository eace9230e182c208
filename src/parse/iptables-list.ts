import { type Cells, saveWords } from './iptables-list-words.ts';
import { standsForOthers } from './left-out-marks.ts';
import type { Unread } from './records.ts';

/** A listing in the words of iptables-save, each rule in the line that it starts on. */
export interface IptablesListing {
  text: string;
  unread: Unread[];
  /** False where -v was not given: no rule shows its interfaces. */
  interfaces: boolean;
  /** The lines as printed, a wrapped one joined with its rest. */
  raw(line: number): string;
}

interface Row {
  line: number;
  raw: string;
}

const chain =
  /^[ \t]*Chain (\S+) \((?:policy (\S+?)(?: (\d+[KMGT]?) packets, (\d+[KMGT]?) bytes)?|\d+ references?)\)\s*$/;
const header = /^\s*(?:num\s+)?(?:pkts\s+bytes\s+)?target\s+prot\b/;
const ignored = /^\s*(?:#.*)?$/;

/** Reads `iptables -L`, with or without -n, -v, --line-numbers; a line that starts no rule belongs to the one before it. */
export function listingOf(text: string): IptablesListing {
  const lines = text.split(/\r?\n/);
  const words = lines.map(() => '');
  const rows = new Map<number, Row>();
  const unread: Unread[] = [];
  let current: string | null = null;
  let columns: Columns = { numbers: false, counters: false };
  let last: Row | null = null;
  const rules: { row: Row; chain: string; columns: Columns }[] = [];
  lines.forEach((raw, at) => {
    const line = at + 1;
    const found = chain.exec(raw);
    if (found?.[1] !== undefined) {
      const [, name, policy, packets, bytes] = found;
      const exact = /^\d+:\d+$/.test(`${packets}:${bytes}`);
      words[at] = `:${name} ${policy ?? '-'}${exact ? ` [${packets}:${bytes}]` : ''}`;
      current = name;
      last = null;
    } else if (header.test(raw)) columns = { numbers: /^\s*num\b/.test(raw), counters: /\bpkts\b/.test(raw) };
    else if (standsForOthers(raw.trim())) {
      words[at] = raw;
      last = null;
    } else if (ignored.test(raw)) last = null;
    else if (current !== null && cellsOf(raw, columns) !== null) {
      last = { line, raw };
      rules.push({ row: last, chain: current, columns });
      rows.set(line, last);
    } else if (last !== null) last.raw += ` ${raw.trim()}`;
    else unread.push({ raw, line, why: 'neither a chain nor a rule of "iptables -L"' });
  });
  for (const { row, chain: name, columns: shown } of rules) {
    const cells = cellsOf(row.raw, shown);
    if (cells !== null) words[row.line - 1] = `${cells.counters}-A ${name}${saveWords(cells)}`;
  }
  const interfaces = rules.every(({ columns: shown }) => shown.counters);
  return { text: words.join('\n'), unread, interfaces, raw: line => rows.get(line)?.raw ?? lines[line - 1] ?? '' };
}

interface Columns {
  numbers: boolean;
  counters: boolean;
}

const address = String.raw`!?(?:[0-9a-fA-FxX.:]+(?:/[0-9a-f.:]+)?|anywhere|[a-zA-Z][\w.-]*(?:/\d+)?)`;
const start = String.raw`(?:(?<target>\S+)\s+)?(?<protocol>!?(?:\d+|[a-z][a-z0-9.-]*))\s+(?<fragment>--|-f|!f|-)?\s+`;
const end = String.raw`(?<source>${address})\s+(?<destination>${address})(?<rest>\s.*|)$`;
const short = new RegExp(`^\\s*${start}${end}`);
const long = new RegExp(String.raw`^\s*${start}(?<in>\S+)\s+(?<out>\S+)\s+${end}`);

function cellsOf(raw: string, { numbers, counters }: Columns): Cells | null {
  const text = numbers ? raw.replace(/^\s*\d+(?=\s)/, '') : raw;
  const counted = /^\s*(\d+[KMGT]?)\s+(\d+[KMGT]?)\s(.*)$/.exec(text);
  if (counters && counted === null) return null;
  const cells = (counters ? long : short).exec(counters ? (counted?.[3] ?? '') : text)?.groups;
  if (cells === undefined) return null;
  const exact = counters && /^\d+ \d+$/.test(`${counted?.[1]} ${counted?.[2]}`);
  return {
    counters: exact ? `[${counted?.[1]}:${counted?.[2]}] ` : '',
    target: cells['target'] ?? '',
    protocol: cells['protocol'] ?? '',
    fragment: cells['fragment'] ?? '',
    in: cells['in'] ?? null,
    out: cells['out'] ?? null,
    source: cells['source'] ?? '',
    destination: cells['destination'] ?? '',
    rest: cells['rest'] ?? '',
  };
}
