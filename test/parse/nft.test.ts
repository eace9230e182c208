import { describe, expect, test } from '@jest/globals';
import { nftUnread } from '../../src/model/backends/nftables.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import { printStatement } from '../../src/parse/nft-print.ts';
import type { NftRecord } from '../../src/parse/nft-records.ts';
import { parseNftText } from '../../src/parse/nft-text.ts';
import type { Parsed } from '../../src/parse/records.ts';
import { section } from '../app/fixture.ts';
import { printOf, recordedLayouts } from '../app/layouts.ts';
import { Random } from '../oracle/random.ts';
import { fixture } from './fixture.ts';

/** Of what projects install, beside our own (fixtures/nft/record.sh). */
const installed = recordedLayouts.filter(name => printOf(name, 'nft.json') !== null);
const own = ['everything', 'firewall', 'kube-proxy-1.32', 'kube-proxy-1.35'];
const listings = [...own, ...installed];
const text = (name: string) => printOf(name, 'nft.txt') ?? fixture(`nft/${name}.txt`);
const json = (name: string) => printOf(name, 'nft.json') ?? fixture(`nft/${name}.json`);

/** What both forms must say of a record; where it stands they say differently. */
function facts(record: NftRecord): unknown {
  const { raw, line, ...rest } = { ...record, family: record.family, handle: record.handle };
  return record.kind === 'rule' || record.kind === 'set' ? { kind: record.kind, handle: record.handle } : rest;
}

const keyOf = (record: NftRecord) =>
  `${record.family} ${record.kind === 'table' ? record.name : record.table} ${record.kind} ${record.handle}`;

const order = (records: readonly NftRecord[]) =>
  records.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b))).map(facts);

describe('nft list ruleset, as text and as JSON', () => {
  test.each([...listings, 'iptables'])('%s: read whole, to the same tables, chains, sets and objects', name => {
    const [fromText, fromJson] = [parseNftText(text(name)), parseNftJson(json(name))];
    for (const { problem, unread } of [fromText, fromJson])
      expect({ problem, unread }).toEqual({ problem: null, unread: [] });
    // nft 1.0.6 leaves the device of a netdev chain out of its JSON.
    const devices = (records: NftRecord[]) => records.filter(({ family }) => family !== 'netdev');
    expect(order(devices(fromText.records))).toEqual(order(devices(fromJson.records)));
  });

  test.each(listings)('%s: no rule and no set is unread', name => {
    expect(nftUnread(parseNftText(text(name)).records)).toEqual([]);
    expect(nftUnread(parseNftJson(json(name)).records)).toEqual([]);
  });

  test("a real node's kube-proxy 1.36 is read whole", () => {
    const { records, unread, problem } = parseNftJson(section('nodes/node3/nft.json'));
    expect({ unread, problem, unreadRules: nftUnread(records) }).toEqual({
      unread: [],
      problem: null,
      unreadRules: [],
    });
  });

  test('without handles (no -a) all else is the same', () => {
    const without = parseNftText(fixture('nft/kube-proxy-1.32.plain.txt')).records;
    const bare = (records: NftRecord[]) => records.map(record => ({ ...(facts(record) as object), handle: null }));
    expect(bare(without)).toEqual(bare(parseNftText(text('kube-proxy-1.32')).records));
  });
});

