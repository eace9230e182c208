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
    else if (first.guessed !== null || table.guessed !== null) byName.set(key, joined(first, table));
    else if (first.file !== table.file)
      problems.push(
        `${table.file}: table ${nameOf(table)} of ${table.backend} stands in ${first.file}, too: that one is taken`,
      );
    else
      problems.push(
        `${table.file}: table ${nameOf(table)} of ${table.backend} stands there twice: the first one is taken`,
      );
  }
  return [...byName.values()];
}

/** A chain that both have is taken from the one that has rules in it. */
function joined(first: Table, second: Table): Table {
  const chains = new Map<string, Chain>(first.chains);
  for (const [name, chain] of second.chains) if (!chains.get(name)?.rules.length) chains.set(name, chain);
  return { ...first, chains, guessed: first.guessed ?? second.guessed };
}
