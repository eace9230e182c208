import type { Family } from '../../model/report.ts';
import type { Host } from './host.ts';

const found = new WeakMap<Host, Partial<Record<Family, readonly string[]>>>();

/**
 * What raw dumps lack that the host may well have, and what it is taken for, in words: rules of the family, where they have
 * some of the other; the tables of iptables that decide most, where they have others.
 */
export function missingFrom(host: Host, family: Family): readonly string[] {
  const known = found.get(host) ?? {};
  found.set(host, known);
  known[family] ??= lacks(host, family);
  return known[family];
}

function lacks({ rules: { tables } }: Host, family: Family): string[] {
  const [own, other] = family === 'IPv4' ? (['ip', 'ip6'] as const) : (['ip6', 'ip'] as const);
  if (tables.length > 0 && tables.every(table => table.family === other))
    return [`no rules for ${family}: the dumps have none`];
  const ofIptables = tables.filter(table => table.backend !== 'nftables' && table.family === own);
  if (ofIptables.length === 0) return [];
  const hidden = ofIptables.some(table => table.hidden === 'interfaces');
  const has = (name: string) => tables.some(table => table.family === own && table.name === name);
  return [
    ...(has('filter') ? [] : ['no filter table in the dump: taken to accept']),
    ...(hidden ? ['rules ask for no interface (iptables -L shows them with -v only)'] : []),
    ...(has('nat') ? [] : ['no nat table in the dump: taken to change nothing']),
  ];
}
