import type { Random } from '../random.ts';
import { addressOrNetwork, interfaces, maskedMarks, portOrRange } from './domain.ts';
import { isSent, type Place, type Weighted } from './iptables-place.ts';

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

function conntrack({ random, domain, table }: Place): string {
  // The addresses of the template that `CT --zone` puts there are not modelled.
  const tuples = table === 'raw' ? [] : ['orig', 'repl'];
  const kind = random.pick(['state', 'state', 'state', 'dir', 'old', 'proto', 'status', ...tuples]);
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

const limits = [
  '-m limit --limit 10000/second --limit-burst 10000',
  '-m hashlimit --hashlimit-upto 10000/second --hashlimit-burst 10000 --hashlimit-mode srcip --hashlimit-name upto',
  '-m hashlimit --hashlimit-above 10000/second --hashlimit-burst 10000 --hashlimit-mode dstip,dstport --hashlimit-name above',
];

/** The sender: all that the oracle sends is root's, by a socket. */
function owner({ random }: Place): string {
  return `-m owner ${not(random)}${random.pick(['--uid-owner 0', '--uid-owner 1000-2000', '--gid-owner 0', '--gid-owner 5', '--socket-exists'])}`;
}

/** Lists are forgotten before each packet, so that a client was not seen before. */
function recent({ random }: Place): string {
  const side = random.once(3) ? '--rdest' : '--rsource';
  const operation = random.pick([
    '--set',
    '--set',
    '--rcheck',
    '--rcheck --seconds 60 --reap',
    '--rcheck --seconds 60 --hitcount 3',
    '--update --seconds 60',
    '--update --seconds 60 --hitcount 2',
    '--remove',
  ]);
  return `-m recent ${not(random)}${operation} --name ${random.pick(['SEEN', 'OTHER'])} ${side}`;
}

/** What a trace does not know of a packet, or does not model. */
function rest({ random, domain, hooks, table }: Place): string {
  const hops = domain.family === 4 ? '-m ttl --ttl' : '-m hl --hl';
  const sockets = ['raw', 'mangle'].includes(table) && hooks.every(hook => hook === 'PREROUTING');
  return random.pick([
    `${hops}-${random.pick(['eq 64', 'gt 10', 'lt 64'])}`,
    `-m length ${not(random)}--length ${random.pick(['0:60', '48', '0:65535'])}`,
    `-m dscp ${not(random)}--dscp 0x00`,
    '-m u32 --u32 "0&0xf0000000=0x40000000"',
    '-m string --string "oracle" --algo bm',
    ...(sockets ? ['-m socket', '-m socket --transparent'] : []),
  ]);
}

/** Matches with their weight. */
export const matches: readonly Weighted[] = [
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
  [1, ({ random }) => random.pick(limits), () => true],
  [2, owner, place => place.flavour.chance && isSent(place)],
  [2, recent, () => true],
  [1, rest, ({ flavour }) => flavour.chance],
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
