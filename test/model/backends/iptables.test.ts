import { describe, expect, test } from '@jest/globals';
import { lowerRule } from '../../../src/model/backends/iptables/rule.ts';
import { iptablesTables, iptablesUnread } from '../../../src/model/backends/iptables.ts';
import type { Expression, KeyPart, NumericField, Operand, Table } from '../../../src/model/rules.ts';
import { parseIptables } from '../../../src/parse/iptables.ts';
import { section } from '../../app/fixture.ts';
import { Random } from '../../oracle/random.ts';
import { fixture } from '../../parse/fixture.ts';

const num = (low: number | bigint, high = low): KeyPart => ({ low: BigInt(low), high: BigInt(high) });
const field = (name: NumericField): Operand => ({ kind: 'field', field: name });
const bits = (name: NumericField, and: number, xor = 0): Operand => ({
  kind: 'bits',
  of: field(name),
  and: BigInt(and),
  xor: BigInt(xor),
  shift: 0,
});
const compare = (left: NumericField | Operand, right: KeyPart[], negated = false): Expression => ({
  kind: 'compare',
  left: typeof left === 'string' ? field(left) : left,
  negated,
  right,
});
const not = (left: NumericField | Operand, ...right: KeyPart[]) => compare(left, right, true);
const is = (left: NumericField | Operand, ...right: KeyPart[]) => compare(left, right);
const device = (name: 'iifname' | 'oifname', text: string, prefix: boolean, negated = false): Expression =>
  compare({ kind: 'interface', field: name }, [{ name: text, prefix }], negated);
const value = (number: number | bigint): Operand => ({ kind: 'value', value: BigInt(number) });
const oneOf = (low: number | bigint, high: number | bigint): Operand => ({
  kind: 'oneOf',
  range: { low: BigInt(low), high: BigInt(high) },
});
const verdict = (kind: 'accept' | 'drop' | 'return'): Expression => ({ kind: 'verdict', verdict: { kind } });
const mark = (operand: Operand, name: 'mark' | 'ctMark' = 'mark'): Expression => ({
  kind: 'set',
  field: name,
  value: operand,
});
const nat = (kind: 'dnat' | 'snat' | 'masquerade' | 'redirect', address: Operand | null, port: Operand | null) =>
  ({ kind: 'nat', nat: kind, address, port }) satisfies Expression;
const tcp = is('l4proto', num(6));
const ip = (text: string): bigint => text.split('.').reduce((all, part) => all * 256n + BigInt(part), 0n);
const all = 0xffffffff;

