import { describe, expect, test } from '@jest/globals';
import { isOfIptables, nftTables } from '../../../src/model/backends/nftables.ts';
import type {
  Expression,
  KeyPart,
  Match,
  NamedSet,
  NumericField,
  Operand,
  SetRef,
  Table,
  Verdict,
} from '../../../src/model/rules.ts';
import { parseNftJson } from '../../../src/parse/nft-json.ts';
import { parseNftText } from '../../../src/parse/nft-text.ts';
import { Random } from '../../oracle/random.ts';
import { fixture } from '../../parse/fixture.ts';

const fromText = (text: string) => nftTables(parseNftText(text).records, { file: 'nft' });
const fromJson = (text: string) => nftTables(parseNftJson(text).records, { file: 'nft' });
const listing = (name: string) => fixture(`nft/${name}`);

/** All that a table means, without where it stands and how it was printed. */
function meaning(table: Table): unknown {
  const sets = [...table.sets.values()].map(({ name, type, family, dynamic, elements }) => ({
    name,
    type,
    family,
    dynamic,
    elements,
  }));
  const chains = [...table.chains.values()].map(({ name, base, rules }) => ({
    name,
    base:
      base === null
        ? null
        : { ...base, devices: table.family === 'netdev' ? 'not in the JSON of nft 1.0.6' : base.devices },
    rules: Array.from({ length: rules.length }, (_, at) => ({
      ...rules.at(at),
      key: rules.key(at),
      handle: rules.source(at).handle,
    })),
  }));
  return bare({ ...table, sets, chains });
}

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'source' ? [] : [[key, bare(inner)]])),
  );
}

