import { describe, expect, test } from '@jest/globals';
import { nftTables } from '../../src/model/backends/nftables.ts';
import type { Table } from '../../src/model/rules.ts';
import { isNftCommands, parseNftCommands } from '../../src/parse/nft-commands.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import type { NftRecord } from '../../src/parse/nft-records.ts';
import { fixture } from './fixture.ts';

const commands = fixture('nft/commands.nft');

/** What the tables say, without where it stands. */
function meaning(records: readonly NftRecord[]): unknown {
  const tables = nftTables(records, { file: 'f' }).map((table: Table) => ({
    ...table,
    chains: [...table.chains.values()].map(({ name, base, rules }) => ({
      name,
      base,
      rules: Array.from({ length: rules.length }, (_, at) => rules.at(at).expressions),
    })),
    sets: [...table.sets.values()].map(({ name, type, elements, dynamic }) => ({
      name,
      type,
      dynamic,
      elements: sorted(elements),
    })),
  }));
  return JSON.parse(
    JSON.stringify(tables, (key, value) =>
      key === 'source' ? undefined : typeof value === 'bigint' ? `${value}` : value,
    ),
  );
}

/** nft lists elements in its own order. */
function sorted(elements: readonly object[] | null): string[] | null {
  const text = (element: object) =>
    JSON.stringify(element, (key, value) =>
      key === 'source' ? undefined : typeof value === 'bigint' ? `${value}` : value,
    );
  return elements === null ? null : elements.map(text).sort();
}

describe('nft commands', () => {
  test('mean what the kernel lists after nft has run them', () => {
    expect(isNftCommands(commands)).toBe(true);
    const { records, unread, problem } = parseNftCommands(commands);
    expect({ unread, problem }).toEqual({ unread: [], problem: null });
    expect(meaning(records)).toEqual(meaning(parseNftJson(fixture('nft/commands.json')).records));
  });

  test('a listing is none', () => {
    expect(isNftCommands(fixture('nft/kube-proxy-1.35.txt'))).toBe(false);
  });

  test('insert goes before, add behind; line and text are those of the command', () => {
    const { records } = parseNftCommands(
      'add table t\nadd chain t c\nadd rule t c accept\ninsert rule t c drop; add rule ip t c return\n',
    );
    expect(records.map(({ kind, line, raw }) => [kind, line, raw])).toEqual([
      ['table', 1, 'add table t'],
      ['chain', 2, 'add chain t c'],
      ['rule', 4, 'drop'],
      ['rule', 3, 'accept'],
      ['rule', 4, 'return'],
    ]);
  });

  test.each([
    ['delete rule ip t c handle 4', 'not a command that adds to a rule set'],
    ['add rule ip t missing accept', 'chain missing was not added before'],
    ['add rule ip t c index 1 accept', 'its place among the rules is not known'],
    ['add element ip t missing { 1.2.3.4 }', 'set missing was not added before'],
    ['add chain ip t d { type filter hook input priority ; }', 'not the type, hook and priority of a base chain'],
  ])('%s: unread', (line, why) => {
    const { unread } = parseNftCommands(`add table ip t\nadd chain ip t c\n${line}\n`);
    expect(unread).toEqual([{ raw: line, line: 3, why }]);
  });

  test('cut off anywhere: never throws, and says so within braces', () => {
    for (let at = 0; at < commands.length; at += 61) parseNftCommands(commands.slice(0, at));
    expect(parseNftCommands('add table ip t\nadd set ip t s { type ipv4_ad').problem).toBe('cut off in line 2');
  });
});
