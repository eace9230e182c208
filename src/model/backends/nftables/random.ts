import type { JsonObject } from '../../../parse/json.ts';
import type { Match } from '../../rules.ts';
import { chance } from '../iptables/probability.ts';
import { constant, integer } from './domains.ts';

/** What xt_statistic draws from: 31 bits. */
const statistic = 0x7fff_ffffn;

/** `meta random < N`, under a mask of low bits or not (`--probability 1` is one that is always below); null for any other match. */
export function lowerRandom(of: JsonObject): Match | null {
  const bits = (of['left'] as { '&'?: unknown } | null)?.['&'];
  const [left, mask] = Array.isArray(bits) ? [bits[0], constant(bits[1], integer)] : [of['left'], 0xffff_ffffn];
  const { meta } = (left ?? {}) as { meta?: { key?: unknown } };
  const op = of['op'];
  const below = constant(of['right'], integer);
  if (meta?.key !== 'random' || mask === null || below === null || (op !== '<' && op !== '>=')) return null;
  if ((mask & (mask + 1n)) !== 0n || below > mask + 1n) return null;
  const share =
    below > mask ? '1' : mask === statistic ? chance(String(Number(below) / 2 ** 31)) : `${below}/${mask + 1n}`;
  return { kind: 'statistic', chance: share, mode: 'random', negated: op === '>=' };
}
