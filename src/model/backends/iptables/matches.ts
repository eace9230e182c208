import { protocolNumber } from '../../protocols.ts';
import type { AddressType, Match } from '../../rules.ts';
import { conntrack, states } from './conntrack.ts';
import { byOption, hasOnly, type Lowering, optionOf } from './extension.ts';
import { headerMatches } from './header-matches.ts';
import { chance } from './probability.ts';
import { protocolMatches } from './protocol-matches.ts';
import { address, allBits, integer, Malformed, networkRange, only } from './values.ts';

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

const limit: Lowering = extension => [{ kind: 'limit', raw: extension.raw, whenFresh: true }];

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

/** `--restore-skmark` takes the mark from the socket, which is not modelled. */
const socket: Lowering = extension =>
  hasOnly(extension, '--transparent', '--nowildcard') ? [{ kind: 'socket', raw: extension.raw, negated: false }] : null;

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

/** Matches by name (extensions/libxt_*.c, libipt_*.c, libip6t_*.c); any other is opaque. */
export const matches: Readonly<Record<string, Lowering>> = {
  ...protocolMatches,
  ...headerMatches,
  conntrack,
  state: byOption({ '--state': states }),
  addrtype,
  statistic,
  recent,
  set,
  rpfilter,
  socket,
  limit,
  hashlimit,
  connlimit,
  quota,
  ipvs,
  nfacct: extension => [{ kind: 'noop', raw: extension.raw }],
};
