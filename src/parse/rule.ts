import { type JsonObject, numberAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A rule of the routing policy database, from `ip -j rule`. */
export interface RuleRecord {
  raw: string;
  family: 'IPv4' | 'IPv6';
  priority: number;
  not: boolean;
  /** CIDR; null means any. */
  source: string | null;
  destination: string | null;
  fwmark: { value: number; mask: number } | null;
  inputInterface: string | null;
  outputInterface: string | null;
  /** Selectors that this record does not model, as text: `ipproto tcp`, `dport 53`, `l3mdev`, … */
  otherSelectors: string[];
  /** null: the action is not a table lookup. */
  table: string | null;
  /** unreachable, prohibit, blackhole, goto, nop, … ; null for a lookup. */
  action: string | null;
  goto: number | null;
  /** Routes with a prefix this long or shorter are ignored; null when there is no suppressor. */
  suppressPrefixLength: number | null;
}

const others = ['tos', 'dsfield', 'dscp', 'ipproto', 'sport', 'dport', 'l3mdev', 'tun_id', 'suppress_ifgroup'];

/** Selectors of a range: JSON has its ends, ip-rule(8) one word. */
const rangeSelectors: Readonly<Record<string, string>> = { sport: 'sport', dport: 'dport', uid: 'uidrange' };

/** Reads `ip -j -4|-6 rule` (iproute2 ip/iprule.c). */
export function parseRules(family: 'IPv4' | 'IPv6'): (text: string) => Parsed<RuleRecord> {
  return text => parseJsonArray(text, entry => readPolicyRule(entry, family));
}

/** Reads one rule in the form of `ip -j rule`; says why it cannot. */
export function readPolicyRule(entry: JsonObject, family: 'IPv4' | 'IPv6'): RuleRecord | string {
  const priority = numberAt(entry, 'priority');
  if (priority === null) return 'no priority';
  const table = stringAt(entry, 'table') ?? numberAt(entry, 'table')?.toString() ?? null;
  const action = stringAt(entry, 'action');
  const goto = numberAt(entry, 'goto');
  const mark = fwmark(entry);
  if (mark === 'unread') return 'fwmark is not a number';
  if (table === null && action === null && goto === null && !('nop' in entry || 'l3mdev' in entry))
    return 'no table and no action';
  return {
    get raw() {
      return JSON.stringify(entry);
    },
    family,
    priority,
    not: 'not' in entry,
    source: prefix(entry, 'src', family),
    destination: prefix(entry, 'dst', family),
    fwmark: mark,
    inputInterface: stringAt(entry, 'iif'),
    outputInterface: stringAt(entry, 'oif'),
    otherSelectors: otherSelectors(entry),
    table,
    action: action ?? (goto !== null ? 'goto' : 'nop' in entry ? 'nop' : null),
    goto,
    suppressPrefixLength: numberAt(entry, 'suppress_prefixlen'),
  };
}

function otherSelectors(entry: JsonObject): string[] {
  const single = others.filter(key => key in entry).map(key => (entry[key] === null ? key : `${key} ${entry[key]}`));
  const ranges = Object.entries(rangeSelectors).flatMap(([key, word]) =>
    `${key}_start` in entry ? [`${word} ${entry[`${key}_start`]}-${entry[`${key}_end`]}`] : [],
  );
  return [...single, ...ranges];
}

function prefix(entry: JsonObject, key: 'src' | 'dst', family: 'IPv4' | 'IPv6'): string | null {
  const address = stringAt(entry, key);
  if (address === null || address === 'all') return null;
  return `${address}/${numberAt(entry, `${key}len`) ?? (family === 'IPv4' ? 32 : 128)}`;
}

function fwmark(entry: JsonObject): { value: number; mask: number } | null | 'unread' {
  if (!('fwmark' in entry)) return null;
  const value = Number(entry['fwmark']);
  const mask = 'fwmask' in entry ? Number(entry['fwmask']) : 0xffffffff;
  return Number.isInteger(value) && Number.isInteger(mask) ? { value, mask } : 'unread';
}

/** The rule in the words of ip-rule(8). */
export function ruleText(rule: Omit<RuleRecord, 'raw'>): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const mark = rule.fwmark;
  const masked = mark === null || mark.mask === 0xffffffff ? '' : `/${hex(mark.mask)}`;
  const words = [
    rule.not ? 'not' : null,
    `from ${rule.source ?? 'all'}`,
    rule.destination && `to ${rule.destination}`,
    mark && `fwmark ${hex(mark.value)}${masked}`,
    rule.inputInterface && `iif ${rule.inputInterface}`,
    rule.outputInterface && `oif ${rule.outputInterface}`,
    ...rule.otherSelectors,
    rule.table && `lookup ${rule.table}`,
    rule.suppressPrefixLength === null ? null : `suppress_prefixlength ${rule.suppressPrefixLength}`,
    rule.action === 'goto' ? `goto ${rule.goto}` : rule.action,
  ];
  return words.filter(word => word !== null).join(' ');
}
