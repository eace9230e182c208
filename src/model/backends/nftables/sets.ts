import type { NftSet, NftSetBody } from '../../../parse/nft-records.ts';
import type { NamedSet, RuleSource, SetElement } from '../../rules.ts';
import { domainOf, isKnownType } from './domains.ts';
import { lowerElements } from './elements.ts';
import { NftSource } from './source.ts';

/** A named set or map, read when it is first asked for. */
export class NftNamedSet implements NamedSet {
  readonly name: string;
  readonly source: RuleSource;
  readonly #record: NftSet;
  readonly #updated: boolean;
  readonly #unknown: boolean;
  #body: Pick<NftSetBody, 'type' | 'data' | 'flags'> | undefined;
  #elements: readonly SetElement[] | null | undefined;

  /** `updated`: rules change it; `unknown`: the dump leaves elements out. */
  constructor(record: NftSet, file: string, updated: boolean, unknown: boolean) {
    this.#record = record;
    this.#updated = updated;
    this.#unknown = unknown;
    this.name = record.name;
    this.source = new NftSource(file, record);
  }

  get type(): string {
    return this.#read().type.join(' . ');
  }

  get family(): 'IPv4' | 'IPv6' | null {
    const { type } = this.#read();
    return type.includes('ipv4_addr') ? 'IPv4' : type.includes('ipv6_addr') ? 'IPv6' : null;
  }

  get dynamic(): boolean {
    return this.#updated || this.#read().flags.some(flag => flag === 'dynamic' || flag === 'timeout');
  }

  get elements(): readonly SetElement[] | null {
    this.#read();
    return this.#elements ?? null;
  }

  /** What a map leads to; null for a set. */
  get data(): readonly string[] | null {
    return this.#read().data;
  }

  #read(): Pick<NftSetBody, 'type' | 'data' | 'flags'> {
    if (this.#body === undefined) {
      const { elements, ...body } = this.#record.read();
      this.#body = body;
      this.#elements = this.#unknown ? null : this.#lower(body, elements);
    }
    return this.#body;
  }

  #lower({ type, data }: Pick<NftSetBody, 'type' | 'data'>, elements: NftSetBody['elements']) {
    if (elements === null || ![...type, ...(data ?? [])].every(word => word === 'verdict' || isKnownType(word)))
      return null;
    const leads = data === null ? null : data[0] === 'verdict' ? 'verdict' : data.map(domainOf);
    return lowerElements(elements, type.map(domainOf), leads, this.source);
  }
}
