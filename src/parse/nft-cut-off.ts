import type { NftChain, NftRule } from './nft-records.ts';

/** Stands for the rules that a cut-off dump has lost at the end of a chain: nobody may be certain what they did. */
export function cutOffRule({ family, table, name }: Pick<NftChain, 'family' | 'table' | 'name'>): NftRule {
  const raw = '(cut off: rules may be missing here)';
  return {
    kind: 'rule',
    family,
    table,
    chain: name,
    handle: null,
    line: null,
    raw,
    missing: true,
    read: () => ({ statements: [{ body: { unread: raw }, raw }], comment: null, problem: 'cut off' }),
  };
}