describe('what a rule means', () => {
  test.each<[string, Expression[]]>([
    ['-p tcp -m tcp --dport 80', [tcp, is('dport', num(80))]],
    ['-p tcp -m tcp ! --dport 80:90', [tcp, not('dport', num(80, 90))]],
    ['-p tcp -m tcp --sport 1024:', [tcp, is('sport', num(1024, 65535))]],
    ['-p tcp --dport 22', [tcp, is('dport', num(22))]],
    ['-p tcp --dport ! 22', [tcp, not('dport', num(22))]],
    ['! -p udp', [not('l4proto', num(17))]],
    ['-p all', []],
    ['-s 10.0.0.0/8', [is('saddr', num(ip('10.0.0.0'), ip('10.255.255.255')))]],
    ['! -d 10.0.0.1/32', [not('daddr', num(ip('10.0.0.1')))]],
    ['-s 10.0.0.0/255.0.255.0', [is(bits('saddr', Number(ip('255.0.255.0'))), num(ip('10.0.0.0')))]],
    ['-i eth+ ! -o lo', [device('iifname', 'eth', true), device('oifname', 'lo', false, true)]],
    ['-i eth3:1', [device('iifname', 'eth3:1', false)]],
    ['-f', [not('fragmentOffset', num(0))]],
    ['! -f', [is('fragmentOffset', num(0))]],
    ['-p icmp -m icmp --icmp-type 8', [is('l4proto', num(1)), is('icmpType', num(8))]],
    ['-p icmp -m icmp --icmp-type any', [is('l4proto', num(1))]],
    ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN', [tcp, is(bits('tcpFlags', 0x17), num(2))]],
    ['-p tcp ! --syn', [tcp, not(bits('tcpFlags', 0x17), num(2))]],
    ['-m mark --mark 0x4000/0x4000', [is(bits('mark', 0x4000), num(0x4000))]],
    ['-m mark ! --mark 0x1', [not('mark', num(1))]],
    ['-m connmark --mark 0x80/0xf0', [is(bits('ctMark', 0xf0), num(0x80))]],
    ['-m conntrack ! --ctstate NEW,DNAT', [{ kind: 'ctState', states: ['new', 'dnat'], negated: true }]],
    ['-m state --state INVALID', [{ kind: 'ctState', states: ['invalid'], negated: false }]],
    ['-m conntrack --ctstatus ASSURED', [not(bits('ctStatus', 4), num(0))]],
    ['-m conntrack --ctdir REPLY', [is('ctDirection', num(1))]],
    ['-m conntrack --ctorigdstport 443', [is('ctOriginalDport', num(443))]],
    [
      '-m addrtype ! --dst-type LOCAL',
      [{ kind: 'addrtype', address: 'daddr', types: ['local'], negated: true, limit: null }],
    ],
    [
      '-m addrtype --src-type LOCAL --limit-iface-in',
      [{ kind: 'addrtype', address: 'saddr', types: ['local'], negated: false, limit: 'iif' }],
    ],
    [
      '-m statistic --mode nth --every 4 --packet 0',
      [{ kind: 'statistic', chance: '1/4', mode: 'nth', negated: false }],
    ],
    [
      '-m recent --rcheck --seconds 10800 --reap --name SEP --mask 255.255.255.255 --rsource',
      [{ kind: 'recent', op: 'rcheck', list: 'SEP', side: 'saddr', seconds: 10800, hits: null, negated: false }],
    ],
    [
      '-m set ! --match-set NETS src,dst ! --update-counters',
      [
        {
          kind: 'ipset',
          set: 'NETS',
          directions: ['src', 'dst'],
          negated: true,
          raw: '-m set ! --match-set NETS src,dst ! --update-counters',
        },
      ],
    ],
    ['-p tcp -m multiport --dports 80,8000:8080', [tcp, is('dport', num(80), num(8000, 8080))]],
    ['-m iprange ! --src-range 10.0.0.1-10.0.0.9', [not('saddr', num(ip('10.0.0.1'), ip('10.0.0.9')))]],
    ['-m owner --uid-owner 0-99', [is('socketUid', num(0, 99))]],
    ['-m physdev ! --physdev-is-in', [{ kind: 'bridged', direction: 'in', negated: true }]],
    ['-m limit --limit 5/min', [{ kind: 'limit', raw: '-m limit --limit 5/min', whenFresh: true }]],
    [
      '-m connlimit --connlimit-above 20',
      [{ kind: 'limit', raw: '-m connlimit --connlimit-above 20', whenFresh: false }],
    ],
    ['-m mac --mac-source 02:00:00:aa:bb:01', [is('etherSaddr', num(0x020000aabb01))]],
    ['-m ttl --ttl-lt 5', [is('ttl', num(0, 4))]],
    ['-m comment --comment "-d 1.2.3.4/32 -j X"', []],
    ['-j RETURN', [verdict('return')]],
    ['-j MINE', [{ kind: 'verdict', verdict: { kind: 'jump', chain: 'MINE' } }]],
    ['-g MINE', [{ kind: 'verdict', verdict: { kind: 'goto', chain: 'MINE' } }]],
    ['-j REJECT', [{ kind: 'reject', rejectWith: 'icmp-port-unreachable' }]],
    ['-j REJECT --reject-with tcp-reset', [{ kind: 'reject', rejectWith: 'tcp-reset' }]],
    ['-j DNAT --to-destination 10.0.0.1', [nat('dnat', value(ip('10.0.0.1')), null)]],
    [
      '-j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90 --random --persistent',
      [nat('dnat', oneOf(ip('10.0.0.1'), ip('10.0.0.9')), oneOf(80, 90))],
    ],
    ['-j DNAT --to-destination :8080', [nat('dnat', null, value(8080))]],
    ['-j SNAT --to-source 10.0.0.1 --random-fully', [{ ...nat('snat', value(ip('10.0.0.1')), null), random: true }]],
    ['-j MASQUERADE --random-fully', [{ ...nat('masquerade', null, null), random: true }]],
    ['-j REDIRECT --to-ports 8080', [nat('redirect', null, value(8080))]],
    ['-j MARK --set-xmark 0x4000/0x4000', [mark(bits('mark', all - 0x4000, 0x4000))]],
    ['-j MARK --set-xmark 0x1/0xffffffff', [mark(value(1))]],
    ['-j MARK --set-mark 0x1/0xf0', [mark(bits('mark', all - 0xf1, 1))]],
    ['-j MARK --or-mark 0x10', [mark(bits('mark', all - 0x10, 0x10))]],
    ['-j MARK --and-mark 0xff', [mark(bits('mark', 0xff))]],
    ['-j MARK --xor-mark 0x3', [mark(bits('mark', all, 3))]],
    ['-j CONNMARK --save-mark', [mark(field('mark'), 'ctMark')]],
    [
      '-j CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0xff',
      [mark({ kind: 'xor', of: [bits('mark', all - 0xf0), bits('ctMark', 0xff)] })],
    ],
    ['-j CT --notrack', [{ kind: 'notrack' }]],
    ['-j CT --zone-orig 6', [{ kind: 'ctZone', zone: 6, direction: 'original' }]],
    [
      '-p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1',
      [tcp, mark(bits('mark', all - 1, 1)), { kind: 'tproxy', port: 15006n, address: 0n }],
    ],
    ['-j LOG --log-prefix "-j DROP"', [{ kind: 'noop', raw: '-j LOG --log-prefix "-j DROP"' }]],
    [
      '-j NFQUEUE --queue-num 3 --queue-bypass',
      [{ kind: 'queue', raw: '-j NFQUEUE --queue-num 3 --queue-bypass', bypass: true }],
    ],
    ['-m u32 --u32 "6&0xFF=1" -j ACCEPT', [{ kind: 'opaque', raw: '-m u32 --u32 "6&0xFF=1"' }, verdict('accept')]],
    ['-m tcp --newer 5', [{ kind: 'opaque', raw: '-m tcp --newer 5' }]],
    ['-j FUTURE --with 1', [{ kind: 'opaqueStatement', raw: '-j FUTURE --with 1' }]],
  ])('%s', (words, expressions) => {
    expect(lowerRule(`-A PREROUTING ${words}`, { family: 'ip', chain: 'PREROUTING' })).toMatchObject({
      expressions,
      unread: null,
    });
  });

  test.each<[string, Expression[]]>([
    ['-d fd00::1/128', [is('daddr', num(0xfd00n * (1n << 112n) + 1n))]],
    ['-p ipv6-icmp -m icmp6 --icmpv6-type 135', [is('l4proto', num(58)), is('icmpType', num(135))]],
    ['-j DNAT --to-destination [fd00::1]:80', [nat('dnat', value(0xfd00n * (1n << 112n) + 1n), value(80))]],
    ['-j SNAT --to-source fd00::1', [nat('snat', value(0xfd00n * (1n << 112n) + 1n), null)]],
    ['-j REJECT', [{ kind: 'reject', rejectWith: 'icmp6-port-unreachable' }]],
  ])('IPv6: %s', (words, expressions) => {
    expect(lowerRule(`-A PREROUTING ${words}`, { family: 'ip6', chain: 'PREROUTING' })).toMatchObject({
      expressions,
      unread: null,
    });
  });

  test('NETMAP maps what the hook says', () => {
    const { expressions } = lowerRule('-A MINE -j NETMAP --to 10.2.0.0/16', { family: 'ip', chain: 'MINE' });
    const network = num(ip('10.2.0.0'), ip('10.2.255.255'));
    expect(expressions).toEqual([{ kind: 'netmap', nat: 'byHook', network }]);
  });

  test('type and code of ICMP are one condition', () => {
    const [, match] = lowerRule('-A A -p icmp -m icmp ! --icmp-type 3/4', { family: 'ip', chain: 'A' }).expressions;
    expect(match).toMatchObject({
      kind: 'lookup',
      negated: true,
      left: { kind: 'concat', of: [field('icmpType'), field('icmpCode')] },
      set: { kind: 'anonymous', set: { elements: [{ key: [num(3), num(4)] }] } },
    });
  });

  test('counters and comments', () => {
    expect(
      lowerRule('[12:3400] -A A -m comment --comment "it\\\'s \\"me\\""', { family: 'ip', chain: 'A' }),
    ).toMatchObject({
      counters: { packets: 12n, bytes: 3400n },
      comment: 'it\'s "me"',
    });
  });
});

