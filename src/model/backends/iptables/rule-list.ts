import type { RuleLines } from '../../../parse/iptables-records.ts';
import type { Rule, RuleKey, RuleList, RuleSource } from '../../rules.ts';
import type { Place } from './extension.ts';
import { keyOf, noKey } from './key.ts';
import { type LoweredRule, lowerRule, unreadRule } from './rule.ts';
import { LineSource } from './source.ts';

/** A chain's rules, each read when it is first asked for. Where the dump was cut off, a last rule stands for those missing. */
export class IptablesRules implements RuleList {
  readonly #lines: RuleLines;
  readonly #place: Place;
  readonly #file: string;
  readonly #incomplete: string | null;
  #read: Rule[] | null = null;

  constructor(lines: RuleLines, place: Place, file: string, incomplete: string | null) {
    this.#lines = lines;
    this.#place = place;
    this.#file = file;
    this.#incomplete = incomplete;
  }

  get length(): number {
    return this.#lines.length + (this.#incomplete === null ? 0 : 1);
  }

  at(index: number): Rule {
    this.#read ??= [];
    const known = this.#read[index];
    if (known !== undefined) return known;
    const rule = { source: this.source(index), ...this.#lower(index), missing: this.#standsForMissing(index) };
    this.#read[index] = rule;
    return rule;
  }

  key(index: number): RuleKey {
    if (index >= this.#lines.length || this.#lines.damage(index) !== null) return noKey;
    return keyOf(this.#lines.rule(index), this.#place.family);
  }

  source(index: number): RuleSource {
    const lines = this.#lines;
    const missing = this.#incomplete;
    if (index >= lines.length) return { file: this.#file, line: null, handle: null, raw: missing ?? '' };
    return new LineSource(this.#file, lines, index);
  }

  #standsForMissing(index: number): boolean {
    return index >= this.#lines.length || this.#lines.leftOut(index);
  }

  #lower(index: number): Omit<LoweredRule, 'unread'> {
    const lines = this.#lines;
    if (index >= lines.length)
      return {
        expressions: [{ kind: 'opaqueStatement', raw: this.#incomplete ?? '' }],
        counters: null,
        comment: null,
      };
    const damage = lines.damage(index);
    const { expressions, counters, comment } =
      damage === null ? lowerRule(lines.rule(index), this.#place) : unreadRule(lines.raw(index), damage);
    return { expressions, counters, comment };
  }
}
