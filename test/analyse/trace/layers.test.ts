import { describe, test } from '@jest/globals';
import { type Case, check, filter, nat } from './cases.ts';

const nft = (table: string, chain: string, ...rules: string[]) =>
  `table ${table} {\n chain c {\n  ${[chain, ...rules].join('\n  ')}\n }\n}\n`;

const ingress = 'type filter hook ingress device "eth0" priority filter; policy accept;';
const order = (...rules: string[]) =>
  `table ip t {\n${rules.map((rule, at) => ` chain c${at} {\n  type filter hook forward priority 0; policy accept;\n  ${rule}\n }\n`).join('')}}\n`;

describe('chains beside those of IP', () => {
  test.each<[string, Case]>([
    [
      'ingress of the device that it comes in by',
      { rules: [nft('netdev t', ingress, 'tcp dport 80 drop')], packet: { in: 'eth0' }, expected: ['1 drop'] },
    ],
    [
      'ingress of table inet',
      { rules: [nft('inet t', ingress, 'tcp dport 80 drop')], packet: { in: 'eth0' }, expected: ['1 drop'] },
    ],
    [
      'conntrack has not seen a packet there',
      { rules: [nft('netdev t', ingress, 'ct state new drop')], packet: { in: 'eth0' }, expected: ['1 accept'] },
    ],
    [
      'ingress, where the device is not known',
      {
        rules: [nft('netdev t', ingress, 'tcp dport 80 drop')],
        expected: ['? accept {ingress of eth0}', '? drop {ingress of eth0}'],
      },
    ],
    [
      'egress of the device that it goes out by',
      {
        rules: [
          nft('netdev t', 'type filter hook egress device "eth0" priority filter; policy accept;', 'tcp dport 80 drop'),
        ],
        packet: { out: 'eth0' },
        expected: ['1 drop'],
      },
    ],
    [
      'the bridge family, where the device may be on a bridge',
      {
        rules: [nft('bridge t', 'type filter hook forward priority filter; policy accept;', 'tcp dport 80 drop')],
        packet: { in: 'eth0' },
        expected: ['? accept {table bridge t}', '? unknown {table bridge t}'],
      },
    ],
    [
      'a dormant table is not hooked',
      {
        rules: [
          'table ip t {\n flags dormant\n chain c {\n  type filter hook forward priority 0; policy drop;\n }\n}\n',
        ],
        expected: ['1 accept'],
      },
    ],
  ])('%s', (_, one) => check(one));
});

describe('chains of equal priority', () => {
  test.each<[string, Case]>([
    [
      'of one listing: the last runs first, said where it matters',
      {
        rules: [order('meta mark set 1', 'meta mark 1 drop')],
        expected: ['1 accept assumed: ip t c0, ip t c1 were made in this order: the last runs first'],
      },
    ],
    [
      'of one listing, where it does not matter',
      { rules: [order('tcp dport 81 drop', 'udp dport 80 drop')], expected: ['1 accept'] },
    ],
    [
      'of iptables and nftables: nobody knows',
      {
        rules: [filter('-A FORWARD -j MARK --set-xmark 0x1/0xffffffff'), order('meta mark 1 drop')],
        expected: [
          '? accept assumed: the order of ip filter FORWARD, ip t c0 is not known',
          '? drop assumed: the order of ip filter FORWARD, ip t c0 is not known',
        ],
      },
    ],
  ])('%s', (_, one) => check(one));
});

describe('what a part of a dump or a host leaves open', () => {
  test.each<[string, Case]>([
    [
      'what KUBE-MARK-MASQ marks is masqueraded, where POSTROUTING is not in the dump',
      {
        rules: [
          [
            ':KUBE-SERVICES - [0:0]',
            '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A',
            '-A KUBE-SVC-A -j KUBE-MARK-MASQ',
            '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
            '-A KUBE-SVC-A -p tcp -m tcp -j DNAT --to-destination 10.1.0.1:8080',
            '',
          ].join('\n'),
        ],
        packet: { destination: '10.96.0.1' },
        expected: [
          "1 accept → 10.1.0.1:8080 (masquerade) assumed: implied: -A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE; kube-proxy's jumps from the base chains, which the dump lacks",
        ],
      },
    ],
    [
      'routes of a VRF',
      {
        rules: [
          '1000:\tfrom all lookup [l3mdev-table]\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
          'default via 10.0.0.9 dev eth1\n10.0.0.0/24 dev eth0 scope link\n',
        ],
        packet: { in: 'eth0' },
        expected: ['1 accept assumed: ip rule 1000: the packet is of no VRF'],
      },
    ],
  ])('%s', (_, one) => check(one));
});

test('what a packet writes into a set of one table is not in that of another', () =>
  check({
    rules: [
      ['inet a', 'inet b']
        .map(
          (name, at) =>
            `table ${name} {\n set seen {\n  type ipv4_addr\n  flags dynamic\n }\n chain c {\n  type filter hook forward priority ${at}; policy accept;\n  ${at === 0 ? 'add @seen { ip saddr }' : 'ip saddr @seen drop'}\n }\n}\n`,
        )
        .join(''),
    ],
    expected: ['1 accept assumed: not in @seen: a client not seen before'],
  }));

test('IPVS leaves ICMP alone, whatever its mark', () =>
  check({
    rules: ['-A -f 1 -s rr\n-a -f 1 -r 10.1.0.1:0 -m -w 1\n'],
    local: ['10.96.0.1'],
    packet: { destination: '10.96.0.1', protocol: 'icmp', icmpType: 8, mark: '0x1' },
    expected: ['1 accept'],
  }));

test('DNAT to a range of addresses: one of them, nobody knows which', () =>
  check({
    rules: [nat('-A PREROUTING -p tcp -j DNAT --to-destination 10.1.0.1-10.1.0.2')],
    expected: [
      '? accept → 10.1.0.1:80 assumed: one of 10.1.0.1-10.1.0.2',
      '? accept → 10.1.0.2:80 assumed: one of 10.1.0.1-10.1.0.2',
    ],
  }));
