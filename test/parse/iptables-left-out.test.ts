import { describe, expect, test } from '@jest/globals';
import { parseIptables } from '../../src/parse/iptables.ts';
import type { IptablesDump } from '../../src/parse/iptables-records.ts';

describe('where lines were left out, a rule that cannot be read stands in the chains that may lack rules', () => {
  const dump = (between: string) =>
    parseIptables(
      `*nat\n:PREROUTING ACCEPT [0:0]\n:A - [0:0]\n:EMPTY - [0:0]\n:B - [0:0]\n:LAST - [0:0]\n${between}COMMIT\n`,
    );
  const chains = ({ records }: IptablesDump) =>
    [...(records[0]?.chains.values() ?? [])].flatMap(({ name, rules, incomplete }) => [
      ...Array.from({ length: rules.length }, (_, at) => `${name}: ${rules.damage(at) ?? rules.raw(at)}`),
      ...(incomplete === null ? [] : [`${name}: ${incomplete}`]),
    ]);
  const odd = 'rules may be missing here';
  const away = (line: number) => `line ${line} stands for lines that were left out`;

  test.each([
    ['a mark inside a chain', '-A A 1\n...\n-A A 2\n', ['A: -A A 1', `A: ${odd}`, 'A: -A A 2']],
    ['… of another form', '-A A 1\n<SNIP>\n-A A 2\n', ['A: -A A 1', `A: ${odd}`, 'A: -A A 2']],
    ['… as a comment', '-A A 1\n# [...]\n-A A 2\n', ['A: -A A 1', `A: ${odd}`, 'A: -A A 2']],
    [
      'a mark between two chains: the end of one, the start of the other, those in between',
      '-A A 1\n[SNIP!]\n-A B 1\n',
      ['A: -A A 1', `A: ${odd}`, `EMPTY: ${away(8)}`, `B: ${odd}`, 'B: -A B 1'],
    ],
    ['a mark before the first rule', '…\n-A A 1\n', [`PREROUTING: ${away(7)}`, `A: ${odd}`, 'A: -A A 1']],
    ['a mark behind the last', '-A B 1\n(output omitted)\n', ['B: -A B 1', `B: ${odd}`, `LAST: ${away(8)}`]],
    ["grep's separator inside a chain", '-A A 1\n--\n-A A 2\n', ['A: -A A 1', `A: ${odd}`, 'A: -A A 2']],
    ["grep's separator between two chains hides none", '-A A 1\n--\n-A B 1\n', ['A: -A A 1', 'B: -A B 1']],
    ['a line that makes no sense', '-A A 1\nA A 2\n-A B 1\n', ['A: -A A 1', `A: ${odd}`, 'B: -A B 1']],
    ['two of them', '-A A 1\nA A 2\n--\n-A B 1\n', ['A: -A A 1', `A: ${odd}`, 'B: -A B 1']],
  ])('%s', (_, between, expected) => {
    expect(chains(dump(between))).toEqual(expected);
  });

  test('outside tables nothing is hidden', () => {
    const text = 'these are my rules:\n*nat\n-A A 1\nCOMMIT\n...\n*filter\n-A B 1\nCOMMIT\n...\n';
    expect(parseIptables(text).records.map(record => chains({ records: [record] } as IptablesDump))).toEqual([
      ['A: -A A 1'],
      ['B: -A B 1'],
    ]);
  });

  test('in a listing, too', () => {
    const listing = 'Chain A (1 references)\ntarget prot opt source destination\n';
    const row = 'B  tcp  --  0.0.0.0/0  10.0.0.1\n';
    expect(chains(parseIptables(`${listing}${row}...\n${row}`))).toEqual([
      `A: ${row.trim()}`,
      `A: ${odd}`,
      `A: ${row.trim()}`,
    ]);
  });
});
