import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { UsageError } from '../../src/errors.ts';
import { fixture } from '../parse/fixture.ts';
import { section } from './fixture.ts';

// fixtures/one-host/record.sh: tables of iptables-legacy, iptables-nft and nft at once, as every tool shows them.
const oneHost = (name: string) => ({
  name,
  text: readFileSync(new URL(`fixtures/one-host/${name}`, import.meta.url), 'utf8'),
});

const load = (...names: string[]) => loadRuleFiles(names.map(oneHost), { local: [] });
const given = (text: string, name = 'given') => loadRuleFiles([{ name, text }], { local: [] });

const tables = ({ host }: ReturnType<typeof load>) =>
  host.rules.tables.map(({ backend, family, name, file }) => `${backend} ${family} ${name} ${file}`);

describe('tables', () => {
  const legacy = ['iptables-legacy ip filter iptables-legacy-save.txt'];
  const nat = 'iptables-nft ip nat iptables-nft-save.txt';

  test.each([
    [
      'legacy and nft are live at once',
      ['iptables-legacy-save.txt', 'iptables-nft-save.txt', 'ip6tables-legacy-save.txt'],
      [...legacy, nat, 'iptables-legacy ip6 filter ip6tables-legacy-save.txt'],
    ],
    [
      'what iptables-nft made is taken from its save',
      ['nft.txt', 'iptables-nft-save.txt'],
      [nat, 'nftables inet guard nft.txt'],
    ],
    ['… whichever comes first', ['iptables-nft-save.txt', 'nft.json'], [nat, 'nftables inet guard nft.json']],
    [
      'a legacy table takes no place of nft',
      ['iptables-legacy-save.txt', 'nft.txt'],
      [...legacy, 'nftables ip nat nft.txt', 'nftables inet guard nft.txt'],
    ],
    ['the same file twice', ['iptables-nft-save.txt', 'iptables-nft-save.txt'], [nat]],
  ])('%s', (_, names, expected) => {
    expect(tables(load(...names))).toEqual(expected);
  });

  test('the same table from two files is no news', () => {
    const again = { ...oneHost('iptables-nft-save.txt'), name: 'again' };
    expect(loadRuleFiles([oneHost('iptables-nft-save.txt'), again], { local: [] }).problems).toEqual([]);
  });

  test.each([
    [
      'a table',
      '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n',
      '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -j ACCEPT\nCOMMIT\n',
      'b: table ip filter of iptables-nft stands in a, too: that one is taken',
    ],
    [
      'a chain',
      '-A KUBE-SVC-X -j KUBE-SEP-Y\n',
      '-A KUBE-SVC-X -j KUBE-SEP-Z\n',
      'b: chain KUBE-SVC-X of table ip nat stands in a, too: that one is taken',
    ],
  ])('%s that two files have otherwise is taken once, which is said', (_, first, second, problem) => {
    const files = [
      { name: 'a', text: first },
      { name: 'b', text: second },
    ];
    expect(loadRuleFiles(files, { local: [] }).problems).toEqual([problem]);
  });

  test('what nft cannot show of a table of iptables-nft is said, unless iptables-save was given, too', () => {
    const said =
      ': table ip nat is kept by iptables-nft, and nft does not show all of its rules: give iptables-save of the same moment, too';
    expect(load('nft.txt').problems).toEqual([`nft.txt${said}`]);
    expect(load('nft.json').problems).toEqual([`nft.json${said}`]);
    expect(load('nft.txt', 'iptables-nft-save.txt').problems).toEqual([]);
  });

  test('chains of one table from several greps are put together', () => {
    const grep = (name: string, text: string) => ({ name, text });
    const { host, problems } = loadRuleFiles(
      [
        grep('a', '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-X\n'),
        grep('b', '-A KUBE-SVC-X -j KUBE-SEP-Y\n-A KUBE-SEP-Y -p tcp -j DNAT --to-destination 10.0.0.1:6443\n'),
      ],
      { local: [] },
    );
    expect(problems).toEqual([]);
    expect(host.rules.tables).toHaveLength(1);
    expect([...(host.rules.tables[0]?.chains.values() ?? [])].map(chain => [chain.name, chain.rules.length])).toEqual(
      expect.arrayContaining([
        ['KUBE-SERVICES', 1],
        ['KUBE-SVC-X', 1],
        ['KUBE-SEP-Y', 1],
      ]),
    );
  });

  test.each([
    ['ip6tables.save', 'ip6'],
    ['iptables.save', 'ip'],
    ['/home/ipv6/iptables.save', 'ip'],
  ])('without a sign of the family in it, the name %s tells', (name, family) => {
    expect(given('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n', name).host.rules.tables[0]?.family).toBe(family);
  });
});