describe('probabilities as the kernel keeps and prints them', () => {
  // 11 digits are what iptables-save prints, 10 what kube-proxy writes.
  test.each([
    ['0.33333333349', '1/3'],
    ['0.3333333333', '1/3'],
    ['0.50000000000', '1/2'],
    ['0.20000000019', '1/5'],
    ['0.00999999978', '1/100'],
    ['0.33000000007', '33/100'],
    ['0.75000000000', '3/4'],
    ['1.00000000000', '1'],
    ['0.00000000000', '0'],
  ])('%s is %s', (printed, chance) => {
    const rule = `-A A -m statistic --mode random --probability ${printed}`;
    expect(lowerRule(rule, { family: 'ip', chain: 'A' }).expressions).toEqual([
      { kind: 'statistic', chance, mode: 'random', negated: false },
    ]);
  });

  test('every 1/n of kube-proxy is found again', () => {
    for (let n = 1; n <= 2000; n++) {
      const printed = (Math.round(Number((1 / n).toFixed(10)) * 2 ** 31) / 2 ** 31).toFixed(11);
      const rule = `-A A -m statistic --mode random --probability ${printed}`;
      const [match] = lowerRule(rule, { family: 'ip', chain: 'A' }).expressions;
      expect(match).toMatchObject({ chance: n === 1 ? '1' : `1/${n}` });
    }
  });
});

