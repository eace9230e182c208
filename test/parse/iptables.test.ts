import { describe, expect, test } from '@jest/globals';
import { parseIptables } from '../../src/parse/iptables.ts';
import type { IptablesDump } from '../../src/parse/iptables-records.ts';
import { type IptablesToken, iptablesTokens, jumpOf, parseIptablesRule } from '../../src/parse/iptables-rule.ts';
import { section } from '../app/fixture.ts';
import { printOf, recordedLayouts } from '../app/layouts.ts';
import { Random } from '../oracle/random.ts';
import { fixture } from './fixture.ts';

// rules.txt, added one by one to the kernel by both tools and printed again (fixtures/iptables/record.sh).
const tools = ['iptables-legacy', 'iptables-nft', 'ip6tables-legacy', 'ip6tables-nft'];
const saves = tools.flatMap(tool => [`${tool}.save`, `${tool}.counters.save`]).map(name => `iptables/${name}`);
const clusterSaves = [
  'nodes/node1/iptables-save.nft',
  'nodes/node1/ip6tables-save.nft',
  'nodes/node2/iptables-save.legacy',
  'nodes/node2/ip6tables-save.legacy',
];

/** Of what projects install; iptables-nft-save printed them. */
const layoutSaves = recordedLayouts.flatMap(name => {
  const text = printOf(name, 'iptables-save.txt');
  return text === null ? [] : [[name, text] as const];
});

interface Found {
  table: string;
  chain: string;
  line: number;
  raw: string;
}

/** Every rule of a dump, in the order of its lines. */
function rulesOf(dump: IptablesDump): Found[] {
  return dump.records
    .flatMap(table =>
      [...table.chains.values()].flatMap(({ name, rules }) =>
        Array.from({ length: rules.length }, (_, at) => ({
          table: table.name,
          chain: name,
          line: rules.line(at),
          raw: rules.raw(at),
        })),
      ),
    )
    .sort((a, b) => a.line - b.line);
}

/** The same, by the plainest means. */
function rulesByHand(text: string): Found[] {
  let table = '';
  return text.split('\n').flatMap((raw, at) => {
    if (raw.startsWith('*')) table = raw.slice(1);
    const chain = /^(?:\[\d+:\d+\] )?-A (\S+)/.exec(raw)?.[1];
    return chain === undefined ? [] : [{ table, chain, line: at + 1, raw }];
  });
}

/** xtables_save_string (libxtables/xtables.c): backslash before quotes and itself. */
const printed = ({ text, quoted }: IptablesToken): string => (quoted ? `"${text.replace(/["\\']/g, '\\$&')}"` : text);

describe.each([
  ...saves.map(name => [name, fixture(name)] as const),
  ...clusterSaves.map(name => [name, section(name)] as const),
  ...layoutSaves,
])('%s', (_, text) => {
  const dump = parseIptables(text);

  test('every line is read, each rule in its table and chain, with its line', () => {
    expect({ unread: dump.unread, problem: dump.problem, lossy: dump.lossy }).toEqual({
      unread: [],
      problem: null,
      lossy: null,
    });
    expect(rulesOf(dump)).toEqual(rulesByHand(text));
    expect(dump.rules).toBeGreaterThan(0);
  });

  test('the words of each rule, printed again, are the line', () => {
    for (const { raw } of rulesByHand(text)) {
      const tokens = iptablesTokens(raw);
      // libxt_nfacct.c prints two spaces.
      const line = raw.replace('--nfacct-name  ', '--nfacct-name ');
      expect(typeof tokens === 'string' ? tokens : tokens.map(printed).join(' ')).toBe(line);
    }
  });

  test('no word of a rule is lost', () => {
    for (const { raw } of rulesByHand(text)) {
      const rule = parseIptablesRule(raw);
      if (typeof rule === 'string') throw new Error(`${rule}: ${raw}`);
      const words = (options: (typeof rule)['options']) =>
        options.flatMap(({ name, negated, values }) => [...(negated ? ['!'] : []), name, ...values]);
      const counters = rule.counters === null ? [] : [`[${rule.counters.join(':')}]`];
      const all = [
        ...counters,
        ...['-A', rule.chain],
        ...words(rule.options),
        ...rule.matches.flatMap(({ name, options }) => ['-m', name, ...words(options)]),
        ...(rule.target === null
          ? []
          : [rule.target.goto ? '-g' : '-j', rule.target.name, ...words(rule.target.options)]),
      ];
      const tokens = iptablesTokens(raw);
      expect(all).toEqual(typeof tokens === 'string' ? [] : tokens.map(token => token.text));
      expect(jumpOf(raw)).toBe(rule.target?.name ?? null);
    }
  });

  test('nothing changes with Windows line ends', () => {
    const dos = parseIptables(text.replaceAll('\n', '\r\n'));
    expect(rulesOf(dos)).toEqual(rulesOf(dump));
    expect(dos.records.map(({ family, backend }) => [family, backend])).toEqual(
      dump.records.map(({ family, backend }) => [family, backend]),
    );
  });
});

