import { Malformed } from './values.ts';

const unit = 0x80000000;

/**
 * The fraction that a printed probability stands for, as text. The kernel keeps p / 2^31 (xt_statistic): the 1/n whose
 * rounding is the same is meant, as kube-proxy writes it with ten digits; else the shortest decimal with the same rounding.
 */
export function chance(text: string): string {
  const share = Number(text);
  if (!/^[\d.]+(?:e-\d+)?$/.test(text) || !(share >= 0 && share <= 1))
    throw new Malformed(`"${text}" is not a probability`);
  const kept = Math.round(share * unit);
  if (kept === 0) return '0';
  const n = Math.round(unit / kept);
  const roundings = [Math.round(unit / n), Math.round(Number((1 / n).toFixed(10)) * unit)];
  if (roundings.includes(kept)) return n === 1 ? '1' : `1/${n}`;
  for (let digits = 1; digits <= 10; digits++) {
    const decimal = (kept / unit).toFixed(digits);
    if (Math.round(Number(decimal) * unit) === kept)
      return reduced(BigInt(decimal.replace('.', '')), 10n ** BigInt(digits));
  }
  return reduced(BigInt(kept), BigInt(unit));
}

function reduced(numerator: bigint, denominator: bigint): string {
  let [a, b] = [numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return `${numerator / a}/${denominator / a}`;
}