describe('what cannot be read is opaque and said; the rest of the rule still counts', () => {
  test.each<[string, string, Expression[]]>([
    [
      '-s x.x.x.x/32 -j DROP',
      '"x.x.x.x" is not an address',
      [{ kind: 'opaque', raw: '-s x.x.x.x/32' }, verdict('drop')],
    ],
    [
      '-p tcp -j DNAT [unsupported revision]',
      'the tool could not read it: [unsupported revision]',
      [tcp, { kind: 'opaqueStatement', raw: '-j DNAT [unsupported revision]' }],
    ],
    [
      '-j DNAT --to-destination :0',
      '"0" is not a port',
      [{ kind: 'opaqueStatement', raw: '-j DNAT --to-destination :0' }],
    ],
    [
      '-j DNAT --to-destination 0.0.0.0',
      '"0.0.0.0" is no destination: the tool could not read the rule',
      [{ kind: 'opaqueStatement', raw: '-j DNAT --to-destination 0.0.0.0' }],
    ],
    ['-p tcp -m tcp --dport http', '"http" is not a number', [tcp, { kind: 'opaque', raw: '-m tcp --dport http' }]],
    ['-d fd00::1', 'fd00::1 is of the other family', [{ kind: 'opaque', raw: '-d fd00::1' }]],
    [
      '-m comment --comment "open',
      'a quote that is not closed',
      [
        { kind: 'opaque', raw: '-A A -m comment --comment "open' },
        { kind: 'opaqueStatement', raw: '-A A -m comment --comment "open' },
      ],
    ],
    [
      '-j',
      '-j wants one name',
      [
        { kind: 'opaque', raw: '-A A -j' },
        { kind: 'opaqueStatement', raw: '-A A -j' },
      ],
    ],
  ])('%s', (words, unread, expressions) => {
    expect(lowerRule(`-A A ${words}`, { family: 'ip', chain: 'A' })).toMatchObject({ unread, expressions });
  });

  test('all such lines of a dump, in order', () => {
    const dump = parseIptables('*nat\n-A A -s x.x.x.x/32 -j B\n--\n-A A -j B\n-A A -p nonsense\nCOMMIT\n');
    expect(iptablesUnread(dump, { file: 'f' }).map(({ line }) => line)).toEqual([2, 3, 5]);
  });
});

const saves = ['iptables-legacy', 'iptables-nft', 'ip6tables-legacy', 'ip6tables-nft'];
const tablesOf = (text: string, file = 'f'): Table[] => iptablesTables(parseIptables(text), { file });
const everyRule = (tables: Table[]) =>
  tables.flatMap(table =>
    [...table.chains.values()].flatMap(({ rules }) =>
      Array.from({ length: rules.length }, (_, at) => ({ table, rule: rules.at(at), key: rules.key(at) })),
    ),
  );

