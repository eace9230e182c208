import type { Expression, NetFamily } from '../../rules.ts';
import type { Domain } from './domains.ts';
import type { Need } from './selectors.ts';

/** Where an expression stands. */
export interface Place {
  family: NetFamily;
  file: string;
  line: number | null;
  handle: number | null;
  /** The types that a named map leads to; null when it is not in the dump. */
  mapData(name: string): readonly string[] | null;
  /** What a value is used for here: of this the data of an anonymous map is. */
  expected: readonly Domain[];
}

/** Expressions that a statement is, and what the kernel tests before them. */
export interface LoweredStatement {
  expressions: readonly Expression[];
  needs: readonly Need[];
}