describe('what the header says', () => {
  test.each([
    ['iptables/iptables-legacy.save', 'ip', 'iptables-legacy'],
    ['iptables/iptables-nft.save', 'ip', 'iptables-nft'],
    ['iptables/ip6tables-legacy.save', 'ip6', 'iptables-legacy'],
    ['iptables/ip6tables-nft.save', 'ip6', 'iptables-nft'],
  ])('%s', (name, family, backend) => {
    for (const table of parseIptables(fixture(name)).records) expect(table).toMatchObject({ family, backend });
  });

  test('1.8.7 prints the same for both', () => {
    const text = '# Generated by iptables-save v1.8.7 on Sun Nov 22\n*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
    expect(parseIptables(text).records).toMatchObject([{ family: 'ip', backend: null }]);
  });

  test('both families in one text are tables of their own', () => {
    const [ip, ip6] = ['iptables-nft', 'ip6tables-nft'].map(tool => fixture(`iptables/${tool}.save`));
    const names = (text = '') => parseIptables(text).records.map(({ family, name }) => `${family} ${name}`);
    expect(names(`${ip}${ip6}`)).toEqual([...names(ip), ...names(ip6)]);
  });

  test('policies and their counters', () => {
    const [table] = parseIptables('*filter\n:INPUT DROP [12:3400]\n:MINE - [0:0]\nCOMMIT\n').records;
    expect(table?.chains.get('INPUT')).toMatchObject({ policy: 'DROP', counters: [12n, 3400n], line: 2 });
    expect(table?.chains.get('MINE')).toMatchObject({ policy: '-' });
  });
});

describe('what people mail', () => {
  test('separators of grep and marks of what was cut are not read, and said', () => {
    const text = '*nat\n-A PREROUTING -j A\n--\n...\n[SNIP!]\nhello\n-I X -j Y\nCOMMIT\n';
    expect(parseIptables(text).unread.map(({ line, why }) => [line, why])).toEqual([
      [3, 'stands for lines that were left out'],
      [4, 'stands for lines that were left out'],
      [5, 'stands for lines that were left out'],
      [6, 'neither a table, a chain nor a rule'],
      [7, 'neither a table, a chain nor a rule'],
    ]);
  });

  test('a byte order mark and blanks before a line do not matter', () => {
    const text = fixture('iptables/iptables-nft.save');
    const pasted = parseIptables(`\ufeff${text.replace(/^(?=.)/gm, '  ')}`);
    expect(pasted).toMatchObject({ unread: [], problem: null, records: [{ backend: 'iptables-nft' }, {}, {}, {}] });
    expect(rulesOf(pasted).map(({ raw }) => raw.trim())).toEqual(rulesByHand(text).map(({ raw }) => raw));
  });

  test('rules of ebtables are not taken for those of iptables', () => {
    const ours = '# Generated by iptables-nft-save v1.8.9 (nf_tables)\n*filter\n-A INPUT -j DROP\nCOMMIT\n';
    const theirs = '# Generated by ebtables-save v1.0\n*filter\n:INPUT ACCEPT\n-A INPUT -p IPv4 -j DROP\n';
    for (const text of [ours + theirs, theirs + ours]) {
      const dump = parseIptables(text);
      expect(rulesOf(dump).map(({ raw }) => raw)).toEqual(['-A INPUT -j DROP']);
      expect(dump.unread.map(({ why }) => why)).toEqual(Array(3).fill('of ebtables, which is not read'));
    }
  });

  test('warnings in between are no rules', () => {
    const warning = '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them\n';
    const text = fixture('iptables/iptables-nft.save').replaceAll('COMMIT\n', `${warning}COMMIT\n`);
    expect(parseIptables(text)).toMatchObject({ unread: [], problem: null });
  });

  test('a table that iptables-nft cannot show is a problem', () => {
    const text = "# Table `nat' is incompatible, use 'nft' tool.\n*filter\nCOMMIT\n";
    expect(parseIptables(text).problem).toBe("Table `nat' is incompatible, use 'nft' tool.");
  });

  test('chain declarations between rules', () => {
    const dump = parseIptables(
      '*nat\n-A PREROUTING -j A\n:A - [0:0]\n-A A -j B\n:B - [0:0]\n-A PREROUTING -j B\nCOMMIT\n',
    );
    expect(dump.records[0]?.chains.get('PREROUTING')?.rules.length).toBe(2);
    expect([...(dump.records[0]?.chains.keys() ?? [])]).toEqual(['PREROUTING', 'A', 'B']);
  });

  test.each(clusterSaves)('%s without headers and chains: each rule goes back to its table', name => {
    const text = section(name);
    const bare = text.replace(/^(?!(?:\[\d+:\d+\] )?-A ).*$/gm, '');
    const dump = parseIptables(bare);
    expect(rulesOf(dump)).toEqual(rulesByHand(text));
    for (const table of dump.records) expect(table.guessed).toMatch(/guessed/);
  });

  test.each(tools)('iptables -S of %s is that table of iptables-save', tool => {
    const whole = rulesByHand(fixture(`iptables/${tool}.save`));
    for (const table of ['nat', 'filter', 'mangle']) {
      const dump = parseIptables(fixture(`iptables/${tool}.${table}.rules`));
      expect(dump).toMatchObject({
        unread: [],
        problem: null,
        records: [{ name: table, guessed: expect.any(String) }],
      });
      const rules = rulesOf(dump).map(({ raw }) => raw.replace(/ -c \d+ \d+/, ''));
      expect(rules).toEqual(whole.filter(rule => rule.table === table).map(({ raw }) => raw));
    }
  });

  test('two tables of iptables -S in one text', () => {
    const text = fixture('iptables/iptables-nft.nat.rules') + fixture('iptables/iptables-nft.filter.rules');
    expect(parseIptables(text).records.map(({ name }) => name)).toEqual(['nat', 'filter']);
  });

  test('a table that stands twice: the last one, and said', () => {
    const dump = parseIptables('*nat\n-A A -j OLD\nCOMMIT\n*nat\n-A A -j NEW\nCOMMIT\n');
    expect(dump.problem).toBe('table nat stands twice: only the last one is read');
    expect(rulesOf(dump).map(({ raw }) => raw)).toEqual(['-A A -j NEW']);
  });
});

