import type { Expression } from '../../rules.ts';
import { byOption, hasOnly, type Lowering, optionOf } from './extension.ts';
import { changed, connmark, mark } from './marks.ts';
import { dnat, masquerade, netmap, redirect, snat } from './nat.ts';
import { address, allOnes, integer, only, valueAndMask } from './values.ts';

const noop: Lowering = extension => [{ kind: 'noop', raw: extension.raw }];

const reject: Lowering = (extension, { family }) => {
  const option = optionOf(extension, '--reject-with');
  if (!hasOnly(extension, '--reject-with')) return null;
  const standard = family === 'ip' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return [{ kind: 'reject', rejectWith: option === undefined ? standard : only(option) }];
};

/** `--zone mark` takes the zone out of the mark, which is not modelled; helpers and events decide nothing. */
const ct: Lowering = extension => {
  const expressions: Expression[] = [];
  for (const option of extension.options) {
    const direction = option.name === '--zone-orig' ? 'original' : option.name === '--zone-reply' ? 'reply' : null;
    if (option.name === '--notrack') expressions.push({ kind: 'notrack' });
    else if (/^--zone/.test(option.name)) {
      if (only(option) === 'mark') return null;
      expressions.push({ kind: 'ctZone', zone: Number(integer(only(option))), direction });
    } else if (/^--(?:helper|ctevents|expevents|timeout)$/.test(option.name)) {
      expressions.push({ kind: 'noop', raw: `${option.name} ${option.values.join(' ')}` });
    } else return null;
  }
  return expressions;
};

/** The mark is set only where a socket is found; where none is, the packet is dropped (net/netfilter/xt_TPROXY.c). */
const tproxy: Lowering = (extension, { family }) => {
  if (!hasOnly(extension, '--on-port', '--on-ip', '--tproxy-mark')) return null;
  const port = optionOf(extension, '--on-port');
  const ip = optionOf(extension, '--on-ip');
  const marked = optionOf(extension, '--tproxy-mark');
  const { value, mask } = valueAndMask(marked === undefined ? '0/0' : only(marked));
  const set = { kind: 'set', field: 'mark', value: changed('mark', allOnes & ~mask, value) } as const;
  return [
    ...(marked === undefined ? [] : [set]),
    {
      kind: 'tproxy',
      port: port === undefined ? null : integer(only(port)),
      address: ip === undefined ? null : address(only(ip), family),
    },
  ];
};

const queue: Lowering = extension => [
  { kind: 'queue', raw: extension.raw, bypass: optionOf(extension, '--queue-bypass') !== undefined },
];

const dscp = byOption({
  '--set-dscp': option => ({
    kind: 'set',
    field: 'dscp',
    value: { kind: 'value', value: integer(only(option)) },
  }),
});

/** The bits of TOS that a value and mask leave are DSCP's upper six; the others are not looked at. */
const tos = byOption({
  '--set-tos': option => {
    const { value, mask } = valueAndMask(only(option));
    const keep = only(option).includes('/') ? ((mask & 0xffn) >> 2n) ^ 63n : 0n;
    return { kind: 'set', field: 'dscp', value: changed('dscp', keep, value >> 2n) };
  },
});

/** A packet whose count reaches 0 is not dropped here; by how much it changes does not matter but to later matches. */
const hops = (prefix: string) =>
  byOption({
    [`${prefix}-set`]: option => ({
      kind: 'set',
      field: 'ttl',
      value: { kind: 'value', value: integer(only(option)) },
    }),
    [`${prefix}-dec`]: option => ({ kind: 'set', field: 'ttl', value: { kind: 'opaque', raw: `-${only(option)}` } }),
    [`${prefix}-inc`]: option => ({ kind: 'set', field: 'ttl', value: { kind: 'opaque', raw: `+${only(option)}` } }),
  });

/** `--map-mark` takes the mark from a set's element; adding and deleting elements does not touch the packet. */
const set: Lowering = extension =>
  optionOf(extension, '--map-mark') === undefined
    ? [{ kind: 'noop', raw: extension.raw }]
    : [{ kind: 'set', field: 'mark', value: { kind: 'opaque', raw: extension.raw } }];

const goesOn =
  'LOG NFLOG ULOG TRACE AUDIT TCPMSS TCPOPTSTRIP CHECKSUM CLASSIFY ECN IDLETIMER LED RATEEST SECMARK CONNSECMARK NFACCT TEE'.split(
    ' ',
  );

/** Targets with options, by name (extensions/libxt_*.c, libipt_*.c, libip6t_*.c); any other is opaque. */
export const targets: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(goesOn.map(name => [name, noop])),
  REJECT: reject,
  DNAT: dnat,
  SNAT: snat,
  MASQUERADE: masquerade,
  REDIRECT: redirect,
  NETMAP: netmap,
  MARK: mark,
  CONNMARK: connmark,
  HMARK: extension => [{ kind: 'set', field: 'mark', value: { kind: 'opaque', raw: extension.raw } }],
  CT: ct,
  NOTRACK: () => [{ kind: 'notrack' }],
  TPROXY: tproxy,
  NFQUEUE: queue,
  QUEUE: queue,
  SET: set,
  DSCP: dscp,
  TOS: tos,
  TTL: hops('--ttl'),
  HL: hops('--hl'),
};
