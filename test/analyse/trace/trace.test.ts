import { describe, test } from '@jest/globals';
import { type Case, check, filter, nat } from './cases.ts';

describe('shares', () => {
  test.each<[string, Case]>([
    [
      'random 1/3, then 1/2 of the rest, then the rest, are a third each',
      {
        rules: [
          nat(
            '-A PREROUTING -m statistic --mode random --probability 0.33333333349 -j DNAT --to-destination 10.1.0.1',
            '-A PREROUTING -m statistic --mode random --probability 0.50000000000 -j DNAT --to-destination 10.1.0.2',
            '-A PREROUTING -j DNAT --to-destination 10.1.0.3',
          ),
        ],
        expected: ['1/3 accept → 10.1.0.1:80', '1/3 accept → 10.1.0.2:80', '1/3 accept → 10.1.0.3:80'],
      },
    ],
    [
      'numgen in a map: each number has its part',
      {
        rules: [
          'table ip t {\n chain c {\n type nat hook prerouting priority dstnat;\n dnat to numgen random mod 3 map { 0 : 10.1.0.1, 1-2 : 10.1.0.2 }\n }\n}\n',
        ],
        expected: ['1/3 accept → 10.1.0.1:80', '2/3 accept → 10.1.0.2:80'],
      },
    ],
    [
      'branches that come to the same are one outcome',
      {
        rules: [filter('-A FORWARD -m statistic --mode random --probability 0.25000000000 -j ACCEPT')],
        expected: ['1 accept'],
      },
    ],
  ])('%s', (_, one) => check(one));
});

describe('what is unknown', () => {
  test.each<[string, Case]>([
    [
      'a match that is not modelled leads both ways',
      {
        rules: [filter('-A FORWARD -m u32 --u32 "0x0=0x1" -j DROP')],
        expected: ['? drop {-m u32 --u32 "0x0=0x1"}', '? accept {-m u32 --u32 "0x0=0x1"}'],
      },
    ],
    [
      'both ways to one end: the share is known again',
      {
        rules: [filter('-A FORWARD -m u32 --u32 "0x0=0x1" -j ACCEPT')],
        expected: ['1 accept {-m u32 --u32 "0x0=0x1"}'],
      },
    ],
    [
      'one that only logs does not matter',
      { rules: [filter('-A FORWARD -m u32 --u32 "0x0=0x1" -j LOG')], expected: ['1 accept'] },
    ],
    [
      'what was decided stays decided: ! -o docker0 and then -o docker0 is no way',
      {
        rules: [filter('-A FORWARD ! -o docker0 -j ACCEPT', '-A FORWARD -o docker0 -j ACCEPT', '-A FORWARD -j DROP')],
        expected: ['1 accept {out by not docker0}'],
      },
    ],
    [
      'a target that is not modelled ends in unknown',
      { rules: [filter('-A FORWARD -p tcp -j FOOBAR')], expected: ['1 unknown {-A FORWARD -p tcp -j FOOBAR}'] },
    ],
    [
      'a target with options that is not modelled, too',
      {
        rules: [filter('-A FORWARD -p tcp -j FOOBAR --bar 1')],
        expected: ['1 unknown {-j FOOBAR --bar 1}'],
      },
    ],
    [
      'a rule that cannot be read may match or not',
      {
        rules: [filter('-A FORWARD -j')],
        expected: ['? unknown {-A FORWARD -j}', '? accept {-A FORWARD -j}'],
      },
    ],
    [
      'a set that is not in the dump',
      {
        rules: [filter('-A FORWARD -m set --match-set missing src -j DROP')],
        expected: ['? drop {-m set --match-set missing src}', '? accept {-m set --match-set missing src}'],
      },
    ],
  ])('%s', (_, one) => check(one));
});

describe('what is assumed', () => {
  test.each<[string, Case]>([
    [
      'tokens are left',
      {
        rules: [filter('-A FORWARD -m limit --limit 1/sec -j ACCEPT', '-A FORWARD -j DROP')],
        expected: ['1 accept assumed: tokens left: -m limit --limit 1/sec'],
      },
    ],
    [
      'a client was not seen before',
      {
        rules: [filter('-A FORWARD -m recent --rcheck --seconds 10 --name L --mask 255.255.255.255 --rsource -j DROP')],
        expected: ['1 accept assumed: a client not seen before'],
      },
    ],
    [
      'no rules of a family when the dumps are of the other',
      {
        rules: [filter('-A FORWARD -s 10.0.0.0/8 -j DROP')],
        packet: { source: 'fd00::1', destination: 'fd00::2' },
        expected: ['1 accept assumed: no rules for IPv6: the dumps have none'],
      },
    ],
    [
      'no address is local when none is given',
      { rules: [filter()], local: [], expected: ['1 accept assumed: no local address but loopback'] },
    ],
  ])('%s', (_, one) => check(one));
});

