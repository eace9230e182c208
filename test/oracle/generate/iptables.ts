import type { Random } from '../random.ts';
import { address, addressOrNetwork, type Domain, interfaces, maskedMarks, portOrRange, ports } from './domain.ts';
import type { Program } from './rule-lines.ts';

/** What a generated rule may use. */
export interface Flavour {
  /** Names of ipsets by their type. */
  sets: Readonly<Record<string, readonly string[]>>;
  /** `statistic` and the like: more than one outcome. */
  chance: boolean;
}

interface Place {
  random: Random;
  domain: Domain;
  table: string;
  /** Base chains from which the rule is reached. */
  hooks: readonly string[];
  flavour: Flavour;
}

const hooksOf: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const not = (random: Random): string => (random.once(4) ? '! ' : '');

const states = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'DNAT', 'SNAT'];
/** ip6tables knows fewer. */
const addressTypes = {
  4: ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE'],
  6: ['LOCAL', 'UNICAST', 'MULTICAST', 'UNREACHABLE'],
};
const icmpTypes = {
  4: ['echo-request', '8/0', 'any', 'echo-reply', '3/3', '13'],
  6: ['echo-request', '128/0', 'echo-reply', '1/4'],
};

/** `-p` with what its match can ask for. */
function protocol({ random, domain }: Place): string {
  const kind = random.pick(['tcp', 'tcp', 'udp', 'udp', 'sctp', 'icmp', 'esp', 'other', 'multiport', 'multiport']);
  if (kind === 'icmp') {
    const [name, option] = domain.family === 4 ? ['icmp', 'icmp'] : ['ipv6-icmp', 'icmp6'];
    if (random.once(2)) return `-p ${name}`;
    const type = domain.family === 4 ? '--icmp-type' : '--icmpv6-type';
    return `-p ${name} -m ${option} ${not(random)}${type} ${random.pick(icmpTypes[domain.family])}`;
  }
  if (kind === 'esp') return `${not(random)}-p esp`;
  if (kind === 'other') return `${not(random)}-p ${random.pick(['tcp', 'udp', 'sctp', '17'])}`;
  if (kind === 'multiport') {
    const list = random
      .some(['53', '80', '443', '1000:8080', '30080', '20000:40000', '8443'], random.between(1, 4))
      .join(',');
    const side = random.pick(['--dports', '--dports', '--sports', '--ports']);
    return `-p ${random.pick(['tcp', 'udp', 'sctp'])} -m multiport ${not(random)}${side} ${list}`;
  }
  const port = random.once(4)
    ? `${not(random)}--sport ${random.pick(['1024:20000', '20001:65535', ':30000'])}`
    : `${not(random)}--dport ${portOrRange(random, ':')}`;
  const flags = kind === 'tcp' && random.once(6) ? ` ${not(random)}--syn` : '';
  return random.once(4) ? `-p ${kind}` : `-p ${kind} -m ${kind} ${port}${flags}`;
}

function addressMatch({ random, domain }: Place, option: string): string {
  const value = addressOrNetwork(random, domain);
  return `${value.endsWith('/0') ? '' : not(random)}${option} ${value}`;
}

function interfaceMatch({ random, hooks }: Place): string {
  const input = hooks.every(hook => ['PREROUTING', 'INPUT', 'FORWARD'].includes(hook));
  const output = hooks.every(hook => ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(hook));
  const options = [...(input ? ['-i'] : []), ...(output ? ['-o'] : []), ...(input || output ? [] : ['-i', '-o'])];
  return `${not(random)}${random.pick(options)} ${random.pick(interfaces)}`;
}

function conntrack({ random, domain }: Place): string {
  const kind = random.pick(['state', 'state', 'state', 'dir', 'orig', 'old', 'repl', 'proto', 'status']);
  if (kind === 'dir') return `-m conntrack --ctdir ${random.pick(['ORIGINAL', 'REPLY'])}`;
  if (kind === 'orig') {
    return random.once(2)
      ? `-m conntrack ${not(random)}--ctorigdst ${addressOrNetwork(random, domain)}`
      : `-m conntrack ${not(random)}--ctorigsrc ${addressOrNetwork(random, domain)}`;
  }
  if (kind === 'repl') return `-m conntrack ${not(random)}--ctreplsrc ${addressOrNetwork(random, domain)}`;
  if (kind === 'proto') return `-m conntrack ${not(random)}--ctproto ${random.pick(['6', '17'])}`;
  if (kind === 'status') {
    return `-m conntrack ${not(random)}--ctstatus ${random.pick(['NONE', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'EXPECTED'])}`;
  }
  const list = random.some(kind === 'old' ? states.slice(0, 5) : states, random.between(1, 3)).join(',');
  return kind === 'old' ? `-m state ${not(random)}--state ${list}` : `-m conntrack ${not(random)}--ctstate ${list}`;
}

