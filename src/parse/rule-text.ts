import { parseIpText, wordValue } from './ip-text.ts';
import type { JsonObject } from './json.ts';
import type { Parsed } from './records.ts';
import { type RuleRecord, readPolicyRule } from './rule.ts';

/** Reads the text of `ip [-4|-6] rule` (iproute2 ip/iprule.c print_rule). */
export function parseRuleText(family: 'IPv4' | 'IPv6'): (text: string) => Parsed<RuleRecord> {
  return text => parseIpText(text, toEntry, entry => readPolicyRule(entry, family));
}

/** Words with a value, and what JSON calls them. */
const keys: Readonly<Record<string, string>> = {
  tos: 'tos',
  dsfield: 'tos',
  dscp: 'dscp',
  iif: 'iif',
  oif: 'oif',
  ipproto: 'ipproto',
  tun_id: 'tun_id',
  goto: 'goto',
  lookup: 'table',
  suppress_prefixlength: 'suppress_prefixlen',
  suppress_ifgroup: 'suppress_ifgroup',
  proto: 'protocol',
};

const asText = new Set(['tos', 'dsfield', 'iif', 'oif', 'ipproto', 'lookup', 'suppress_ifgroup', 'proto']);

const actions = new Set([
  'blackhole',
  'unreachable',
  'prohibit',
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'throw',
  'nat',
]);

const ranges: Readonly<Record<string, string>> = { sport: 'sport', dport: 'dport', uidrange: 'uid' };

function toEntry(words: readonly string[]): JsonObject | string {
  const priority = /^(\d+):$/.exec(words[0] ?? '');
  if (priority === null) return 'no priority ("PRIORITY: from …")';
  const entry: Record<string, unknown> = { priority: Number(priority[1]) };
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    const value = words[at + 1];
    if (word === 'not' || word === 'nop') entry[word] = null;
    else if (word === 'from' || word === 'to') {
      const [address, length] = (value ?? '').split('/');
      const key = word === 'from' ? 'src' : 'dst';
      entry[key] = address;
      if (length !== undefined) entry[`${key}len`] = Number(length);
      at++;
    } else if (word === 'fwmark') {
      const [mark, mask] = (value ?? '').split('/');
      entry['fwmark'] = mark;
      if (mask !== undefined) entry['fwmask'] = mask;
      at++;
    } else if (word === 'lookup' && value === '[l3mdev-table]') {
      entry['l3mdev'] = null;
      at++;
    } else if (word === 'l3mdev') entry['l3mdev'] = null;
    else if (Object.hasOwn(ranges, word)) {
      const [start, end] = (value ?? '').split('-');
      const key = ranges[word] as string;
      if (end === undefined && key !== 'uid') entry[key] = wordValue(start);
      else Object.assign(entry, { [`${key}_start`]: wordValue(start), [`${key}_end`]: wordValue(end) });
      at++;
    } else if (actions.has(word)) entry['action'] = word;
    else if (Object.hasOwn(keys, word)) {
      entry[keys[word] as string] = asText.has(word) ? value : wordValue(value);
      at++;
    }
  }
  return entry;
}