describe('text and JSON of one rule set', () => {
  test.each(['everything', 'firewall', 'kube-proxy-1.32', 'kube-proxy-1.35'])('%s: mean the same', name => {
    const [text, json] = [fromText(listing(`${name}.txt`)), fromJson(listing(`${name}.json`))];
    expect(text.map(meaning)).toEqual(json.map(meaning));
  });

  test('nothing in the rule sets of kube-proxy and of a firewall is opaque', () => {
    for (const name of ['firewall', 'kube-proxy-1.32', 'kube-proxy-1.35'])
      expect(
        JSON.stringify(fromText(listing(`${name}.txt`)).map(meaning), (_, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        ),
      ).not.toContain('paque');
  });

  test('tables are in the order of the listing, a dormant one says so', () => {
    const tables = fromText(listing('everything.txt'));
    expect(tables.map(({ family, name, dormant }) => [family, name, dormant])).toEqual([
      ['inet', 'everything', false],
      ['ip', 'dorm', true],
      ['netdev', 'nd', false],
      ['bridge', 'br', false],
    ]);
  });
});

const set = `set s { type ipv4_addr; flags dynamic,timeout; }
set t { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90, 1.1.1.1 . 5 } }
set i { type ifname; flags interval; elements = { "eth0", "veth*" } }
map m { type ipv4_addr : ipv4_addr . inet_service; elements = { 1.1.1.1 : 10.0.0.1 . 80 } }
map v { type inet_service : verdict; flags interval; elements = { * : drop, 80 : goto d, 90-99 comment "x" : jump d } }
limit over { rate over 10/second; }
limit under { rate 10/second; }`;

/** The expressions of a rule in a table of a family. */
function lower(rule: string, family = 'ip'): unknown {
  const [table] = fromText(`table ${family} t {\n${set}\nchain d {\n}\nchain c {\n${rule}\n}\n}\n`);
  return table?.chains.get('c')?.rules.at(0).expressions;
}

const exactly = (value: bigint): KeyPart => ({ low: value, high: value });
const from = (low: bigint, high: bigint): KeyPart => ({ low, high });
const name = (text: string, prefix = false): KeyPart => ({ name: text, prefix });
const field = (of: NumericField): Operand => ({ kind: 'field', field: of });
const is = (of: NumericField, ...right: (bigint | KeyPart)[]): Match => ({
  kind: 'compare',
  left: field(of),
  negated: false,
  right: right.map(part => (typeof part === 'bigint' ? exactly(part) : part)),
});
const not = (match: Match): Match => ({ ...match, negated: true }) as Match;
const bits = (of: NumericField, and: bigint, xor = 0n, shift = 0): Operand => ({
  kind: 'bits',
  of: field(of),
  and,
  xor,
  shift,
});
const masked = (of: NumericField, and: bigint, value: bigint): Match => ({
  kind: 'compare',
  left: bits(of, and),
  negated: false,
  right: [exactly(value)],
});
const device = (of: 'iifname' | 'oifname', ...right: KeyPart[]): Match => ({
  kind: 'compare',
  left: { kind: 'interface', field: of },
  negated: false,
  right,
});
const concat = (...fields: NumericField[]): Operand => ({ kind: 'concat', of: fields.map(field) });
const write = (of: NumericField, value: Operand): Expression => ({ kind: 'set', field: of, value });
const value = (number: bigint): Operand => ({ kind: 'value', value: number });
const verdict = (of: Verdict): Expression => ({ kind: 'verdict', verdict: of });
const accept = verdict({ kind: 'accept' });
const named = (of: string): SetRef => ({ kind: 'named', name: of });
const anonymous = (type: string, elements: [KeyPart[], Verdict | KeyPart[] | null][]): SetRef => ({
  kind: 'anonymous',
  set: {
    name: null,
    type,
    family: null,
    dynamic: false,
    elements: elements.map(([key, data]) => ({ key, nomatch: false, data })),
  } as unknown as NamedSet,
});
const states = (...of: (Match & { kind: 'ctState' })['states']): Match => ({
  kind: 'ctState',
  states: of,
  negated: false,
});
const tcp = is('l4proto', 6n);
const ipv4 = is('nfproto', 4n);
const all32 = 0xffff_ffffn;
const [a, b] = [0x0a000001n, 0x0a000002n];

describe('matches', () => {
  test.each<[string, Expression[]]>([
    ['ip saddr 10.0.0.1', [is('saddr', a)]],
    ['ip daddr 10.0.0.0/8', [is('daddr', from(0x0a000000n, 0x0affffffn))]],
    ['ip daddr != { 10.0.0.1, 10.0.0.2-10.0.0.9 }', [not(is('daddr', a, from(b, 0x0a000009n)))]],
    ['tcp dport 80', [tcp, is('dport', 80n)]],
    ['tcp dport != 80', [tcp, not(is('dport', 80n))]],
    ['tcp dport { 22, 80-90 }', [tcp, is('dport', 22n, from(80n, 90n))]],
    ['tcp dport >= 1024', [tcp, is('dport', from(1024n, all32))]],
    ['tcp dport < 1024', [tcp, is('dport', from(0n, 1023n))]],
    ['tcp dport ssh', [tcp, is('dport', 22n)]],
    ['meta l4proto tcp tcp dport 80', [tcp, is('dport', 80n)]],
    ['meta l4proto { tcp, udp } th dport 53', [is('l4proto', 6n, 17n), is('dport', 53n)]],
    ['ip protocol icmp', [is('l4proto', 1n)]],
    ['icmp type { echo-request, 3 }', [is('l4proto', 1n), is('icmpType', 8n, 3n)]],
    ['icmp code port-unreachable', [is('l4proto', 1n), is('icmpCode', 3n)]],
    ['meta pkttype { broadcast, multicast }', [is('pkttype', 1n, 2n)]],
    ['meta skuid { 0, 1000-2000 }', [is('socketUid', 0n, from(1000n, 2000n))]],
    ['meta mark 0x10-0x20', [is('mark', from(16n, 32n))]],
    ['meta mark & 0xff00 == 0x100', [masked('mark', 0xff00n, 0x100n)]],
    ['meta mark & 0x4000 != 0', [not(masked('mark', 0x4000n, 0n))]],
    [
      'meta mark >> 8 == 5',
      [{ kind: 'compare', left: bits('mark', all32, 0n, -8), negated: false, right: [exactly(5n)] }],
    ],
    ['tcp flags syn', [tcp, not(masked('tcpFlags', 2n, 0n))]],
    ['tcp flags ! syn', [tcp, masked('tcpFlags', 2n, 0n)]],
    ['tcp flags == syn', [tcp, is('tcpFlags', 2n)]],
    ['tcp flags syn / syn,ack', [tcp, masked('tcpFlags', 18n, 2n)]],
    ['ip frag-off & 0x1fff != 0', [not(masked('fragmentOffset', 0x1fffn, 0n))]],
    ['ip dscp cs1', [is('dscp', 8n)]],
    ['ether saddr aa:bb:cc:dd:ee:ff', [{ kind: 'opaque', raw: 'ether saddr aa:bb:cc:dd:ee:ff' }]],
    [
      'iifname "eth*" oifname != "docker0"',
      [device('iifname', name('eth', true)), not(device('oifname', name('docker0')))],
    ],
    ['iifname { "a", "b*" }', [device('iifname', name('a'), name('b', true))]],
    ['iifname "odd\\*"', [device('iifname', name('odd*'))]],
    ['iif "lo"', [device('iifname', name('lo'))]],
    ['iif 7', [{ kind: 'opaque', raw: 'iif 7' }]],
    ['ct state established,related', [states('established', 'related')]],
    ['ct state != { new, untracked }', [states('invalid', 'established', 'related')]],
    ['ct state != established,related', [states('invalid', 'established', 'related', 'new', 'untracked')]],
    ['ct state & (established | new) == established', [states('established')]],
    ['ct status dnat,snat', [not(masked('ctStatus', 48n, 0n))]],
    ['ct status ! dnat', [masked('ctStatus', 32n, 0n)]],
    ['ct status != dnat', [not(is('ctStatus', 32n))]],
    ['ct direction reply', [is('ctDirection', 1n)]],
    ['ct mark & 0x1 == 0x1', [masked('ctMark', 1n, 1n)]],
    ['ct original ip daddr 10.0.0.1', [is('ctOriginalDaddr', a)]],
    ['ct reply proto-src 80', [is('ctReplySport', 80n)]],
    ['fib daddr type local', [{ kind: 'addrtype', address: 'daddr', types: ['local'], negated: false, limit: null }]],
    [
      'fib daddr . iif type != { local, broadcast }',
      [{ kind: 'addrtype', address: 'daddr', types: ['local', 'broadcast'], negated: true, limit: 'iif' }],
    ],
    [
      'fib saddr . iif oif missing',
      [
        {
          kind: 'compare',
          left: { kind: 'fib', address: 'saddr', by: ['iif'], result: 'oifname' },
          negated: false,
          right: [name('')],
        },
      ],
    ],
    [
      'fib saddr . mark . iif oif exists',
      [
        {
          kind: 'compare',
          left: { kind: 'fib', address: 'saddr', by: ['iif', 'mark'], result: 'oifname' },
          negated: true,
          right: [name('')],
        },
      ],
    ],
    [
      'fib saddr . iif oif != 0',
      [
        {
          kind: 'compare',
          left: { kind: 'fib', address: 'saddr', by: ['iif'], result: 'oifname' },
          negated: true,
          right: [name('')],
        },
      ],
    ],
    [
      'numgen random mod 10 < 5',
      [
        {
          kind: 'compare',
          left: { kind: 'numgen', mode: 'random', mod: 10, offset: 0 },
          negated: false,
          right: [from(0n, 4n)],
        },
      ],
    ],
    ['meta random & 2147483647 < 715827883', [{ kind: 'statistic', chance: '1/3', mode: 'random', negated: false }]],
    ['socket transparent 1', [{ kind: 'socket', raw: 'socket transparent 1', negated: false }]],
    ['ip saddr @s', [{ kind: 'lookup', left: field('saddr'), negated: false, set: named('s') }]],
    [
      'ip saddr . tcp dport != @t',
      [tcp, { kind: 'lookup', left: concat('saddr', 'dport'), negated: true, set: named('t') }],
    ],
    [
      'ip saddr . tcp dport { 10.0.0.1 . 80-90 }',
      [
        tcp,
        {
          kind: 'lookup',
          left: concat('saddr', 'dport'),
          negated: false,
          set: anonymous('ipv4_addr . inet_service', [[[exactly(a), from(80n, 90n)], null]]),
        },
      ],
    ],
    [
      'limit rate 5/second burst 10 packets',
      [{ kind: 'limit', raw: 'limit rate 5/second burst 10 packets', whenFresh: true }],
    ],
    ['limit rate over 1 mbytes/second', [{ kind: 'limit', raw: 'limit rate over 1 mbytes/second', whenFresh: false }]],
    ['limit name "over"', [{ kind: 'limit', raw: 'limit name "over"', whenFresh: false }]],
    ['limit name "under"', [{ kind: 'limit', raw: 'limit name "under"', whenFresh: true }]],
    ['limit name "gone"', [{ kind: 'opaque', raw: 'limit name "gone"' }]],
    ['quota over 25 mbytes', [{ kind: 'limit', raw: 'quota over 25 mbytes', whenFresh: false }]],
    ['ct count 20', [{ kind: 'limit', raw: 'ct count 20', whenFresh: true }]],
    ['xt match "comment"', [{ kind: 'noop', raw: 'xt match "comment"' }]],
    ['xt match "u32"', [{ kind: 'opaque', raw: 'xt match "u32"' }]],
    ['meta hour "10:00"-"12:00"', [{ kind: 'opaque', raw: 'meta hour "10:00"-"12:00"' }]],
  ])('%s', (rule, expected) => {
    expect(bare(lower(`${rule} accept`))).toEqual(bare([...expected, accept]));
  });

  test.each<[string, Expression[]]>([
    ['ip saddr 10.0.0.1', [ipv4, is('saddr', a)]],
    ['ip6 nexthdr tcp', [is('nfproto', 6n), tcp]],
    ['icmpv6 type echo-request', [is('nfproto', 6n), is('l4proto', 58n), is('icmpType', 128n)]],
    ['meta nfproto ipv4 ip saddr 10.0.0.1', [ipv4, is('saddr', a)]],
    ['meta protocol ip6', [is('nfproto', 6n)]],
    ['meta protocol != arp', [not(is('nfproto', 0x806n))]],
    [
      'ip saddr . tcp dport @t',
      [ipv4, tcp, { kind: 'lookup', left: concat('saddr', 'dport'), negated: false, set: named('t') }],
    ],
  ])('in an inet table, %s', (rule, expected) => {
    expect(bare(lower(`${rule} accept`, 'inet'))).toEqual(bare([...expected, accept]));
  });
});

describe('statements', () => {
  const map = (key: Operand, of: SetRef): Operand => ({ kind: 'map', key, map: of });
  test.each<[string, Expression[]]>([
    ['jump d', [verdict({ kind: 'jump', chain: 'd' })]],
    ['goto ns1/svc1__10.0.0.1/80', [verdict({ kind: 'goto', chain: 'ns1/svc1__10.0.0.1/80' })]],
    ['continue', [verdict({ kind: 'continue' })]],
    ['meta mark set 0x10', [write('mark', value(16n))]],
    ['meta mark set meta mark | 0x4000', [write('mark', bits('mark', all32 & ~0x4000n, 0x4000n))]],
    ['meta mark set meta mark or 0x4000', [write('mark', bits('mark', all32 & ~0x4000n, 0x4000n))]],
    ['meta mark set meta mark ^ 0x10', [write('mark', bits('mark', all32, 16n))]],
    ['meta mark set meta mark & 0xffff0033 | 0x33', [write('mark', bits('mark', 0xffff0000n, 0x33n))]],
    ['meta mark set meta mark << 8', [write('mark', bits('mark', 0xffffffn, 0n, 8))]],
    ['meta mark set ct mark & 0xff', [write('mark', bits('ctMark', 0xffn))]],
    ['ct mark set meta mark', [write('ctMark', field('mark'))]],
    [
      'meta mark set ip saddr map { 10.0.0.1 : 0x1 }',
      [write('mark', map(field('saddr'), anonymous('ipv4_addr', [[[exactly(a)], [exactly(1n)]]])))],
    ],
    [
      'meta mark set numgen inc mod 3 offset 100',
      [write('mark', { kind: 'numgen', mode: 'inc', mod: 3, offset: 100 })],
    ],
    ['ct zone set 5', [{ kind: 'ctZone', zone: 5, direction: null }]],
    ['ct original zone set 6', [{ kind: 'ctZone', zone: 6, direction: 'original' }]],
    ['tcp dport set 8080', [tcp, write('dport', value(8080n))]],
    ['ip ttl set 10', [write('ttl', value(10n))]],
    [
      'ct state vmap { established : accept, new : jump d }',
      [
        {
          kind: 'vmap',
          key: field('ctState'),
          map: anonymous('ct_state', [
            [[exactly(2n)], { kind: 'accept' }],
            [[exactly(8n)], { kind: 'jump', chain: 'd' }],
          ]),
        },
      ],
    ],
    [
      'numgen random mod 2 vmap { 0 : goto d, 1 : goto e }',
      [
        {
          kind: 'vmap',
          key: { kind: 'numgen', mode: 'random', mod: 2, offset: 0 },
          map: anonymous('integer', [
            [[exactly(0n)], { kind: 'goto', chain: 'd' }],
            [[exactly(1n)], { kind: 'goto', chain: 'e' }],
          ]),
        },
      ],
    ],
    [
      'ip daddr . meta l4proto . th dport vmap @v',
      [{ kind: 'vmap', key: concat('daddr', 'l4proto', 'dport'), map: named('v') }],
    ],
    [
      'tcp dport vmap { * : drop, 80 : accept }',
      [
        tcp,
        {
          kind: 'vmap',
          key: field('dport'),
          map: anonymous('inet_service', [
            [[exactly(80n)], { kind: 'accept' }],
            [[from(0n, 65535n)], { kind: 'drop' }],
          ]),
        },
      ],
    ],
    ['dnat to 10.0.0.1', [{ kind: 'nat', nat: 'dnat', address: value(a), port: null }]],
    [
      'tcp dport 80 dnat to 10.0.0.1:8080',
      [tcp, is('dport', 80n), { kind: 'nat', nat: 'dnat', address: value(a), port: value(8080n) }],
    ],
    ['dnat to :80', [{ kind: 'nat', nat: 'dnat', address: null, port: value(80n) }]],
    [
      'snat to 10.0.0.1-10.0.0.2:1000-2000',
      [
        {
          kind: 'nat',
          nat: 'snat',
          address: { kind: 'oneOf', range: { low: a, high: b } },
          port: { kind: 'oneOf', range: { low: 1000n, high: 2000n } },
        },
      ],
    ],
    [
      'dnat to ip saddr map { 10.0.0.1 : 10.0.0.2 }',
      [
        {
          kind: 'nat',
          nat: 'dnat',
          address: map(field('saddr'), anonymous('ipv4_addr', [[[exactly(a)], [exactly(b)]]])),
          port: null,
        },
      ],
    ],
    [
      'dnat to ip daddr map { 10.0.0.1 : 10.0.0.2 }:80',
      [
        {
          kind: 'nat',
          nat: 'dnat',
          address: map(field('daddr'), anonymous('ipv4_addr', [[[exactly(a)], [exactly(b)]]])),
          port: value(80n),
        },
      ],
    ],
    ['dnat ip to ip daddr map @m', [{ kind: 'natTo', nat: 'dnat', to: map(field('daddr'), named('m')) }]],
    [
      'dnat ip addr . port to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 81 }',
      [
        {
          kind: 'natTo',
          nat: 'dnat',
          to: map(
            { kind: 'numgen', mode: 'random', mod: 2, offset: 0 },
            anonymous('integer', [
              [[exactly(0n)], [exactly(a), exactly(80n)]],
              [[exactly(1n)], [exactly(b), exactly(81n)]],
            ]),
          ),
        },
      ],
    ],
    ['snat prefix to 10.0.0.0/24', [{ kind: 'netmap', nat: 'snat', network: { low: 0x0a000000n, high: 0x0a0000ffn } }]],
    ['masquerade fully-random', [{ kind: 'nat', nat: 'masquerade', address: null, port: null, random: true }]],
    [
      'masquerade to :1024-65535',
      [{ kind: 'nat', nat: 'masquerade', address: null, port: { kind: 'oneOf', range: { low: 1024n, high: 65535n } } }],
    ],
    ['redirect to :8080', [{ kind: 'nat', nat: 'redirect', address: null, port: value(8080n) }]],
    ['reject', [{ kind: 'reject', rejectWith: 'icmp-port-unreachable' }]],
    ['reject with tcp reset', [tcp, { kind: 'reject', rejectWith: 'tcp-reset' }]],
    ['reject with icmp prot-unreachable', [{ kind: 'reject', rejectWith: 'icmp-proto-unreachable' }]],
    ['update @s { ip saddr timeout 1h }', [{ kind: 'setUpdate', op: 'update', set: 's', key: field('saddr') }]],
    [
      'add @s { ip saddr limit rate over 3/minute }',
      [
        { kind: 'setUpdate', op: 'add', set: 's', key: field('saddr') },
        { kind: 'limit', raw: 'add @s { ip saddr limit rate over 3/minute }', whenFresh: false },
      ],
    ],
    ['notrack', [{ kind: 'notrack' }]],
    ['queue num 0 bypass', [{ kind: 'queue', raw: 'queue num 0 bypass', bypass: true }]],
    ['queue flags bypass,fanout to 1-3', [{ kind: 'queue', raw: 'queue flags bypass,fanout to 1-3', bypass: true }]],
    [
      'tcp dport 80 tproxy to 127.0.0.1:50080',
      [tcp, is('dport', 80n), { kind: 'tproxy', address: 0x7f000001n, port: 50080n }],
    ],
    ['log prefix "a: " level debug', [{ kind: 'noop', raw: 'log prefix "a: " level debug' }]],
    ['flow add @f', [{ kind: 'noop', raw: 'flow add @f' }]],
    ['tcp option maxseg size set rt mtu', [{ kind: 'noop', raw: 'tcp option maxseg size set rt mtu' }]],
    ['ether saddr set aa:bb:cc:dd:ee:ff', [{ kind: 'noop', raw: 'ether saddr set aa:bb:cc:dd:ee:ff' }]],
    ['meta nftrace set 1', [{ kind: 'noop', raw: 'meta nftrace set 1' }]],
    ['ip ecn set ce', [{ kind: 'noop', raw: 'ip ecn set ce' }]],
    ['@th,0,16 set 80', [{ kind: 'opaqueStatement', raw: '@th,0,16 set 80' }]],
    ['ip frag-off set 0', [{ kind: 'opaqueStatement', raw: 'ip frag-off set 0' }]],
    ['ct helper set "ftp"', [{ kind: 'noop', raw: 'ct helper set "ftp"' }]],
    ['synproxy mss 1460 wscale 7', [{ kind: 'opaqueStatement', raw: 'synproxy mss 1460 wscale 7' }]],
    ['xt target "DNAT"', [{ kind: 'opaqueStatement', raw: 'xt target "DNAT"' }]],
    [
      'ip saddr 10.0.0.1 frobnicate 5 accept',
      [is('saddr', a), { kind: 'opaqueStatement', raw: 'frobnicate 5 accept' }],
    ],
  ])('%s', (rule, expected) => {
    expect(bare(lower(rule))).toEqual(bare(expected));
  });

  test.each<[string, string, Expression[]]>([
    ['inet', 'reject', [{ kind: 'reject', rejectWith: 'icmpx-port-unreachable' }]],
    ['inet', 'reject with icmpx admin-prohibited', [{ kind: 'reject', rejectWith: 'icmpx-admin-prohibited' }]],
    [
      'inet',
      'reject with icmpv6 admin-prohibited',
      [is('nfproto', 6n), { kind: 'reject', rejectWith: 'icmp6-adm-prohibited' }],
    ],
    ['ip6', 'reject', [{ kind: 'reject', rejectWith: 'icmp6-port-unreachable' }]],
    ['inet', 'dnat ip to 10.0.0.1', [ipv4, { kind: 'nat', nat: 'dnat', address: value(a), port: null }]],
    [
      'ip6',
      'dnat to [fd00::1]:80',
      [{ kind: 'nat', nat: 'dnat', address: value((0xfdn << 120n) | 1n), port: value(80n) }],
    ],
  ])('%s: %s', (family, rule, expected) => {
    expect(bare(lower(rule, family))).toEqual(bare(expected));
  });
});

describe('sets', () => {
  const [table] = fromText(`table ip t {\n${set}\n}\n`);

  test('elements: intervals, names, data; the one for all others comes last', () => {
    expect(bare(table?.sets.get('t')?.elements?.map(({ key }) => key))).toEqual([
      [from(0x0a000000n, 0x0affffffn), from(80n, 90n)],
      [exactly(0x01010101n), exactly(5n)],
    ]);
    expect(table?.sets.get('i')?.elements?.map(({ key }) => key)).toEqual([[name('eth0')], [name('veth', true)]]);
    expect(table?.sets.get('m')?.elements?.map(({ data }) => data)).toEqual([[exactly(a), exactly(80n)]]);
    expect(table?.sets.get('v')?.elements?.map(({ key, data }) => [key[0], data])).toEqual([
      [exactly(80n), { kind: 'goto', chain: 'd' }],
      [from(90n, 99n), { kind: 'jump', chain: 'd' }],
      [from(0n, 65535n), { kind: 'drop' }],
    ]);
  });

  test('what comes and goes', () => {
    expect(['s', 't'].map(of => table?.sets.get(of)?.dynamic)).toEqual([true, false]);
  });

  test('a set that rules change is dynamic, though the JSON of nft 1.0.6 does not say so', () => {
    const tables = fromJson(listing('firewall.json'));
    expect(tables[0]?.sets.get('tried')?.dynamic).toBe(true);
  });

  test.each([
    ['kube-proxy-1.32.terse.txt', fromText],
    ['kube-proxy-1.32.terse.json', fromJson],
  ])('%s, by nft -t: what is in the sets is not known', (file, read) => {
    const [kubeProxy] = read(listing(file));
    expect([...(kubeProxy?.sets.values() ?? [])].map(({ elements }) => elements)).toEqual(Array(8).fill(null));
  });

  test('a set that is empty in a whole dump is empty', () => {
    const [kubeProxy] = fromText(listing('kube-proxy-1.32.txt'));
    expect(kubeProxy?.sets.get('no-endpoint-nodeports')?.elements).toEqual([]);
  });

  test('an element that cannot be read leaves the set unknown', () => {
    const [odd] = fromText('table ip t {\nset s {\ntype ipv4_addr\nelements = { 10.0.0.1, no-address }\n}\n}\n');
    expect(odd?.sets.get('s')?.elements).toBeNull();
  });
});

describe('keys for indexes', () => {
  const key = (rule: string) => {
    const [table] = fromText(`table ip t {\nchain c {\n${rule}\n}\n}\n`);
    return table?.chains.get('c')?.rules.key(0);
  };
  test.each([
    ['ip daddr 10.0.0.1 tcp dport 80 accept', { daddr: a, saddr: null, dport: 80n }],
    ['ip saddr 10.0.0.1 counter ip daddr != 10.0.0.2 accept', { daddr: null, saddr: a, dport: null }],
    ['ip daddr { 10.0.0.1, 10.0.0.2 } accept', { daddr: null, saddr: null, dport: null }],
    ['meta mark set 1 ip daddr 10.0.0.1 accept', { daddr: null, saddr: null, dport: null }],
  ])('%s', (rule, expected) => {
    expect(key(rule)).toEqual(expected);
  });
});

test.each([
  ['iptables', true],
  ['kube-proxy-1.32', false],
  ['firewall', false],
])('a table of iptables-nft is known: %s', (file, expected) => {
  const { records } = parseNftText(listing(`${file}.txt`));
  const found = records.flatMap(record => (record.kind === 'table' ? [isOfIptables(record, records)] : []));
  expect(found).toEqual(found.map(() => expected));
});

test("nft's own warning says so too", () => {
  const { records } = parseNftText(
    '# Warning: table ip nat is managed by iptables-nft, do not touch!\ntable ip nat {\n}\n',
  );
  expect(records.map(record => record.kind === 'table' && isOfIptables(record, records))).toEqual([true]);
});

test.each(['everything.txt', 'everything.json', 'firewall.txt', 'kube-proxy-1.32.json'])(
  '%s, spoilt 40 times, seeded: lowers without throwing',
  file => {
    const random = new Random(7);
    const whole = listing(file);
    for (let round = 0; round < 40; round++) {
      let spoilt = whole;
      for (let change = 0; change < 20; change++) {
        const at = random.between(0, spoilt.length);
        const piece = random.pick([
          '',
          '0',
          'x',
          ' . ',
          ' : ',
          '-',
          '/',
          '*',
          ',',
          '{ ',
          ' }',
          '"',
          '@',
          '!= ',
          'null',
          '[]',
          '{}',
          '-1',
          '1e9',
        ]);
        spoilt = spoilt.slice(0, at) + piece + spoilt.slice(at + random.between(0, 2));
      }
      expect(() => (file.endsWith('json') ? fromJson : fromText)(spoilt).map(meaning)).not.toThrow();
    }
  },
);