describe('print after parse gives what nft printed', () => {
  /** Each rule's text without its comment; what is printed of a rule. */
  const rules = (records: readonly NftRecord[]) =>
    new Map(records.flatMap(record => (record.kind === 'rule' ? [[keyOf(record), record] as const] : [])));
  // JSON says what a bare reject is.
  const usual = (rule: string) => rule.replace(/ with icmpx? port-unreachable$/, '');

  test.each(listings)('%s', name => {
    const shown = [...rules(parseNftText(text(name)).records)].map(([key, { raw }]) => [
      key,
      usual(raw.replace(/ comment "[^"]*"$/, '')),
    ]);
    for (const records of [parseNftText(text(name)).records, parseNftJson(json(name)).records]) {
      const printed = [...rules(records)].map(([key, rule]) => [
        key,
        usual(
          rule
            .read()
            .statements.map(({ body }) => printStatement(body))
            .join(' '),
        ),
      ]);
      expect(printed.sort()).toEqual(shown.sort());
    }
  });

  test('what it does not know is shown as JSON', () => {
    expect(printStatement({ novelty: { a: 1 } })).toBe('{"novelty":{"a":1}}');
  });
});

describe('a rule stands where it stands', () => {
  test('line, handle, chain and text', () => {
    const source = text('firewall');
    const rules = parseNftText(source).records.filter(record => record.kind === 'rule');
    const lines = source.split('\n');
    expect(rules.map(rule => lines[(rule.line ?? 0) - 1]?.trim())).toEqual(
      rules.map(rule => `${rule.raw} # handle ${rule.handle}`),
    );
    expect(rules[0]).toMatchObject({ family: 'inet', table: 'filter', chain: 'input', handle: 7 });
  });
});

const inChain = (rule: string) => `table ip t {\n\tchain c {\n\t\t${rule}\n\t}\n}\n`;
const statements = (rule: string) => {
  const found = parseNftText(inChain(rule)).records.find(record => record.kind === 'rule');
  return found?.kind === 'rule' ? found.read() : null;
};

describe('text that nft of other versions prints', () => {
  test.each([
    ['bit operators as words', 'meta mark and 0xff == 1', 'meta mark & 0x000000ff == 0x00000001'],
    ['comparisons as words', 'ip ttl lt 3', 'ip ttl < 3'],
    ['… and a hash', 'jhash ct original saddr mod 2 eq 1', 'jhash ct original saddr mod 2 == 1'],
    ['the processor without its word', 'cpu 0', 'meta cpu 0'],
    ['a map key without a space before its colon', 'tcp dport vmap { 80: accept }', 'tcp dport vmap { 80 : accept }'],
    ['ICMP reject with its word', 'reject with icmp type host-unreachable', 'reject with icmp host-unreachable'],
    ['flags as a masked comparison', 'tcp flags & (fin | syn) == syn', 'tcp flags syn / fin,syn'],
    ['two statements on one line', 'counter; ', 'counter'],
  ])('%s', (_, older, newer) => {
    const bodies = (rule: string) =>
      statements(rule)?.statements.map(({ body }) =>
        body['match'] === undefined ? body : { match: flat(body['match']) },
      );
    expect(bodies(older)).toEqual(bodies(newer));
  });

  /** `fin | syn` and `fin,syn` are the same bits. */
  const flat = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replace(/\{"\|":(\["[a-z",]*"\])\}/g, '$1'));
});

test('a type by expressions, as JSON of newer nft has it, is the type of these', () => {
  const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
  const map = {
    family: 'ip',
    name: 'm',
    table: 't',
    type: { typeof: { concat: [payload('ip', 'daddr'), payload('tcp', 'dport')] } },
    handle: 1,
    map: { typeof: { meta: { key: 'mark' } } },
  };
  const [record] = parseNftJson(JSON.stringify({ nftables: [{ map }] })).records;
  expect(record?.kind === 'set' && record.read()).toMatchObject({
    type: ['ipv4_addr', 'inet_service'],
    data: ['mark'],
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a word that nobody knows', 'ip saddr 10.0.0.1 frobnicate 5 accept', 'frobnicate 5 accept'],
    ['a value that is missing', 'tcp dport accept', 'tcp dport accept'],
    [
      'a sign behind a statement, which is then not sure either',
      'counter dnat to 10.0.0.1 = 5',
      'dnat to 10.0.0.1 = 5',
    ],
    ['a comma that is missing', 'tcp dport { 80 90 } accept', 'tcp dport { 80 90 } accept'],
  ])('%s: the rule is known up to there', (_, rule, rest) => {
    const read = statements(`${rule}`);
    expect(read?.problem).not.toBeNull();
    expect(read?.statements.at(-1)).toMatchObject({ body: { unread: rest }, raw: rest });
  });

  test.each([
    ['a line outside tables', 'hello world\n', [{ raw: 'hello world', line: 1, why: 'outside a table' }]],
    ['a prompt before the table', `# nft list ruleset\n${inChain('accept')}`, []],
    [
      'a block without a table',
      'chain x {\n accept\n}\n',
      [{ raw: 'chain x', line: 1, why: 'a block outside a table' }],
    ],
    [
      'an unknown word in a table',
      'table ip t {\n\tnovelty 5\n}\n',
      [{ raw: 'novelty 5', line: 2, why: 'not known in a table' }],
    ],
  ])('%s', (_, source, unread) => {
    expect(parseNftText(source).unread).toEqual(unread);
  });

  test('JSON of something else', () => {
    expect(parseNftJson('{"a": []}').problem).toBe('not a JSON object with an array "nftables"');
  });

  test('an object of JSON without its table', () => {
    const { unread } = parseNftJson('{"nftables": [{"chain": {"family": "ip", "name": "c"}}]}');
    expect(unread).toEqual([
      { raw: '{"chain": {"family": "ip", "name": "c"}}', line: null, why: 'a chain without family, table or name' },
    ]);
  });
});

describe('cut off anywhere', () => {
  const forms: [string, string, (text: string) => Parsed<NftRecord>][] = [
    ['text', text('kube-proxy-1.32'), parseNftText],
    ['JSON', json('kube-proxy-1.32'), parseNftJson],
  ];

  test.each(forms)(
    '%s: said, what is whole is kept, and chains that may have lost rules end in one unread',
    (_, whole, parse) => {
      const all = parse(whole).records;
      // The last line is the closing brace of the table or document.
      for (let at = 200; at < whole.trimEnd().length; at += 97) {
        const { records, problem } = parse(whole.slice(0, at));
        expect({ at, problem }).toEqual({ at, problem: expect.stringMatching(/^cut off/) });
        const [rules, before] = [records, all].map(list => list.filter(record => record.kind === 'rule'));
        const lost = rules?.filter(rule => rule.read().problem === 'cut off') ?? [];
        const kept = rules?.slice(0, rules.length - lost.length).map(({ raw }) => raw);
        expect(kept).toEqual(before?.slice(0, kept?.length).map(({ raw }) => raw));
      }
    },
  );

  test('within a rule: the chain ends in an unread one', () => {
    const whole = inChain('accept\n\t\tdrop');
    const { records, unread } = parseNftText(whole.slice(0, whole.indexOf('op')));
    expect(unread).toEqual([{ raw: 'dr', line: 4, why: 'cut off' }]);
    expect(records.map(({ kind, raw }) => [kind, raw])).toEqual([
      ['table', 'table ip t'],
      ['chain', 'chain ip t c'],
      ['rule', 'accept'],
      ['rule', '(cut off: rules may be missing here)'],
    ]);
  });
});

describe('spoilt text', () => {
  test.each([...own, 'iptables'].flatMap(name => [[`${name}.txt`], [`${name}.json`]]))(
    '%s: 60 mutations, seeded: never throws',
    name => {
      const source = fixture(`nft/${name}`);
      const random = new Random(20);
      for (let round = 0; round < 60; round++) {
        let spoilt = source;
        for (let change = 0; change < 5; change++) {
          const at = random.between(0, spoilt.length);
          const piece = random.pick([
            '',
            '{',
            '}',
            '"',
            '\\',
            '#',
            ':',
            ',',
            '.',
            '@',
            '\n',
            '(',
            '[',
            ']',
            '\u0000',
            ' . ',
            'é',
            '-1',
          ]);
          spoilt = spoilt.slice(0, at) + piece + spoilt.slice(at + random.between(0, 2));
        }
        const { records } = (name.endsWith('json') ? parseNftJson : parseNftText)(spoilt);
        expect(() => nftUnread(records)).not.toThrow();
      }
    },
  );

  test.each([
    ['parentheses', '('.repeat(50_000)],
    ['braces', 'tcp dport {'.repeat(50_000)],
    ['maps', 'ip daddr map { '.repeat(20_000)],
  ])('%s nested out of all measure are unread, not a crash', (_, rule) => {
    expect(statements(rule)?.problem ?? 'cut off').toEqual(expect.any(String));
  });
});