describe('every rule that this kernel takes (test/parse/fixtures/iptables)', () => {
  test.each(saves)('%s: read, and only these are opaque', tool => {
    const text = fixture(`iptables/${tool}.save`);
    expect(iptablesUnread(parseIptables(text), { file: 'f' })).toEqual([]);
    const opaque = everyRule(tablesOf(text)).flatMap(({ rule }) =>
      rule.expressions.flatMap(expression =>
        expression.kind === 'opaque' || expression.kind === 'opaqueStatement'
          ? [expression.raw.split(' ', 3).join(' ')]
          : [],
      ),
    );
    const known = [
      ...['-j CT --zone', '-m tcp --tcp-option', '-m conntrack --ctexpire', '-m recent --rcheck', '-m set --match-set'],
      ...['-m connbytes --connbytes', '-m tos --tos', '-m ecn --ecn-tcp-cwr', '-m policy --dir', '-m time --timestart'],
      ...['-m string --string', '-m u32 --u32', '-m bpf --bytecode', '-m cgroup --cgroup', '-m cpu --cpu'],
      ...[
        '-m devgroup --src-group',
        '-m helper --helper',
        '-m realm --realm',
        '-m connlabel --label',
        '-m tcpmss --mss',
      ],
      ...['-m esp --espspi', '-m rt --rt-type', '-m frag --fragid', '-m frag --fragmore', '-m ipv6header --header'],
      ...[
        '-m eui64',
        '-m owner --socket-exists',
        '-j SYNPROXY --sack-perm',
        '-m socket --nowildcard',
        '-j NETMAP --to',
        '-m dccp --dccp-types',
      ],
    ];
    expect(opaque.filter(raw => !known.includes(raw))).toEqual([]);
  });

  test.each(['iptables', 'ip6tables'])('%s: legacy and nft mean the same', tool => {
    const [legacy, nft] = ['legacy', 'nft'].map(flavour =>
      everyRule(tablesOf(fixture(`iptables/${tool}-${flavour}.save`)))
        .map(({ table, rule }) => JSON.stringify([table.name, rule.source.raw, rule.expressions], withBigInts))
        .sort(),
    );
    // libip6t_frag.c of both prints the default identification differently.
    const comparable = (lines: string[] = []) => lines.filter(line => !line.includes('-m frag'));
    expect(comparable(nft)).toEqual(comparable(legacy));
  });

  test.each(saves)('%s: iptables -L says the same or that it does not know', tool => {
    for (const name of ['nat', 'filter', 'mangle']) {
      const saved = tablesOf(fixture(`iptables/${tool}.save`)).find(table => table.name === name);
      const [listed] = tablesOf(fixture(`iptables/${tool}.${name}.listing`));
      let equal = 0;
      for (const [chain, { rules }] of saved?.chains ?? []) {
        const others = listed?.chains.get(chain)?.rules;
        for (let at = 0; at < rules.length; at++) {
          const expressions = others?.at(at).expressions ?? [];
          // ip6tables-nft -L prints nothing for eui64.
          if (expressions.some(({ kind }) => kind.startsWith('opaque')) || /eui64/.test(rules.source(at).raw)) continue;
          expect([rules.source(at).raw, shape(expressions)]).toEqual([
            rules.source(at).raw,
            shape(rules.at(at).expressions),
          ]);
          equal++;
        }
      }
      expect(equal).toBeGreaterThan(name === 'filter' ? 70 : 8);
    }
  });
});

test('iptables -L without -v may hide the interface of a rule that seems to take everything', () => {
  // What iptables-nft 1.8.9 -L -n prints of `-A INPUT -i lo -j ACCEPT` and `-A INPUT -p tcp -j DROP`.
  const text = [
    'Chain INPUT (policy ACCEPT)',
    'target     prot opt source               destination         ',
    'ACCEPT     0    --  0.0.0.0/0            0.0.0.0/0           ',
    'DROP       6    --  0.0.0.0/0            0.0.0.0/0           ',
  ].join('\n');
  const rules = tablesOf(text)[0]?.chains.get('INPUT')?.rules;
  expect(rules?.at(0).expressions).toEqual([
    { kind: 'opaque', raw: '-m listed --as "interfaces, which only -v shows"' },
    verdict('accept'),
  ]);
  expect(rules?.at(1).expressions).toEqual([tcp, verdict('drop')]);
});

/** Without the words that a listing has in its own way. */
const shape = (expressions: readonly Expression[]) =>
  JSON.parse(JSON.stringify(expressions, (key, item) => (key === 'raw' ? undefined : withBigInts(key, item))));

function withBigInts(_: string, item: unknown): unknown {
  return typeof item === 'bigint' ? `${item}n` : item;
}