function addrtype({ random, domain, hooks }: Place): string {
  const side = random.pick(['--dst-type', '--dst-type', '--src-type']);
  const types = random.some(addressTypes[domain.family], random.once(4) ? 2 : 1).join(',');
  const limit = !random.once(5)
    ? ''
    : hooks.every(hook => ['PREROUTING', 'INPUT'].includes(hook))
      ? ' --limit-iface-in'
      : hooks.every(hook => ['OUTPUT', 'POSTROUTING'].includes(hook))
        ? ' --limit-iface-out'
        : '';
  return `-m addrtype ${not(random)}${side} ${random.once(2) ? 'LOCAL' : types}${limit}`;
}

function physdev({ random, hooks }: Place): string {
  const out = hooks.every(hook => ['FORWARD', 'POSTROUTING'].includes(hook));
  const option = random.pick([
    '--physdev-is-in',
    '--physdev-in veth3',
    '--physdev-in veth+',
    ...(out ? ['--physdev-is-out', '--physdev-out veth4', '--physdev-is-bridged'] : []),
  ]);
  return `-m physdev ${not(random)}${option}`;
}

const setDirections: Readonly<Record<string, readonly string[]>> = {
  'hash:ip': ['src', 'dst'],
  'hash:net': ['src', 'dst'],
  'hash:ip,port': ['dst,dst', 'src,dst', 'dst,src'],
  'hash:net,port': ['dst,dst', 'src,dst'],
  'hash:ip,port,ip': ['dst,dst,src'],
  'hash:ip,port,net': ['dst,dst,src'],
  'hash:net,iface': ['src,src', 'dst,dst'],
  'bitmap:port': ['dst', 'src'],
  'bitmap:ip': ['dst', 'src'],
  'list:set': ['src', 'dst'],
};

function setMatch({ random, flavour }: Place): string {
  const type = random.pick(Object.keys(flavour.sets));
  return `-m set ${not(random)}--match-set ${random.pick(flavour.sets[type] ?? [])} ${random.pick(setDirections[type] ?? ['dst'])}`;
}

function range({ random, domain }: Place): string {
  const side = random.pick(['--src-range', '--dst-range']);
  const limits =
    domain.family === 4
      ? ['10.1.0.0-10.2.0.2', '10.2.0.2-10.4.0.10', '10.4.0.11-203.0.113.9']
      : ['fd01::-fd02::2', 'fd02::2-fd04::10', '2001:db8::-2001:db8:1::'];
  return `-m iprange ${not(random)}${side} ${random.pick(limits)}`;
}

type Make = (place: Place) => string;

/** Matches with their weight. */
const matches: readonly [number, Make, (place: Place) => boolean][] = [
  [6, protocol, () => true],
  [4, place => addressMatch(place, '-s'), () => true],
  [5, place => addressMatch(place, '-d'), () => true],
  [3, interfaceMatch, () => true],
  [4, conntrack, () => true],
  [3, ({ random }) => `-m mark ${not(random)}--mark ${random.pick(maskedMarks)}`, () => true],
  [1, ({ random }) => `-m connmark ${not(random)}--mark ${random.pick(maskedMarks)}`, () => true],
  [3, addrtype, () => true],
  [1, physdev, () => true],
  [2, setMatch, ({ flavour }) => Object.keys(flavour.sets).length > 0],
  [1, range, () => true],
  [
    1,
    ({ random }) => `-m pkttype ${not(random)}--pkt-type ${random.pick(['unicast', 'multicast', 'broadcast'])}`,
    () => true,
  ],
  [1, ({ random }) => `-m comment --comment "${random.pick(['a rule', 'quoted \\"x\\"', "it's"])}"`, () => true],
  [1, () => '-m limit --limit 10000/second --limit-burst 10000', () => true],
  [
    1,
    ({ random }) =>
      `-m rpfilter${random.once(2) ? ' --invert' : ''}${random.once(3) ? ' --loose' : ''}${random.once(3) ? ' --validmark' : ''}`,
    ({ hooks, table }) => ['raw', 'mangle'].includes(table) && hooks.every(hook => hook === 'PREROUTING'),
  ],
  [
    3,
    ({ random }) =>
      `-m statistic --mode random ${not(random)}--probability ${random.pick(['0.5', '0.33333333349', '0.25', '0.2'])}`,
    ({ flavour }) => flavour.chance,
  ],
];

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

const leaves = (hooks: readonly string[]) => hooks.every(hook => ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(hook));

