import type { RuleSource } from '../../rules.ts';

/** Where a record of nft stands. */
export class NftSource implements RuleSource {
  readonly file: string;
  readonly #record: Omit<RuleSource, 'file'>;

  constructor(file: string, record: Omit<RuleSource, 'file'>) {
    this.file = file;
    this.#record = record;
  }

  get line(): number | null {
    return this.#record.line;
  }

  get handle(): number | null {
    return this.#record.handle;
  }

  get raw(): string {
    return this.#record.raw;
  }
}
