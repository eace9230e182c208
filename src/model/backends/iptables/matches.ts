import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import type { AddressType, Expression, InterfaceField, KeyPart, Match, NumericField } from '../../rules.ts';
import { conntrack, states } from './conntrack.ts';
import { byOption, hasOnly, type Lowering, optionOf } from './extension.ts';
import { icmpType, protocolNumber } from './names.ts';
import { chance } from './probability.ts';
import {
  address,
  allBits,
  allOnes,
  compare,
  exactly,
  fieldOf,
  type IpFamily,
  integer,
  interval,
  Malformed,
  networkRange,
  only,
  underMask,
  valueAndMask,
} from './values.ts';

/** A device name; `+` at its end stands for any rest. */
export function onInterface(field: InterfaceField, option: IptablesOption): Match {
  const name = only(option);
  const prefix = name.endsWith('+');
  const right = { name: prefix ? name.slice(0, -1) : name, prefix };
  return { kind: 'compare', left: { kind: 'interface', field }, negated: option.negated, right: [right] };
}

const port = (field: NumericField) => (option: IptablesOption) =>
  compare(field, option.negated, interval(only(option), ':', 0xffffn));

const ports = {
  '--sport': port('sport'),
  '--source-port': port('sport'),
  '--dport': port('dport'),
  '--destination-port': port('dport'),
};

const tcpFlagBits: Readonly<Record<string, bigint>> = {
  FIN: 1n,
  SYN: 2n,
  RST: 4n,
  PSH: 8n,
  ACK: 16n,
  URG: 32n,
  ALL: 63n,
  NONE: 0n,
};

function tcpFlags(mask: string, set: string, negated: boolean): Match {
  const bits = (text: string): bigint =>
    text.split(',').reduce((all, name) => {
      const bit = /^0x[0-9a-f]+$/i.test(name) ? BigInt(name) : tcpFlagBits[name];
      if (bit === undefined) throw new Malformed(`"${name}" is not a TCP flag`);
      return all | bit;
    }, 0n);
  return compare(underMask('tcpFlags', bits(mask), 0xffn), negated, exactly(bits(set)));
}

/** Type and code are one condition, so a negation is of both together. `any` is every type. */
function ofIcmpType(option: IptablesOption, family: IpFamily): Expression[] {
  const text = only(option);
  if (text === 'any' || text === '255')
    return option.negated ? [compare('icmpType', true, { low: 0n, high: 255n })] : [];
  const found = icmpType(text, family);
  if (found === null) throw new Malformed(`"${text}" is not an ICMP type`);
  const { type, code } = found;
  if (code === null) return [compare('icmpType', option.negated, exactly(type))];
  return [inEither(['icmpType', 'icmpCode'], [[exactly(type), exactly(code)]], option.negated)];
}

/** A condition on two fields at once, as a set of pairs. */
function inEither(fields: readonly NumericField[], keys: readonly (readonly KeyPart[])[], negated: boolean): Match {
  const source = { file: '', line: null, handle: null, raw: '' };
  const elements = keys.map(key => ({ key, nomatch: false, data: null, source }));
  const set = { name: null, type: fields.join(' . '), family: null, elements, dynamic: false, source };
  const left = { kind: 'concat' as const, of: fields.map(fieldOf) };
  return { kind: 'lookup', left, negated, set: { kind: 'anonymous', set } };
}

const portList = (option: IptablesOption) =>
  only(option)
    .split(',')
    .map(text => interval(text, ':', 0xffffn));
const anyPort = { low: 0n, high: 0xffffn };

const someOfPorts = (field: NumericField) => (option: IptablesOption) =>
  compare(field, option.negated, ...portList(option));

const eitherPort = (option: IptablesOption): Match => {
  const keys = portList(option).flatMap(range => [
    [range, anyPort],
    [anyPort, range],
  ]);
  return inEither(['sport', 'dport'], keys, option.negated);
};

