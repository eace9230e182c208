import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import { protocolNumber } from '../../protocols.ts';
import type { CtState, Match, NumericField } from '../../rules.ts';
import { byOption } from './extension.ts';
import { compare, exactly, type IpFamily, inNetwork, interval, Malformed, only, underMask } from './values.ts';

const stateNames: Readonly<Record<string, CtState>> = {
  INVALID: 'invalid',
  NEW: 'new',
  ESTABLISHED: 'established',
  RELATED: 'related',
  UNTRACKED: 'untracked',
  SNAT: 'snat',
  DNAT: 'dnat',
};

/** `--ctstate` and `--state`. */
export function states(option: IptablesOption): Match {
  const names = only(option).split(',');
  const known = names.map(name => stateNames[name]).filter(state => state !== undefined);
  if (known.length < names.length) throw new Malformed(`"${only(option)}" are not connection states`);
  return { kind: 'ctState', states: known, negated: option.negated };
}

/** enum ip_conntrack_status (uapi nf_conntrack_common.h). */
const statusBits: Readonly<Record<string, bigint>> = {
  NONE: 0n,
  EXPECTED: 1n,
  SEEN_REPLY: 2n,
  ASSURED: 4n,
  CONFIRMED: 8n,
};

function status(option: IptablesOption): Match {
  const mask = only(option)
    .split(',')
    .reduce((all, name) => {
      const bit = statusBits[name];
      if (bit === undefined) throw new Malformed(`"${name}" is not a connection status`);
      return all | bit;
    }, 0n);
  return compare(underMask('ctStatus', mask, 0xffffffffn), !option.negated, exactly(0n));
}

const network = (field: NumericField) => (option: IptablesOption, family: IpFamily) =>
  inNetwork(field, only(option), family, option.negated);

const port = (field: NumericField) => (option: IptablesOption) =>
  compare(field, option.negated, interval(only(option), ':', 0xffffn));

/** xt_conntrack. `--ctexpire` is not modelled. */
export const conntrack = byOption({
  '--ctstate': states,
  '--ctstatus': status,
  '--ctproto': option => {
    const number = protocolNumber(only(option));
    if (number === null) throw new Malformed(`"${only(option)}" is not a protocol`);
    return compare('ctOriginalL4proto', option.negated, exactly(BigInt(number)));
  },
  '--ctorigsrc': network('ctOriginalSaddr'),
  '--ctorigdst': network('ctOriginalDaddr'),
  '--ctreplsrc': network('ctReplySaddr'),
  '--ctrepldst': network('ctReplyDaddr'),
  '--ctorigsrcport': port('ctOriginalSport'),
  '--ctorigdstport': port('ctOriginalDport'),
  '--ctreplsrcport': port('ctReplySport'),
  '--ctrepldstport': port('ctReplyDport'),
  '--ctdir': option => {
    const direction = ['ORIGINAL', 'REPLY'].indexOf(only(option));
    if (direction === -1) throw new Malformed(`"${only(option)}" is not a direction`);
    return compare('ctDirection', option.negated, exactly(BigInt(direction)));
  },
});
