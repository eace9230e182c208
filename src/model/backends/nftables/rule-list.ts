import type { NftRule } from '../../../parse/nft-records.ts';
import type { Expression, NetFamily, Rule, RuleKey, RuleList, RuleSource } from '../../rules.ts';
import { lowerRule } from './rule.ts';
import { NftSource } from './source.ts';
import type { Names } from './statements.ts';

/** What the rules of a table share. */
export interface Surroundings {
  family: NetFamily;
  file: string;
  /** iptables-nft keeps the table: nft shows what libxtables makes of its rules. */
  ofIptables: boolean;
  names: Names;
  mapData(name: string): readonly string[] | null;
}

/** A chain's rules, each read when it is first asked for. */
export class NftRules implements RuleList {
  readonly #records: NftRule[] = [];
  readonly #rules: Rule[] = [];
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  add(record: NftRule): void {
    this.#records.push(record);
  }

  get length(): number {
    return this.#records.length;
  }

  at(index: number): Rule {
    const known = this.#rules[index];
    if (known !== undefined) return known;
    const record = this.#record(index);
    const { family, file, mapData, names, ofIptables } = this.#around;
    const place = { family, file, line: record.line, handle: record.handle, mapData, expected: [] };
    const rule = {
      source: this.source(index),
      ...lowerRule(record, place, names, ofIptables),
      missing: record.missing === true,
    };
    this.#rules[index] = rule;
    return rule;
  }

  key(index: number): RuleKey {
    const key: RuleKey = { daddr: null, saddr: null, dport: null };
    for (const expression of this.at(index).expressions) {
      if (changesSomething(expression)) break;
      if (expression.kind !== 'compare' || expression.negated || expression.left.kind !== 'field') continue;
      const { field } = expression.left;
      const [only, more] = expression.right;
      if (only === undefined || more !== undefined || !('low' in only) || only.low !== only.high) continue;
      if (field === 'daddr' || field === 'saddr' || field === 'dport') key[field] ??= only.low;
    }
    return key;
  }

  source(index: number): RuleSource {
    return new NftSource(this.#around.file, this.#record(index));
  }

  #record(index: number): NftRule {
    const record = this.#records[index];
    if (record === undefined) throw new RangeError(`no rule ${index}`);
    return record;
  }
}

/** After it a packet that does not match further on is not what it was. */
function changesSomething({ kind }: Expression): boolean {
  return (
    kind === 'set' || kind === 'setUpdate' || kind === 'notrack' || kind === 'ctZone' || kind === 'opaqueStatement'
  );
}