test.each([
  ...saves.map(tool => [tool, fixture(`iptables/${tool}.counters.save`)] as const),
  ...['nodes/node1/iptables-save.nft', 'nodes/node1/ip6tables-save.nft'].map(path => [path, section(path)] as const),
])('%s: the key of a rule is what its expressions ask for exactly', (_, text) => {
  const exact = (expressions: readonly Expression[], name: NumericField) => {
    const values = expressions.flatMap(expression =>
      expression.kind === 'compare' &&
      expression.left.kind === 'field' &&
      expression.left.field === name &&
      !expression.negated
        ? expression.right
        : [],
    );
    const [only, more] = values;
    return only !== undefined && more === undefined && 'low' in only && only.low === only.high ? only.low : null;
  };
  for (const { rule, key } of everyRule(tablesOf(text))) {
    // Multiport's list of ports is not looked for.
    if (rule.source.raw.includes('multiport') || rule.source.raw.includes('iprange')) continue;
    expect([rule.source.raw, key]).toEqual([
      rule.source.raw,
      {
        daddr: exact(rule.expressions, 'daddr'),
        saddr: exact(rule.expressions, 'saddr'),
        dport: exact(rule.expressions, 'dport'),
      },
    ]);
  }
});

test('whatever a line says, it is lowered without an error (seed 7)', () => {
  const random = new Random(7);
  const lines = saves.flatMap(tool =>
    fixture(`iptables/${tool}.save`)
      .split('\n')
      .filter(line => line.startsWith('-A ')),
  );
  const words = lines.flatMap(line => line.split(' '));
  for (let round = 0; round < 5000; round++) {
    const line = random.pick(lines).split(' ');
    line.splice(random.between(2, line.length), random.between(0, 2), ...random.some(words, random.between(0, 2)));
    const { expressions, unread } = lowerRule(line.join(' '), { family: random.pick(['ip', 'ip6']), chain: 'A' });
    if (unread !== null)
      expect(expressions).toContainEqual(expect.objectContaining({ kind: expect.stringMatching(/^opaque/) }));
  }
});

describe('tables and chains', () => {
  test('built-in chains stand at their hooks, in the kernel’s order', () => {
    const bases = tablesOf(fixture('iptables/iptables-nft.save')).flatMap(({ name, chains }) =>
      [...chains.values()].flatMap(chain =>
        chain.base === null ? [] : [[name, chain.name, chain.base.type, chain.base.priority]],
      ),
    );
    expect(bases).toEqual([
      ...['PREROUTING', 'INPUT', 'FORWARD'].map(chain => ['mangle', chain, 'filter', -150]),
      ['mangle', 'OUTPUT', 'route', -150],
      ['mangle', 'POSTROUTING', 'filter', -150],
      ['raw', 'PREROUTING', 'filter', -300],
      ['raw', 'OUTPUT', 'filter', -300],
      ...['INPUT', 'FORWARD', 'OUTPUT'].map(chain => ['filter', chain, 'filter', 0]),
      ['nat', 'PREROUTING', 'nat', -100],
      ['nat', 'INPUT', 'nat', 100],
      ['nat', 'OUTPUT', 'nat', -100],
      ['nat', 'POSTROUTING', 'nat', 100],
    ]);
  });

  test('where the dump was cut off, what follows is not known', () => {
    const [table] = tablesOf('*nat\n:PREROUTING ACCEPT [0:0]\n:A - [0:0]\n-A PREROUTING -j A\n');
    const rules = table?.chains.get('PREROUTING')?.rules;
    expect(rules?.length).toBe(2);
    expect(rules?.at(1)).toMatchObject({
      source: { line: null },
      expressions: [{ kind: 'opaqueStatement', raw: 'cut off: table nat has no COMMIT' }],
    });
    expect(table?.chains.get('A')?.rules.length).toBe(1);
  });

  test.each([
    ['the caller knows', { backend: 'iptables-legacy', family: 'ip6' } as const, 'iptables-legacy', 'ip6'],
    ['nobody does', {}, 'iptables-nft', 'ip'],
  ])('backend and family where %s', (_, known, backend, family) => {
    const dump = parseIptables('*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n');
    expect(iptablesTables(dump, { ...known, file: 'f' })).toMatchObject([
      { backend, family, guessed: null, file: 'f' },
    ]);
  });
});
