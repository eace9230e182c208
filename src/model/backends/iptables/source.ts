import type { RuleSource } from '../../rules.ts';

/** Where a chain or rule of iptables stands; its text is cut out of the dump when it is shown. */
export class IptablesSource implements RuleSource {
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