const mark = (field: NumericField) => (option: IptablesOption) => {
  const { value, mask } = valueAndMask(only(option));
  return compare(underMask(field, mask, allOnes), option.negated, exactly(value));
};

const addressRange = (field: NumericField) => (option: IptablesOption, family: IpFamily) => {
  const [low = '', high = low] = only(option).split('-');
  return compare(field, option.negated, { low: address(low, family), high: address(high, family) });
};

const addressTypes: Readonly<Record<string, AddressType>> = {
  UNSPEC: 'unspec',
  UNICAST: 'unicast',
  LOCAL: 'local',
  BROADCAST: 'broadcast',
  ANYCAST: 'anycast',
  MULTICAST: 'multicast',
  BLACKHOLE: 'blackhole',
  UNREACHABLE: 'unreachable',
  PROHIBIT: 'prohibit',
};

const addrtype: Lowering = extension => {
  if (!hasOnly(extension, '--src-type', '--dst-type', '--limit-iface-in', '--limit-iface-out')) return null;
  const limit = optionOf(extension, '--limit-iface-in')
    ? 'iif'
    : optionOf(extension, '--limit-iface-out')
      ? 'oif'
      : null;
  const tested = extension.options.filter(({ name }) => name.endsWith('-type'));
  const lowered = tested.map((option): Match | null => {
    const types = only(option)
      .split(',')
      .map(name => addressTypes[name]);
    const known = types.filter(type => type !== undefined);
    const side = option.name === '--src-type' ? 'saddr' : 'daddr';
    if (known.length < types.length) return null;
    return { kind: 'addrtype', address: side, types: known, negated: option.negated, limit };
  });
  return lowered.includes(null) ? null : lowered.filter(match => match !== null);
};

const statistic: Lowering = extension => {
  const mode = optionOf(extension, '--mode')?.values[0];
  const share = optionOf(extension, '--probability');
  const every = optionOf(extension, '--every');
  if (mode === 'random' && share !== undefined && hasOnly(extension, '--mode', '--probability')) {
    return [{ kind: 'statistic', chance: chance(only(share)), mode, negated: share.negated }];
  }
  if (mode === 'nth' && every !== undefined && hasOnly(extension, '--mode', '--every', '--packet')) {
    const nth = integer(only(every));
    return nth === 0n ? null : [{ kind: 'statistic', chance: `1/${nth}`, mode, negated: every.negated }];
  }
  return null;
};

const recentOps = { '--set': 'set', '--rcheck': 'rcheck', '--update': 'update', '--remove': 'remove' } as const;
const recentOptions = ['--name', '--seconds', '--hitcount', '--reap', '--rsource', '--rdest', '--mask'];

/** `--rttl`, or a mask that joins addresses, is not modelled. */
const recent: Lowering = (extension, { family }) => {
  const ops = extension.options.flatMap(option => {
    const name = Object.keys(recentOps).find(key => key === option.name) as keyof typeof recentOps | undefined;
    return name === undefined ? [] : [{ op: recentOps[name], negated: option.negated }];
  });
  const [found] = ops;
  if (found === undefined || ops.length > 1 || !hasOnly(extension, ...Object.keys(recentOps), ...recentOptions))
    return null;
  const number = (name: string): number | null => {
    const option = optionOf(extension, name);
    return option === undefined ? null : Number(integer(only(option)));
  };
  const mask = optionOf(extension, '--mask');
  if (mask !== undefined && address(only(mask), family) !== allBits(family)) return null;
  const list = optionOf(extension, '--name');
  const side = optionOf(extension, '--rdest') === undefined ? 'saddr' : 'daddr';
  const limits = { seconds: number('--seconds'), hits: number('--hitcount') };
  return [{ kind: 'recent', ...found, list: list === undefined ? 'DEFAULT' : only(list), side, ...limits }];
};