describe('cut off', () => {
  const text =
    '*nat\n:PREROUTING ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A PREROUTING -j A\n-A A -p tcp --dport 8080 -j B\n';

  test('chains from that of the last rule on may lack rules', () => {
    const dump = parseIptables(text);
    expect(dump.problem).toBe('cut off: table nat has no COMMIT');
    expect([...(dump.records[0]?.chains.values() ?? [])].map(({ name, incomplete }) => [name, incomplete])).toEqual([
      ['PREROUTING', null],
      ['A', dump.problem],
      ['B', dump.problem],
    ]);
  });

  test('half a line is not taken for a whole one', () => {
    const dump = parseIptables(text.slice(0, -10));
    expect(dump.records[0]?.chains.get('A')?.rules.damage(0)).toBe('cut off in the middle of the line');
    expect(dump.records[0]?.chains.get('PREROUTING')?.rules.damage(0)).toBeNull();
  });
});

describe('iptables -L', () => {
  test.each(tools)('%s: each rule in its line, said to be lossy', tool => {
    for (const table of ['nat', 'filter', 'mangle']) {
      const text = fixture(`iptables/${tool}.${table}.listing`);
      const dump = parseIptables(text);
      expect(dump).toMatchObject({ unread: [], problem: null, lossy: expect.stringContaining('iptables -L') });
      expect(dump.records.map(({ name }) => name)).toEqual([table]);
      const lines = text.split('\n');
      for (const { line, raw } of rulesOf(dump)) expect(raw).toBe(lines[line - 1]);
      const saved = rulesByHand(fixture(`iptables/${tool}.save`)).filter(rule => rule.table === table);
      expect(rulesOf(dump).map(({ chain }) => chain)).toEqual(saved.map(({ chain }) => chain));
    }
  });

  test('counters that are shortened are left out', () => {
    const text = fixture('iptables/iptables-nft.filter.listing').replaceAll(
      '0 packets, 0 bytes',
      '12M packets, 3G bytes',
    );
    const [table] = parseIptables(text.replace(/^(\d+ +)0 +0 /gm, '$112K 3456K ')).records;
    expect(table?.chains.get('INPUT')).toMatchObject({ policy: 'ACCEPT', counters: null });
    expect(table?.chains.get('INPUT')?.rules.rule(0)).toBe('-A INPUT -p 6 -m tcp --dport 80');
  });

  test('wrapped lines are joined', () => {
    const text = fixture('iptables/iptables-nft.filter.listing');
    const wrapped = text.replace(/ {2,}((?:tcp|udp|mark|ctstate|recent|\/\*) )/g, '\n    $1');
    expect(wrapped).not.toBe(text);
    const words = (dump: IptablesDump) =>
      dump.records.flatMap(({ chains }) =>
        [...chains.values()].flatMap(({ rules }) => Array.from({ length: rules.length }, (_, at) => rules.rule(at))),
      );
    expect(words(parseIptables(wrapped))).toEqual(words(parseIptables(text)));
  });
});

test('whatever comes, nothing is thrown and no rule is lost (seed 4)', () => {
  const random = new Random(4);
  const next = (limit: number) => random.between(0, limit - 1);
  const texts = [
    fixture('iptables/iptables-nft.counters.save'),
    fixture('iptables/iptables-nft.nat.rules'),
    fixture('iptables/ip6tables-legacy.filter.listing'),
  ];
  for (let round = 0; round < 600; round++) {
    const text = texts[round % texts.length] ?? '';
    const at = next(text.length);
    const bytes = String.fromCharCode(...Array.from({ length: 1 + next(3) }, () => next(128)));
    const changed = next(2) === 0 ? text.slice(0, at) : text.slice(0, at) + bytes + text.slice(at + next(4));
    const dump = parseIptables(changed);
    const rules = rulesOf(dump);
    if (!/stands twice/.test(dump.problem ?? '')) expect(rules.length).toBe(dump.rules);
    for (const { raw } of rules) parseIptablesRule(raw);
  }
});
