import type { Chain, RuleSet, Table } from '../../model/rules.ts';

/** A chain with the table that it stands in. */
export interface Found {
  table: Table;
  chain: Chain;
}

/** `[[FAMILY/]TABLE/]CHAIN` in full. */
export function fullName({ table, chain }: Found): string {
  return `${table.family}/${table.name}/${chain.name}`;
}

/**
 * The chains that `[[FAMILY/]TABLE/]CHAIN` may mean. Names of nftables chains have slashes themselves, so that every
 * reading is tried.
 */
export function chainsNamed({ tables }: Pick<RuleSet, 'tables'>, text: string): Found[] {
  return tables.flatMap(table => {
    const names = [text];
    for (const prefix of [`${table.name}/`, `${table.family}/${table.name}/`])
      if (text.startsWith(prefix)) names.push(text.slice(prefix.length));
    return names.flatMap(name => {
      const chain = table.chains.get(name);
      return chain === undefined ? [] : [{ table, chain }];
    });
  });
}
