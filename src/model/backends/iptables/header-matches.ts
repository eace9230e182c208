import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import type { InterfaceField, Match, NumericField } from '../../rules.ts';
import { byOption, hasOnly, type Lowering, optionOf } from './extension.ts';
import {
  address,
  allOnes,
  compare,
  exactly,
  type IpFamily,
  integer,
  interval,
  Malformed,
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

const mark = (field: NumericField) => (option: IptablesOption) => {
  const { value, mask } = valueAndMask(only(option));
  return compare(underMask(field, mask, allOnes), option.negated, exactly(value));
};

const addressRange = (field: NumericField) => (option: IptablesOption, family: IpFamily) => {
  const [low = '', high = low] = only(option).split('-');
  return compare(field, option.negated, { low: address(low, family), high: address(high, family) });
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

const bridged = (direction: 'in' | 'out' | 'both') => (option: IptablesOption) =>
  ({ kind: 'bridged', direction, negated: option.negated }) as const;

/** Matches on the packet's headers, devices, marks and socket. */
export const headerMatches: Readonly<Record<string, Lowering>> = {
  mark: byOption({ '--mark': mark('mark') }),
  connmark: byOption({ '--mark': mark('ctMark') }),
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
};
