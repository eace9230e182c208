import type { Random } from '../random.ts';
import type { Domain } from './domain.ts';

/** What a generated rule may use. */
export interface Flavour {
  /** Names of ipsets by their type. */
  sets: Readonly<Record<string, readonly string[]>>;
  /** `statistic` and the like: more than one outcome. */
  chance: boolean;
}

/** Where a rule of iptables stands. */
export interface Place {
  random: Random;
  domain: Domain;
  table: string;
  /** Base chains from which the rule is reached. */
  hooks: readonly string[];
  flavour: Flavour;
}

/** A part of a rule. */
export type Make = (place: Place) => string;
/** How often it is taken, and where it may stand. */
export type Weighted = readonly [number, Make, (place: Place) => boolean];

/** One of the parts that may stand here, by weight. */
export function weighted(place: Place, items: readonly Weighted[]): string {
  const possible = items
    .filter(([, , when]) => when(place))
    .flatMap(([weight, make]) => Array<Make>(weight).fill(make));
  return place.random.pick(possible)(place);
}

export const isSent = ({ hooks }: Place): boolean => hooks.every(hook => ['OUTPUT', 'POSTROUTING'].includes(hook));
export const leaves = ({ hooks }: Place): boolean =>
  hooks.every(hook => ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(hook));