/** Targets with their weight. */
const targets: readonly [number, Make, (place: Place) => boolean][] = [
  [3, end('ACCEPT'), () => true],
  [1, end('DROP'), ({ table }) => table !== 'nat'],
  [2, end('RETURN'), () => true],
  [2, () => '', () => true],
  [1, reject, ({ table }) => table === 'filter'],
  [2, mark, () => true],
  [3, mark, ({ table }) => table === 'mangle'],
  [1, connmark, () => true],
  [1, end('CLASSIFY --set-class 1:2'), ({ table, hooks }) => table === 'mangle' && leaves(hooks)],
  [1, ({ random }) => random.pick(['-j LOG', '-j NFLOG --nflog-group 5 --nflog-prefix "a b"']), () => true],
  [1, end('DSCP --set-dscp 0x0a', 'TOS --set-tos 0x10/0x3f'), ({ table }) => table === 'mangle'],
  [
    1,
    () => '-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
    ({ table, hooks }) => table === 'mangle' && leaves(hooks),
  ],
  [
    3,
    ({ random }) => random.pick(['-j CT --notrack', '-j CT --notrack', '-j NOTRACK', '-j CT --zone 7']),
    ({ table }) => table === 'raw',
  ],
  [7, natTarget, ({ table }) => table === 'nat'],
];

function weighted(place: Place, items: readonly [number, Make, (place: Place) => boolean][]): string {
  const possible = items
    .filter(([, , when]) => when(place))
    .flatMap(([weight, make]) => Array<Make>(weight).fill(make));
  return place.random.pick(possible)(place);
}

/** The parts of matches and target, with one `-p` and one of each `-m`, as the command line wants it. */
function joined(parts: readonly string[]): string | null {
  const text = parts.filter(part => part !== '').join(' ');
  const protocols = [...text.matchAll(/(?:! )?-p (\S+)/g)].map(([whole]) => whole);
  if (new Set(protocols).size > 1 || protocols.length > 1) return null;
  for (const option of ['-s ', '-d ', '-i ', '-o ']) {
    if (text.split(` ${option}`).length + (text.startsWith(option) ? 1 : 0) > 2) return null;
  }
  return text;
}

function rule(place: Place, jumps: readonly string[]): string {
  const { random } = place;
  for (;;) {
    const count = random.pick([0, 1, 1, 1, 2, 2, 3]);
    const target =
      jumps.length > 0 && random.once(3)
        ? `${random.once(4) ? '-g' : '-j'} ${random.pick(jumps)}`
        : weighted(place, targets);
    const text = joined([...Array.from({ length: count }, () => weighted(place, matches)), target]);
    if (text !== null && !(count === 0 && /DROP|REJECT/.test(text))) return text;
  }
}

/** Tables of one family for iptables-restore. */
export function iptablesProgram(random: Random, domain: Domain, backend: 'legacy' | 'nft', flavour: Flavour): Program {
  const text: Program['text'][number][] = [];
  const tables = ['raw', 'mangle', 'nat', 'filter', 'security'].filter(
    table => random.once(table === 'raw' || table === 'security' ? 4 : 1.5) || (table === 'filter' && random.once(2)),
  );
  for (const table of tables) {
    const hooks = hooksOf[table] ?? [];
    // Chains of a base chain's own, so that what is possible at its hook is known; they jump to later ones only.
    const trees = hooks.map(hook => ({
      hook,
      chains: Array.from({ length: random.pick([0, 1, 2, 3]) }, (_, index) => `${hook}-${index + 1}`),
    }));
    const shared = table === 'nat' || random.once(2) ? [] : ['COMMON'];
    text.push(`*${table}`);
    for (const { hook } of trees) {
      text.push(`:${hook} ${table !== 'nat' && random.once(8) ? 'DROP' : 'ACCEPT'} [0:0]`);
    }
    for (const chain of [...trees.flatMap(tree => tree.chains), ...shared]) text.push(`:${chain} - [0:0]`);
    for (const { hook, chains } of trees) {
      for (const [index, chain] of [hook, ...chains].entries()) {
        const place: Place = { random, domain, table, hooks: [hook], flavour };
        const jumps = [...chains.slice(index), ...shared];
        const rules = Array.from({ length: random.between(0, 6) }, () => `-A ${chain} ${rule(place, jumps)}`);
        text.push({ rules });
      }
    }
    for (const chain of shared) {
      const place: Place = { random, domain, table, hooks, flavour };
      text.push({ rules: Array.from({ length: random.between(1, 4) }, () => `-A ${chain} ${rule(place, [])}`) });
    }
    text.push('COMMIT');
  }
  return { loader: `${domain.family === 4 ? 'iptables' : 'ip6tables'}-${backend}`, text };
}
