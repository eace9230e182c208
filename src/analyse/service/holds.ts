import type { KeyPart } from '../../model/rules.ts';

/** True when a value is one of those that a part of a key stands for. */
export function holds(part: KeyPart, value: bigint | string): boolean {
  if ('name' in part) return part.prefix ? String(value).startsWith(part.name) : part.name === value;
  return typeof value === 'bigint' && value >= part.low && value <= part.high;
}
