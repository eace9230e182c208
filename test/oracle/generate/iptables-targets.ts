import type { Random } from '../random.ts';
import { address, type Domain, ports } from './domain.ts';
import { leaves, type Make, type Place, type Weighted } from './iptables-place.ts';

const xmarks = [
  '0x4000/0x4000',
  '0x100/0x100',
  '0x200/0x200',
  '0x10/0xf0',
  '0x0/0xffffffff',
  '0x1/0xffffffff',
  '0x0/0x100',
];

function mark({ random }: Place): string {
  return random.pick([
    `-j MARK --set-xmark ${random.pick(xmarks)}`,
    `-j MARK --set-xmark ${random.pick(xmarks)}`,
    `-j MARK --set-mark ${random.pick(xmarks)}`,
    `-j MARK --or-mark ${random.pick(['0x4000', '0x100', '0x1'])}`,
    `-j MARK --and-mark ${random.pick(['0xffffbfff', '0x4000', '0xff'])}`,
    `-j MARK --xor-mark ${random.pick(['0x4000', '0x100'])}`,
  ]);
}

function connmark({ random }: Place): string {
  return random.pick([
    `-j CONNMARK --set-xmark ${random.pick(xmarks)}`,
    '-j CONNMARK --save-mark',
    '-j CONNMARK --restore-mark',
    '-j CONNMARK --save-mark --nfmask 0x4000 --ctmask 0x4000',
    '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
    '-j CONNMARK --restore-mark --nfmask 0x100 --ctmask 0x1',
  ]);
}

const rejections = {
  4: [
    'icmp-port-unreachable',
    'icmp-net-unreachable',
    'icmp-host-unreachable',
    'icmp-proto-unreachable',
    'icmp-net-prohibited',
    'icmp-host-prohibited',
    'icmp-admin-prohibited',
  ],
  6: [
    'icmp6-port-unreachable',
    'icmp6-no-route',
    'icmp6-adm-prohibited',
    'icmp6-addr-unreachable',
    'icmp6-policy-fail',
    'icmp6-reject-route',
  ],
};

function reject({ random, domain }: Place): string {
  return random.once(3) ? '-j REJECT' : `-j REJECT --reject-with ${random.pick(rejections[domain.family])}`;
}

const withPort = (domain: Domain, to: string, port: string): string =>
  domain.family === 4 ? `${to}:${port}` : `[${to}]:${port}`;

/** Ports can only be rewritten where the protocol has them. */
const needsPorts = (random: Random): string => `-p ${random.pick(['tcp', 'udp', 'sctp'])}`;

function natTarget({ random, domain, hooks }: Place): string {
  const destination = hooks.every(hook => hook === 'PREROUTING' || hook === 'OUTPUT');
  const to = address(random, domain);
  const port = `${random.pick(ports)}`;
  if (destination) {
    return random.pick([
      `-j DNAT --to-destination ${to}`,
      `${needsPorts(random)} -j DNAT --to-destination ${withPort(domain, to, port)}`,
      `${needsPorts(random)} -j DNAT --to-destination ${withPort(domain, to, port)}`,
      `${needsPorts(random)} -j DNAT --to-destination :${port}`,
      '-j REDIRECT',
      `${needsPorts(random)} -j REDIRECT --to-ports ${port}`,
      `-j NETMAP --to ${domain.family === 4 ? '10.2.0.0/24' : 'fd02::/64'}`,
    ]);
  }
  const source = random.pick([...domain.local, ...domain.elsewhere.slice(0, 2)]);
  const changes = [
    `-j SNAT --to-source ${source}`,
    `${needsPorts(random)} -j SNAT --to-source ${withPort(domain, source, '61000-61999')}`,
  ];
  if (hooks.every(hook => hook === 'POSTROUTING')) {
    changes.push(
      '-j MASQUERADE',
      '-j MASQUERADE',
      `-p tcp -j MASQUERADE --to-ports 62000-62999`,
      '-j MASQUERADE --random-fully',
    );
    changes.push(`-j NETMAP --to ${domain.family === 4 ? '10.2.0.0/24' : 'fd02::/64'}`);
  }
  return random.pick(changes);
}

const end =
  (...targets: string[]): Make =>
  ({ random }) =>
    `-j ${random.pick(targets)}`;

/** Targets with their weight. */
export const targets: readonly Weighted[] = [
  [3, end('ACCEPT'), () => true],
  [1, end('DROP'), ({ table }) => table !== 'nat'],
  [2, end('RETURN'), () => true],
  [2, () => '', () => true],
  [1, reject, ({ table }) => table === 'filter'],
  [2, mark, () => true],
  [3, mark, ({ table }) => table === 'mangle'],
  [1, connmark, () => true],
  [1, end('CLASSIFY --set-class 1:2'), place => place.table === 'mangle' && leaves(place)],
  [1, ({ random }) => random.pick(['-j LOG', '-j NFLOG --nflog-group 5 --nflog-prefix "a b"']), () => true],
  [1, end('DSCP --set-dscp 0x0a', 'TOS --set-tos 0x10/0x3f'), ({ table }) => table === 'mangle'],
  [
    1,
    () => '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
    place => place.table === 'mangle' && leaves(place),
  ],
  [
    3,
    ({ random }) => random.pick(['-j CT --notrack', '-j CT --notrack', '-j NOTRACK', '-j CT --zone 7']),
    ({ table }) => table === 'raw',
  ],
  [
    1,
    ({ random }) => `${needsPorts(random).replace('sctp', 'tcp')} -j TPROXY --on-port 15001 --tproxy-mark 0x100/0x100`,
    ({ table, hooks, flavour }) => flavour.chance && table === 'mangle' && hooks.every(hook => hook === 'PREROUTING'),
  ],
  [7, natTarget, ({ table }) => table === 'nat'],
];
