import type { NftChain, NftRecord, NftTable } from '../../parse/nft-records.ts';
import type { Unread } from '../../parse/records.ts';
import type { Chain, Hook, NetFamily, Table } from '../rules.ts';
import { NftRules, type Surroundings } from './nftables/rule-list.ts';
import { NftNamedSet } from './nftables/sets.ts';
import { NftSource } from './nftables/source.ts';
import { leftOutElements, updatedSets } from './nftables/whole-dump.ts';

/** The tables of `nft list ruleset` in their order, which is that of creation. */
export function nftTables(records: readonly NftRecord[], { file }: { file: string }): Table[] {
  const tables = new Map<string, Building>();
  const updated = updatedSets(records);
  const terse = leftOutElements(records);
  const kept = new Set(
    records.flatMap(record =>
      record.kind === 'table' && isOfIptables(record, records) ? [`${record.family} ${record.name}`] : [],
    ),
  );
  for (const record of records) {
    const name = record.kind === 'table' ? record.name : record.table;
    const key = `${record.family} ${name}`;
    const known = tables.get(key);
    const table = known ?? newTable(record.family, name, { file, ofIptables: kept.has(key) });
    if (known === undefined) tables.set(key, table);
    add(table, record, set => new NftNamedSet(set, file, updated.has(`${key} ${set.name}`), terse));
  }
  return [...tables.values()].map(({ table }) => table);
}

/** Rules and sets that cannot be read, or only in part: they are known once all is read. */
export function nftUnread(records: readonly NftRecord[]): Unread[] {
  return records.flatMap(record => {
    if ((record.kind !== 'rule' && record.kind !== 'set') || (record.kind === 'rule' && record.missing)) return [];
    const { problem } = record.read();
    return problem === null ? [] : [{ raw: record.raw, line: record.line, why: problem }];
  });
}

interface Building {
  table: Omit<Table, 'chains' | 'sets'> & { chains: Map<string, Chain>; sets: Map<string, NftNamedSet> };
  rules: Map<string, NftRules>;
  over: Map<string, boolean>;
  around: Surroundings;
}

function newTable(
  family: string,
  name: string,
  { file, ofIptables }: Pick<Surroundings, 'file' | 'ofIptables'>,
): Building {
  const table = {
    backend: 'nftables' as const,
    family: isFamily(family) ? family : 'inet',
    name,
    chains: new Map<string, Chain>(),
    sets: new Map<string, NftNamedSet>(),
    file,
    guessed: null,
    hidden: null,
    dormant: false,
  };
  const over = new Map<string, boolean>();
  const around: Surroundings = {
    family: table.family,
    file,
    ofIptables,
    names: { isOver: (what, object) => over.get(`${what} ${object}`) ?? null },
    mapData: map => table.sets.get(map)?.data ?? null,
  };
  return { table, rules: new Map(), over, around };
}

const families: readonly string[] = ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'] satisfies NetFamily[];

function isFamily(word: string): word is NetFamily {
  return families.includes(word);
}

function add(building: Building, record: NftRecord, toSet: (record: NftRecord & { kind: 'set' }) => NftNamedSet): void {
  const { table, rules, over } = building;
  switch (record.kind) {
    case 'table':
      table.dormant ||= record.dormant;
      return;
    case 'chain':
      table.chains.set(record.name, toChain(record, building));
      return;
    case 'rule': {
      // A rule of a chain that is not in the dump: part of it was lost.
      if (!rules.has(record.chain))
        table.chains.set(record.chain, toChain({ ...record, kind: 'chain', name: record.chain, base: null }, building));
      rules.get(record.chain)?.add(record);
      return;
    }
    case 'set':
      table.sets.set(record.name, toSet(record));
      return;
    case 'object':
      over.set(`${record.what} ${record.name}`, record.over);
  }
}

function toChain(record: NftChain, { table, rules, around }: Building): Chain {
  const list = rules.get(record.name) ?? new NftRules(around);
  rules.set(record.name, list);
  const base = record.base === null ? null : toBase(record.base);
  return { name: record.name, base, rules: list, source: new NftSource(table.file, record) };
}

const hooks: readonly string[] = [
  'ingress',
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'egress',
] satisfies Hook[];

function toBase({ type, hook, priority, policy, devices }: NonNullable<NftChain['base']>): Chain['base'] {
  if (!hooks.includes(hook)) return null;
  return {
    type: type === 'nat' || type === 'route' ? type : 'filter',
    hook: hook as Hook,
    priority,
    policy: policy === 'drop' ? 'drop' : 'accept',
    devices,
    counters: null,
  };
}

/** Tables that iptables-nft keeps: nft cannot show all of their rules, iptables-save can. */
export function isOfIptables(table: NftTable, records: readonly NftRecord[]): boolean {
  if (table.warned) return true;
  const names = /^(?:ip6? (?:filter|nat|mangle|raw|security)|arp filter|bridge (?:filter|nat))$/;
  if (!names.test(`${table.family} ${table.name}`)) return false;
  const chains = records.filter(
    (record): record is NftChain =>
      record.kind === 'chain' && record.family === table.family && record.table === table.name && record.base !== null,
  );
  return chains.length > 0 && chains.every(({ name, base }) => name === base?.hook.toUpperCase());
}
