import { type Parsed, parseLines } from './records.ts';

/** A chain's declaration or a rule. */
export type IptablesRecord =
  | { kind: 'chain'; raw: string; line: number; table: string; chain: string }
  | {
      kind: 'rule';
      raw: string;
      line: number;
      table: string;
      chain: string;
      /** The chain (`-j` or `-g`) or target that it leads to; null for a rule without one. */
      target: string | null;
    };

/**
 * Reads iptables-save and ip6tables-save, with or without counters (iptables iptables/iptables-save.c): just the
 * tables, chains and where each rule leads. Quoted text (comments) cannot pass for an option. A table without its COMMIT is said to be cut off.
 */
export function parseIptablesSave(text: string): Parsed<IptablesRecord> {
  let table: string | null = null;
  const parsed = parseLines<IptablesRecord>(text, (raw, line) => {
    if (raw === '' || raw.startsWith('#')) return null;
    if (raw.startsWith('*')) {
      table = raw.slice(1).trim();
      return null;
    }
    if (raw === 'COMMIT') {
      table = null;
      return null;
    }
    if (table === null) return 'outside a table (no "*TABLE" line before it)';
    if (raw.startsWith(':')) return { kind: 'chain', raw, line, table, chain: raw.slice(1).split(' ', 1)[0] ?? '' };
    const rule = /^(?:\[\d+:\d+\] )?-A (\S+)(.*)$/.exec(raw);
    if (rule?.[1] === undefined) return 'neither a chain (":") nor a rule ("-A")';
    const unquoted = (rule[2] ?? '').replace(/"(?:[^"\\]|\\.)*"/g, '""');
    const target = / -[jg] (\S+)/.exec(unquoted);
    return { kind: 'rule', raw, line, table, chain: rule[1], target: target?.[1] ?? null };
  });
  if (table !== null) parsed.problem = `cut off: table ${table} has no COMMIT`;
  return parsed;
}