/** Options that only say what is counted; those that compare counters, or turn `nomatch` round, are not modelled. */
const set: Lowering = extension => {
  const found = optionOf(extension, '--match-set') ?? optionOf(extension, '--set');
  const [name, flags, more] = found?.values ?? [];
  if (found === undefined || name === undefined || flags === undefined || more !== undefined) return null;
  if (!hasOnly(extension, found.name, '--update-counters', '--update-subcounters')) return null;
  const directions = flags.split(',').map(flag => (flag === 'src' || flag === 'dst' ? flag : null));
  if (directions.includes(null)) throw new Malformed(`"${flags}" are not src and dst`);
  const known = directions.filter(direction => direction !== null);
  return [{ kind: 'ipset', set: name, directions: known, negated: found.negated, raw: extension.raw }];
};

const bridged = (direction: 'in' | 'out' | 'both') => (option: IptablesOption) =>
  ({ kind: 'bridged', direction, negated: option.negated }) as const;

const fresh = (whenFresh: boolean) => (): Lowering => extension => [{ kind: 'limit', raw: extension.raw, whenFresh }];

const hashlimit: Lowering = extension => {
  const above = optionOf(extension, '--hashlimit-above');
  return [{ kind: 'limit', raw: extension.raw, whenFresh: above === undefined }];
};

/** The packet's own connection counts. */
const connlimit: Lowering = extension => {
  const upto = optionOf(extension, '--connlimit-upto');
  const above = optionOf(extension, '--connlimit-above');
  const option = upto ?? above;
  if (option === undefined) return null;
  const over = integer(only(option)) < 1n;
  return [{ kind: 'limit', raw: extension.raw, whenFresh: (upto === undefined) === (over !== option.negated) }];
};

const quota: Lowering = extension => {
  const option = optionOf(extension, '--quota');
  if (option === undefined) return null;
  return [{ kind: 'limit', raw: extension.raw, whenFresh: integer(only(option)) > 0n !== option.negated }];
};

const rpfilter: Lowering = extension => {
  const has = (name: string): boolean => optionOf(extension, name) !== undefined;
  if (!hasOnly(extension, '--loose', '--validmark', '--accept-local', '--invert')) return null;
  const flags = { loose: has('--loose'), validMark: has('--validmark'), acceptLocal: has('--accept-local') };
  return [{ kind: 'rpfilter', ...flags, invert: has('--invert') }];
};

const packetTypes: Readonly<Record<string, bigint>> = { unicast: 0n, host: 0n, broadcast: 1n, multicast: 2n };

const number = (field: NumericField, separator: string, last: bigint) => (option: IptablesOption) =>
  compare(field, option.negated, interval(only(option), separator, last));

/** `--ttl-lt N`, `--ttl-gt N`. */
const below = (option: IptablesOption) => compare('ttl', option.negated, { low: 0n, high: integer(only(option)) - 1n });
const beyond = (option: IptablesOption) =>
  compare('ttl', option.negated, { low: integer(only(option)) + 1n, high: 255n });
const hops = (prefix: string) => ({
  [`${prefix}-eq`]: number('ttl', ':', 255n),
  [`${prefix}-lt`]: below,
  [`${prefix}-gt`]: beyond,
});

/** The two low bits of TOS are ECN, which is not modelled. */
const tos: Lowering = extension => {
  const option = optionOf(extension, '--tos');
  if (option === undefined || !hasOnly(extension, '--tos') || !/^[0-9a-fx/]+$/i.test(only(option))) return null;
  const { value, mask } = valueAndMask(only(option));
  const low = mask === allOnes ? 0xffn : mask;
  if ((low & 3n) !== 0n) return null;
  return [compare(underMask('dscp', low >> 2n, 63n), option.negated, exactly(value >> 2n))];
};

const ipvsParts = { vaddr: null, vport: null, vproto: null };