describe('the rest of the host', () => {
  test('sets, virtual servers, interfaces, routes, rules, sysctls, connections', () => {
    const { host, problems, notes } = loadRuleFiles(
      [
        ...['ipset.txt', 'addr.txt', 'route.txt', 'rule.txt', 'rule6.txt', 'sysctl.txt'].map(oneHost),
        { name: 'ipvs', text: fixture('guest/ipvs/save.txt') },
        { name: 'conntrack', text: fixture('node/conntrack.txt') },
      ],
      { local: [] },
    );
    expect({ problems, notes }).toEqual({ problems: [], notes: [] });
    expect(host.rules.ipsets.get('NODE-PORTS')?.elements).toHaveLength(1);
    expect(host.rules.ipvs).toHaveLength(18);
    expect(host.addresses).toContainEqual({
      family: 'IPv4',
      address: 0xac1f630bn,
      prefixLength: 24,
      interface: 'eth0',
    });
    expect(host.links?.records.map(({ name }) => name)).toEqual(['lo', 'eth1', 'eth0']);
    expect(host.routes.IPv4?.records.every(({ family }) => family === 'IPv4')).toBe(true);
    expect(host.routes.IPv6?.records.length).toBeGreaterThan(0);
    expect(host.policies.IPv4?.records.map(({ table }) => table)).toEqual(['local', 'main', 'default']);
    expect(host.policies.IPv6?.records.map(({ table }) => table)).toEqual(['local', 'main']);
    expect(host.sysctls.get('net.ipv4.ip_forward')).toMatch(/^[01]$/);
    expect(host.conntrack?.records.length).toBeGreaterThan(0);
  });

  test('what no file says is not known', () => {
    const { host } = load('iptables-nft-save.txt');
    expect(host).toMatchObject({
      addresses: null,
      links: null,
      conntrack: null,
      routes: { IPv4: null, IPv6: null },
      policies: { IPv4: null, IPv6: null },
      rules: { ipvs: null, recent: null },
    });
  });

  test.each([
    ['rule.json', 'IPv4'],
    ['rule6.json', 'IPv6'],
    ['rule.txt', 'IPv4'],
    ['rule6.txt', 'IPv6'],
  ] as const)('%s is of %s', (name, family) => {
    const { IPv4, IPv6 } = load(name).host.policies;
    expect([IPv4 !== null, IPv6 !== null]).toEqual(family === 'IPv4' ? [true, false] : [false, true]);
  });

  test('--local adds to the addresses of ip addr', () => {
    const { host } = loadRuleFiles([oneHost('addr.txt')], { local: ['192.0.2.1', 'fd00::1'] });
    const added = host.addresses?.filter(address => address.interface === null);
    expect(added).toEqual([
      { family: 'IPv4', address: 0xc0000201n, prefixLength: 32, interface: null },
      { family: 'IPv6', address: 0xfd000000000000000000000000000001n, prefixLength: 128, interface: null },
    ]);
    expect(host.addresses?.length).toBeGreaterThan(2);
  });

  test('of two listings of virtual servers, the one that says how it schedules', () => {
    const files = ['stats', 'save', 'rate'].map(name => ({ name, text: fixture(`guest/ipvs/${name}.txt`) }));
    for (const order of [files, files.toReversed()])
      expect(loadRuleFiles(order, { local: [] }).host.rules.ipvs?.[0]?.scheduler).toBe('rr');
  });
});

