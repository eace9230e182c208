import type { Chain, Table } from './rules.ts';

/** The tables that are live at once, and what had to be left out, in words. */
export interface LiveTables {
  tables: Table[];
  problems: string[];
}

/**
 * Makes one list of tables from several dumps of one network namespace. What iptables-nft made stands in `nft list ruleset`,
 * too, with its matches and targets opaque: there the iptables-save is taken in its place. A table that two dumps have is
 * taken once; of guessed ones (a grep, one chain) the chains are put together.
 */
export function liveTables(iptables: readonly Table[], nftables: readonly Table[]): LiveTables {
  const problems: string[] = [];
  const own = unique(iptables, problems);
  const shadowed = new Map(
    own.filter(({ backend }) => backend === 'iptables-nft').map(table => [nameOf(table), table]),
  );
  const placed = new Set<Table>();
  const listed = unique(nftables, problems).map(table => {
    const better = shadowed.get(nameOf(table));
    if (better !== undefined) placed.add(better);
    return better ?? table;
  });
  return { tables: [...own.filter(table => !placed.has(table)), ...listed], problems };
}

const nameOf = ({ family, name }: Table): string => `${family} ${name}`;

function unique(tables: readonly Table[], problems: string[]): Table[] {
  const byName = new Map<string, Table>();
  for (const table of tables) {
    const key = `${table.backend} ${nameOf(table)}`;
    const first = byName.get(key);
    if (first === undefined) byName.set(key, table);
    else if (first.guessed !== null || table.guessed !== null) byName.set(key, joined(first, table, problems));
    else if (!sameTable(first, table))
      problems.push(taken(`table ${nameOf(table)} of ${table.backend}`, first.file, table.file));
  }
  return [...byName.values()];
}

function taken(what: string, first: string, second: string): string {
  return first === second
    ? `${first}: ${what} stands there twice: the first is taken`
    : `${second}: ${what} stands in ${first}, too: that one is taken`;
}

/** A chain that both have is taken from the one that has rules in it. */
function joined(first: Table, second: Table, problems: string[]): Table {
  const chains = new Map<string, Chain>(first.chains);
  for (const [name, chain] of second.chains) {
    const known = chains.get(name);
    if (known === undefined || known.rules.length === 0) chains.set(name, chain);
    else if (chain.rules.length > 0 && !sameRules(known, chain))
      problems.push(taken(`chain ${name} of table ${nameOf(first)}`, known.source.file, second.file));
  }
  return { ...first, chains, guessed: first.guessed ?? second.guessed };
}

function sameTable(first: Table, second: Table): boolean {
  if (first.chains.size !== second.chains.size) return false;
  return [...first.chains].every(([name, chain]) => {
    const other = second.chains.get(name);
    return other !== undefined && other.base?.policy === chain.base?.policy && sameRules(chain, other);
  });
}

function sameRules({ rules: first }: Chain, { rules: second }: Chain): boolean {
  if (first.length !== second.length) return false;
  for (let at = 0; at < first.length; at++) if (first.source(at).raw !== second.source(at).raw) return false;
  return true;
}
