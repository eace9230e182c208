import { isObject } from '../../../parse/json.ts';
import type { Verdict } from '../../rules.ts';

/** The verdict that a statement or the data of a map is; null for anything else. */
export function lowerVerdict(statement: unknown): Verdict | null {
  if (!isObject(statement)) return null;
  const [kind = ''] = Object.keys(statement);
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind };
    case 'jump':
    case 'goto': {
      const target = isObject(statement[kind]) ? statement[kind]['target'] : null;
      return typeof target === 'string' ? { kind, chain: target } : null;
    }
    default:
      return null;
  }
}
