import type { IptablesOption } from '../../../parse/iptables-rule.ts';
import type { NumericField, Operand, Statement } from '../../rules.ts';
import { byOption, hasOnly, type Lowering, optionOf } from './extension.ts';
import { allOnes, fieldOf, integer, only, underMask, valueAndMask } from './values.ts';

/** (field & keep) ^ flip. */
export function changed(field: NumericField, keep: bigint, flip: bigint): Operand {
  if (keep === 0n) return { kind: 'value', value: flip };
  return { kind: 'bits', of: fieldOf(field), and: keep, xor: flip, shift: 0 };
}

const clear = (mask: bigint): bigint => allOnes & ~mask;

/** What each option makes of the mark: (mark & ~mask) ^ value (net/netfilter/xt_mark.c, extensions/libxt_MARK.c). */
const forms: Readonly<Record<string, (text: string) => { value: bigint; mask: bigint }>> = {
  '--set-xmark': valueAndMask,
  '--set-mark': text => {
    const { value, mask } = valueAndMask(text);
    return { value, mask: value | mask };
  },
  '--and-mark': text => ({ value: 0n, mask: clear(integer(text)) }),
  '--or-mark': text => ({ value: integer(text), mask: integer(text) }),
  '--xor-mark': text => ({ value: integer(text), mask: 0n }),
};

const setting = (field: 'mark' | 'ctMark') =>
  Object.fromEntries(
    Object.entries(forms).map(([name, form]) => [
      name,
      (option: IptablesOption): Statement => {
        const { value, mask } = form(only(option));
        return { kind: 'set', field, value: changed(field, clear(mask), value) };
      },
    ]),
  );

export const mark = byOption(setting('mark'));

const masks = ['--nfmask', '--ctmask', '--mask'] as const;

/** Saving and restoring mix both marks, each under its own mask (net/netfilter/xt_connmark.c); shifts are not modelled. */
export const connmark: Lowering = (extension, place) => {
  const save = optionOf(extension, '--save-mark');
  const restore = optionOf(extension, '--restore-mark');
  if (save === undefined && restore === undefined) return byOption(setting('ctMark'))(extension, place);
  if (!hasOnly(extension, '--save-mark', '--restore-mark', ...masks)) return null;
  const [nfmask, ctmask, both] = masks.map(name => optionOf(extension, name));
  const maskOf = (option: IptablesOption | undefined): bigint => {
    const given = option ?? both;
    return given === undefined ? allOnes : integer(only(given)) & allOnes;
  };
  const [to, from] = save === undefined ? (['mark', 'ctMark'] as const) : (['ctMark', 'mark'] as const);
  const [kept, taken] = save === undefined ? [maskOf(nfmask), maskOf(ctmask)] : [maskOf(ctmask), maskOf(nfmask)];
  const mixed = [changed(to, clear(kept), 0n), underMask(from, taken, allOnes)];
  return [
    { kind: 'set', field: to, value: kept === allOnes ? underMask(from, taken, allOnes) : { kind: 'xor', of: mixed } },
  ];
};
