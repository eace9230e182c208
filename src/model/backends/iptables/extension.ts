import type { IptablesExtension, IptablesOption } from '../../../parse/iptables-rule.ts';
import type { Expression } from '../../rules.ts';
import type { IpFamily } from './values.ts';

/** Where the rule stands. */
export interface Place {
  family: IpFamily;
  chain: string;
}

/** A match's or target's expressions; null: an option or use that is not modelled, so that it is opaque. */
export type Lowering = (extension: IptablesExtension, place: Place) => Expression[] | null;

type OptionLowering = (option: IptablesOption, family: IpFamily) => Expression | Expression[];

/** Each option decides on its own; any option that is not in the table makes the whole opaque. */
export function byOption(table: Readonly<Record<string, OptionLowering>>): Lowering {
  return ({ options }, { family }) => {
    const expressions: Expression[] = [];
    for (const option of options) {
      const lower = Object.hasOwn(table, option.name) ? table[option.name] : undefined;
      if (lower === undefined) return null;
      expressions.push(...[lower(option, family)].flat());
    }
    return expressions;
  };
}

/** The option of this name. */
export function optionOf({ options }: IptablesExtension, name: string): IptablesOption | undefined {
  return options.find(option => option.name === name);
}

/** True when it has no other options than these. */
export function hasOnly({ options }: IptablesExtension, ...names: string[]): boolean {
  return options.every(({ name }) => names.includes(name));
}
