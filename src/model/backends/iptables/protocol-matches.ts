import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import type { Expression, KeyPart, Match, NumericField } from '../../rules.ts';
import { icmpType } from '../icmp-types.ts';
import { byOption, type Lowering } from './extension.ts';
import { compare, exactly, fieldOf, type IpFamily, interval, Malformed, only, underMask } from './values.ts';

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

const icmp = byOption({ '--icmp-type': ofIcmpType, '--icmpv6-type': ofIcmpType });

/** Matches on what transport protocols carry. */
export const protocolMatches: Readonly<Record<string, Lowering>> = {
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
};
