import { type IptablesExtension, type IptablesOption, parseIptablesRule } from '../../../parse/iptables-rule.ts';
import { protocolNumber } from '../../protocols.ts';
import type { Counters, Expression, Match, Verdict } from '../../rules.ts';
import type { Lowering, Place } from './extension.ts';
import { onInterface } from './header-matches.ts';
import { matches } from './matches.ts';
import { targets } from './targets.ts';
import { compare, exactly, inNetwork, Malformed, only } from './values.ts';

/** What a line of iptables-save means. */
export interface LoweredRule {
  expressions: Expression[];
  counters: Counters | null;
  comment: string | null;
  /** Why the line, or a part of it, cannot be read; that is then opaque. */
  unread: string | null;
}

/** What stands for a match that is not modelled, and for a target. */
type Opaque = 'opaque' | 'opaqueStatement';

const verdicts: Readonly<Record<string, Verdict>> = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  RETURN: { kind: 'return' },
};

/** Lowers one rule. A match or target that is not modelled, or makes no sense, becomes opaque. */
export function lowerRule(line: string, place: Place): LoweredRule {
  const rule = parseIptablesRule(line);
  if (typeof rule === 'string') return unreadRule(line, rule);
  const counters = rule.counters === null ? null : { packets: rule.counters[0], bytes: rule.counters[1] };
  let unread: string | null = null;
  const read = (raw: string, lower: () => Expression[], otherwise: Opaque = 'opaque'): Expression[] => {
    try {
      return lower();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      unread ??= error.message;
      return [{ kind: otherwise, raw }];
    }
  };
  const protocol = rule.options.find(({ name }) => name === '-p')?.values[0] ?? '';
  const comment = rule.matches.find(({ name }) => name === 'comment')?.options[0]?.values[0] ?? null;
  const expressions = [
    ...rule.options.flatMap(option => read(wordsOf(option), () => ownOption(option, place))),
    ...rule.matches
      .filter(({ name }) => name !== 'comment')
      .flatMap(match => read(match.raw, () => lowered(matches, match.name || protocol, match, place, 'opaque'))),
  ];
  const { target } = rule;
  if (target !== null) expressions.push(...read(target.raw, () => targetOf(target, place), 'opaqueStatement'));
  return { expressions, counters, comment, unread };
}

const wordsOf = ({ name, negated, values }: IptablesOption): string =>
  `${negated ? '! ' : ''}${name} ${values.join(' ')}`;

/** A line that cannot be read: whether it matches is unknown, and what it then does. */
export function unreadRule(line: string, why: string): LoweredRule {
  const expressions: Expression[] = [
    { kind: 'opaque', raw: line },
    { kind: 'opaqueStatement', raw: line },
  ];
  return { expressions, counters: null, comment: null, unread: why };
}

function lowered(
  table: Readonly<Record<string, Lowering>>,
  name: string,
  extension: IptablesExtension,
  place: Place,
  otherwise: Opaque,
): Expression[] {
  if (extension.unsupported) throw new Malformed('the tool could not read it: [unsupported revision]');
  const lowering = Object.hasOwn(table, name) ? table[name] : undefined;
  return lowering?.(extension, place) ?? [{ kind: otherwise, raw: extension.raw }];
}

/** A target without options that no extension has is a chain; iptables refuses chains with a target's name. */
function targetOf(target: IptablesExtension & { goto: boolean }, place: Place): Expression[] {
  const { name } = target;
  if (target.goto) return [{ kind: 'verdict', verdict: { kind: 'goto', chain: name } }];
  const verdict = Object.hasOwn(verdicts, name) ? verdicts[name] : undefined;
  if (verdict !== undefined) return [{ kind: 'verdict', verdict }];
  if (Object.hasOwn(targets, name) || target.options.length > 0)
    return lowered(targets, name, target, place, 'opaqueStatement');
  return [{ kind: 'verdict', verdict: { kind: 'jump', chain: name } }];
}

function ownOption(option: IptablesOption, place: Place): Match[] {
  switch (option.name) {
    case '-s':
      return [inNetwork('saddr', only(option), place.family, option.negated)];
    case '-d':
      return [inNetwork('daddr', only(option), place.family, option.negated)];
    case '-i':
      return [onInterface('iifname', option)];
    case '-o':
      return [onInterface('oifname', option)];
    case '-f':
      return [compare('fragmentOffset', !option.negated, exactly(0n))];
    case '-p': {
      const number = protocolNumber(only(option));
      if (number === null) throw new Malformed(`"${only(option)}" is not a protocol`);
      // 0 is every protocol.
      return number === 0 ? [] : [compare('l4proto', option.negated, exactly(BigInt(number)))];
    }
    default:
      // -4 and -6: rules of the other family were left out when they were loaded.
      return [];
  }
}
