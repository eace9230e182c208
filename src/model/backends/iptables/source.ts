import type { RuleLines } from '../../../parse/iptables-records.ts';
import type { RuleSource } from '../../rules.ts';

/** Where a chain of iptables is declared; its text is cut out of the dump when it is shown. */
export class ChainSource implements RuleSource {
  readonly file: string;
  readonly line: number | null;
  readonly handle = null;
  readonly #place: { readonly raw: string };

  constructor(file: string, place: { readonly raw: string; readonly line: number }) {
    this.file = file;
    this.line = place.line;
    this.#place = place;
  }

  get raw(): string {
    return this.#place.raw;
  }
}

/** Where a rule of iptables stands. */
export class LineSource implements RuleSource {
  readonly file: string;
  readonly line: number | null;
  readonly handle = null;
  readonly #lines: RuleLines;
  readonly #index: number;

  constructor(file: string, lines: RuleLines, index: number) {
    this.file = file;
    this.line = lines.line(index);
    this.#lines = lines;
    this.#index = index;
  }

  get raw(): string {
    return this.#lines.raw(this.#index);
  }
}