describe('a part of a dump', () => {
  const kube = [
    '*nat',
    ':KUBE-SERVICES - [0:0]',
    ':KUBE-NODEPORTS - [0:0]',
    ':KUBE-SVC-A - [0:0]',
    '-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-A',
    '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A',
    '-A KUBE-SVC-A -p tcp -j DNAT --to-destination 10.1.0.1:8080',
    'COMMIT',
    '',
  ].join('\n');
  test.each<[string, Case]>([
    [
      'PREROUTING → KUBE-SERVICES is implied',
      {
        rules: [kube],
        packet: { destination: '10.96.0.1' },
        expected: ["1 accept → 10.1.0.1:8080 assumed: kube-proxy's jumps from the base chains, which the dump lacks"],
      },
    ],
    [
      'KUBE-SERVICES → KUBE-NODEPORTS is implied, for local destinations',
      {
        rules: [kube],
        packet: { destination: '10.0.0.254', port: 30080 },
        expected: [
          "1 accept → 10.1.0.1:8080 assumed: implied: -A KUBE-SERVICES -j KUBE-NODEPORTS; kube-proxy's jumps from the base chains, which the dump lacks",
        ],
      },
    ],
    [
      'a jump to a chain that is not there ends in unknown',
      {
        rules: [filter('-A FORWARD -j MISSING-CHAIN')],
        expected: ['1 unknown {-A FORWARD -j MISSING-CHAIN}'],
      },
    ],
    [
      'a chain that is cut off ends in unknown',
      {
        rules: ['*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.9.0.0/16 -j DROP\n'],
        expected: ['1 unknown {cut off: table filter has no COMMIT}'],
      },
    ],
    [
      'what KUBE-MARK-DROP marks is dropped where KUBE-FIREWALL is not in the dump',
      {
        rules: [
          nat(
            ':KUBE-MARK-DROP - [0:0]',
            '-A PREROUTING -j KUBE-MARK-DROP',
            '-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000',
          ),
        ],
        expected: ['1 drop assumed: implied: -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP'],
      },
    ],
  ])('%s', (_, one) => check(one));
});

describe('IPVS', () => {
  const servers = (scheduler: string) =>
    [
      `-A -t 10.96.0.1:80 -s ${scheduler}`,
      '-a -t 10.96.0.1:80 -r 10.1.0.1:8080 -m -w 3',
      '-a -t 10.96.0.1:80 -r 10.1.0.2:8080 -m -w 1',
      '-a -t 10.96.0.1:80 -r 10.1.0.3:8080 -m -w 0',
      '-A -t 10.96.0.2:80 -s rr',
      '',
    ].join('\n');
  const local = ['10.96.0.1', '10.96.0.2'];
  test.each<[string, Case]>([
    [
      'rr shares among those that have a weight',
      {
        rules: [servers('rr')],
        packet: { destination: '10.96.0.1' },
        expected: ['1/2 accept → 10.1.0.1:8080', '1/2 accept → 10.1.0.2:8080'],
      },
    ],
    [
      'wrr by weight',
      {
        rules: [servers('wrr')],
        packet: { destination: '10.96.0.1' },
        expected: ['3/4 accept → 10.1.0.1:8080', '1/4 accept → 10.1.0.2:8080'],
      },
    ],
    [
      'sh: any of them, nobody knows which',
      {
        rules: [servers('sh')],
        packet: { destination: '10.96.0.1' },
        expected: ['? accept → 10.1.0.1:8080 assumed: scheduler sh', '? accept → 10.1.0.2:8080 assumed: scheduler sh'],
      },
    ],
    [
      'no server: refused',
      { rules: [servers('rr')], packet: { destination: '10.96.0.2' }, expected: ['1 reject [icmp-port-unreachable]'] },
    ],
    [
      'another port is not balanced',
      { rules: [servers('rr')], packet: { destination: '10.96.0.1', port: 81 }, expected: ['1 accept'] },
    ],
  ])('%s', (_, one) => check({ ...one, local }));
});

describe('a connection that is known decides before the rules do', () => {
  const rules = nat('-A PREROUTING -p udp -j DNAT --to-destination 10.1.0.9', '-A POSTROUTING -j MASQUERADE');
  const entry =
    'udp      17 20 src=10.0.0.1 dst=10.96.0.10 sport=40000 dport=53 src=10.1.0.3 dst=10.0.0.254 sport=5353 dport=1234 mark=0 use=1\n';
  const over =
    'tcp      6 90 TIME_WAIT src=10.0.0.1 dst=10.96.0.10 sport=40000 dport=80 src=10.1.0.3 dst=10.0.0.1 sport=8080 dport=40000 [ASSURED] mark=0 use=1\n';
  test.each<[string, Case]>([
    [
      'the original direction is rewritten as it was',
      {
        rules: [rules, entry],
        packet: { protocol: 'udp', destination: '10.96.0.10', port: 53 },
        expected: ['1 accept → 10.1.0.3:5353 (10.0.0.254)'],
      },
    ],
    [
      'the reply is rewritten back',
      {
        rules: [rules, entry],
        packet: {
          protocol: 'udp',
          source: '10.1.0.3',
          sourcePort: 5353,
          destination: '10.0.0.254',
          port: 1234,
          in: 'eth0',
        },
        expected: ['1 accept → 10.0.0.1:40000 (10.96.0.10)'],
      },
    ],
    [
      'another connection is a new one',
      {
        rules: [rules, entry],
        packet: { protocol: 'udp', destination: '10.96.0.10', port: 53, sourcePort: 40001 },
        expected: ['1 accept → 10.1.0.9:53 (masquerade)'],
      },
    ],
    [
      'a packet that is said to be new is no part of it',
      {
        rules: [rules, entry],
        packet: { protocol: 'udp', destination: '10.96.0.10', port: 53, ctState: 'new' },
        expected: ['1 accept → 10.1.0.9:53 (masquerade)'],
      },
    ],
    [
      'a SYN starts one anew that is over',
      {
        rules: [nat('-A PREROUTING -p tcp -j DNAT --to-destination 10.1.0.9'), over],
        packet: { destination: '10.96.0.10', port: 80 },
        expected: ['1 accept → 10.1.0.9:80'],
      },
    ],
    [
      'an established one that is not in the dump is taken as not rewritten',
      {
        rules: [rules],
        packet: { protocol: 'udp', ctState: 'established' },
        expected: ['1 accept assumed: the connection was not rewritten (no NAT)'],
      },
    ],
  ])('%s', (_, one) => check(one));
});