describe('several outputs in one text, as people paste them', () => {
  const names = [
    'iptables-nft-save.txt',
    'iptables-legacy-save.txt',
    'ip6tables-legacy-save.txt',
    'ipset.txt',
    'addr.txt',
    'route.txt',
    'rule.txt',
    'rule6.txt',
    'sysctl.txt',
  ];
  const apart = load(...names);

  test.each([
    ['one below the other', (_name: string, text: string) => text],
    ['each after its prompt', (name: string, text: string) => `[root@vm01 ~]# ip ${name}\n${text}\n`],
    ['as head prints files', (name: string, text: string) => `==> ${name} <==\n${text}\n`],
    [
      'each after a prompt that a prompt follows',
      (name: string, text: string) => `u@node:~$ sudo cat /tmp/${name}\n${text}u@node:~$ \n`,
    ],
    ['in a shell without name', (name: string, text: string) => `$ sudo ip -4 ${name}\n${text}`],
  ])('%s', (_, paste) => {
    const text = names.map(name => paste(name, oneHost(name).text)).join('');
    const whole = given(text, 'paste');
    expect(whole.problems).toEqual([]);
    expect(whole.summary).toMatchObject({ unread: 0, rules: apart.summary.rules });
    expect(whole.host.addresses).toEqual(apart.host.addresses);
    expect(whole.host.links?.records).toEqual(apart.host.links?.records);
    expect(whole.host.rules.ipsets.size).toBe(apart.host.rules.ipsets.size);
    for (const family of ['IPv4', 'IPv6'] as const) {
      expect(whole.host.routes[family]?.records).toEqual(apart.host.routes[family]?.records);
      expect(whole.host.policies[family]?.records).toEqual(apart.host.policies[family]?.records);
    }
    const shape = ({ host }: typeof whole) =>
      host.rules.tables.map(table => [table.backend, table.family, table.name, table.chains.size]);
    expect(shape(whole)).toEqual(shape(apart));
  });

  test('lines keep their numbers', () => {
    const text = `${oneHost('ipset.txt').text}$ iptables-save\n${oneHost('iptables-nft-save.txt').text}`;
    const { host } = given(text, 'paste');
    const rule = host.rules.tables[0]?.chains.get('KUBE-SVC')?.rules.at(0);
    expect(text.split('\n')[(rule?.source.line ?? 0) - 1]).toBe(rule?.source.raw);
  });

  test('a comment is no prompt', () => {
    const text = oneHost('iptables-nft-save.txt').text.replace(
      '-A KUBE-SVC',
      '# ip addresses of web\n## nft\n-A KUBE-SVC',
    );
    const { host, problems } = given(text, 'paste');
    expect(problems).toEqual([]);
    expect(host.rules.tables.map(({ name, guessed }) => [name, guessed])).toEqual([['nat', null]]);
  });

  test('prose is not lost in silence', () => {
    const { unread, problems } = given(`Here are my rules:\n${oneHost('iptables-nft-save.txt').text}`, 'paste');
    expect(unread).toMatchObject([{ file: 'paste', line: 1, raw: 'Here are my rules:' }]);
    expect(problems).toHaveLength(1);
  });
});