/** Each option is a condition of its own on the same connection (net/netfilter/xt_ipvs.c). */
const ipvs = byOption({
  '--ipvs': ({ negated }) => ({ kind: 'ipvs', present: !negated, ...ipvsParts, negated: false }),
  '--vaddr': (option, family) => {
    const vaddr = networkRange(only(option), family);
    return { kind: 'ipvs', present: true, ...ipvsParts, vaddr, negated: option.negated };
  },
  '--vport': option => {
    return { kind: 'ipvs', present: true, ...ipvsParts, vport: integer(only(option)), negated: option.negated };
  },
  '--vproto': option => {
    const vproto = protocolNumber(only(option));
    if (vproto === null) throw new Malformed(`"${only(option)}" is not a protocol`);
    return { kind: 'ipvs', present: true, ...ipvsParts, vproto: BigInt(vproto), negated: option.negated };
  },
});

const icmp = byOption({ '--icmp-type': ofIcmpType, '--icmpv6-type': ofIcmpType });

/** Matches by name (extensions/libxt_*.c, libipt_*.c, libip6t_*.c); any other is opaque. */
export const matches: Readonly<Record<string, Lowering>> = {
  tcp: byOption({
    ...ports,
    '--tcp-flags': ({ name, values: [mask, set, more], negated }) => {
      if (mask === undefined || set === undefined || more !== undefined) throw new Malformed(`${name} wants two lists`);
      return tcpFlags(mask, set, negated);
    },
    '--syn': ({ negated }) => tcpFlags('SYN,RST,ACK,FIN', 'SYN', negated),
  }),
  udp: byOption(ports),
  udplite: byOption(ports),
  sctp: byOption(ports),
  dccp: byOption(ports),
  icmp,
  icmp6: icmp,
  icmpv6: icmp,
  'ipv6-icmp': icmp,
  multiport: byOption({
    '--sports': someOfPorts('sport'),
    '--source-ports': someOfPorts('sport'),
    '--dports': someOfPorts('dport'),
    '--destination-ports': someOfPorts('dport'),
    '--ports': eitherPort,
  }),
  mark: byOption({ '--mark': mark('mark') }),
  connmark: byOption({ '--mark': mark('ctMark') }),
  conntrack,
  state: byOption({ '--state': states }),
  addrtype,
  statistic,
  recent,
  set,
  iprange: byOption({ '--src-range': addressRange('saddr'), '--dst-range': addressRange('daddr') }),
  owner: byOption({
    '--uid-owner': number('socketUid', '-', allOnes),
    '--gid-owner': number('socketGid', '-', allOnes),
  }),
  physdev: byOption({
    '--physdev-in': option => onInterface('physin', option),
    '--physdev-out': option => onInterface('physout', option),
    '--physdev-is-in': bridged('in'),
    '--physdev-is-out': bridged('out'),
    '--physdev-is-bridged': bridged('both'),
  }),
  rpfilter,
  socket: extension => [{ kind: 'socket', raw: extension.raw, negated: false }],
  limit: fresh(true)(),
  hashlimit,
  connlimit,
  quota,
  mac: byOption({
    '--mac-source': option => {
      const text = only(option);
      if (!/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) throw new Malformed(`"${text}" is not a hardware address`);
      return compare('etherSaddr', option.negated, exactly(BigInt(`0x${text.replaceAll(':', '')}`)));
    },
  }),
  pkttype: byOption({
    '--pkt-type': option => {
      const type = packetTypes[only(option)];
      if (type === undefined) throw new Malformed(`"${only(option)}" is not a packet type`);
      return compare('pkttype', option.negated, exactly(type));
    },
  }),
  dscp: byOption({ '--dscp': number('dscp', ':', 63n) }),
  tos,
  ttl: byOption(hops('--ttl')),
  hl: byOption(hops('--hl')),
  length: byOption({ '--length': number('length', ':', 0xffffn) }),
  ipvs,
  nfacct: extension => [{ kind: 'noop', raw: extension.raw }],
};