describe('the summary', () => {
  test.each([
    ['iptables-nft-save.txt', { lines: 13, rules: 4, opaque: 0, unread: 0 }],
    ['nft.txt', { lines: 24, rules: 5, unread: 0 }],
  ])('%s', (name, expected) => {
    expect(load(name).summary).toMatchObject(expected);
  });

  test("a real node's rules: every line is read", () => {
    for (const path of ['nodes/node1/iptables-save.nft', 'nodes/node2/iptables-save.legacy', 'nodes/node3/nft.json'])
      expect(given(section(path)).summary).toMatchObject({ opaque: 0, unread: 0 });
  });

  test('what stands for the rules that a cut-off dump lost is not counted', () => {
    const { summary } = given('*nat\n:PREROUTING ACCEPT [0:0]\n:A - [0:0]\n-A PREROUTING -j A\n', 'a.save');
    expect(summary).toEqual({ lines: 4, rules: 1, opaque: 0, unread: 0 });
    const json = oneHost('nft.json').text;
    const cut = given(json.slice(0, json.lastIndexOf('"rule"') - 3), 'nft.json');
    const whole = load('nft.json').summary;
    expect(cut).toMatchObject({ unread: [], summary: { rules: whole.rules - 1, opaque: whole.opaque, unread: 0 } });
    expect(cut.problems).toEqual([
      expect.stringMatching(/^nft\.json: cut off/),
      expect.stringContaining('iptables-nft'),
    ]);
  });

  test('nor is a mark in the place of rules, which is not read', () => {
    const { summary } = given('*nat\n-A A -j B\n[SNIP!]\n-A A -j C\nCOMMIT\n', 'a.save');
    expect(summary).toEqual({ lines: 5, rules: 2, opaque: 0, unread: 1 });
  });

  test('what is not understood is counted, with its file and line, and so is what is not modelled', () => {
    const { summary, unread } = given(
      '*nat\n:PREROUTING ACCEPT [0:0]\nwhatever\n-A PREROUTING -m nosuch --x -j ACCEPT\n-A PREROUTING -s 999.1.1.1 -j ACCEPT\nCOMMIT\n',
      'a.save',
    );
    expect(summary).toEqual({ lines: 6, rules: 2, opaque: 2, unread: 2 });
    expect(unread.map(({ file, line, raw }) => [file, line, raw])).toEqual([
      ['a.save', 3, 'whatever'],
      ['a.save', 5, '-A PREROUTING -s 999.1.1.1 -j ACCEPT'],
    ]);
  });
});

test.each(['iptables-nft-save.txt', 'nft.txt', 'nft.json', 'ipset.txt', 'addr.txt', 'route.txt', 'rule6.json'])(
  '%s saved by a Windows editor says the same',
  name => {
    const { text } = oneHost(name);
    const [unix, windows] = [text, `\uFEFF${text.replaceAll('\n', '\r\n')}`].map(each => given(each, name));
    expect(windows?.summary).toEqual(unix?.summary);
    expect(windows?.problems).toEqual(unix?.problems);
    expect(windows?.host.routes).toEqual(unix?.host.routes);
    expect(windows?.host.addresses).toEqual(unix?.host.addresses);
  },
);

describe('what is wrong is said, and whose fault it is', () => {
  test.each([
    ['bash: nft: command not found\n', 'x is not a dump that is known; it begins with: bash: nft: command not found'],
    ['', 'nothing to read: x: empty: nothing was read from it'],
    ['# nothing\n', 'nothing to read: x: nothing but comments: nothing was read from it'],
  ])('%j is refused', (text, message) => {
    expect(() => given(text, 'x')).toThrow(
      expect.objectContaining({ message, next: expect.stringMatching(/^give the output of iptables-save, /) }),
    );
    expect(() => given(text, 'x')).toThrow(UsageError);
  });

  test('an empty file among others is noted', () => {
    const { notes, problems } = loadRuleFiles([oneHost('ipset.txt'), { name: 'b', text: '' }], { local: [] });
    expect({ notes, problems }).toEqual({ notes: ['b: empty: nothing was read from it'], problems: [] });
  });

  test('an address that is none', () => {
    expect(() => loadRuleFiles([oneHost('ipset.txt')], { local: ['node-1'] })).toThrow(
      new UsageError('bad-address', '"node-1" is no IP address'),
    );
  });

  test.each([
    ['cut off', oneHost('iptables-nft-save.txt').text.slice(0, 300), /^x: .*cut off/],
    ['lossy', oneHost('iptables-L.txt').text, /^x: .*iptables -L leaves options of rules out/],
    ['a line', 'create a hash:ip family inet\nadd a 10.0.0.1\nflush\n', /^x: not understood: line 3: neither "create"/],
    [
      'an entry',
      'create a hash:ip family inet\nadd a 10.0.0\n',
      /^x: not understood: line 2: not an entry of a hash:ip set: add a/,
    ],
  ])('%s', (_, text, problem) => {
    expect(given(text, 'x').problems).toEqual([expect.stringMatching(problem)]);
  });
});
