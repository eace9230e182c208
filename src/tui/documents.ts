import type { ChainReader } from '../model/chain-names.ts';
import type { ClusterList } from '../model/cluster-list.ts';
import type { NodeReport, PodReport } from '../model/report.ts';
import type { RuleSet } from '../model/rules.ts';
import type { ServiceReport } from '../model/service-report.ts';
import { documentKey, type Loadable } from './place.ts';

/** A node with its rule set open to be read rule by rule. */
export interface NodeDocument {
  kind: 'node';
  report: NodeReport;
  rules: RuleSet;
  meaning: ChainReader;
  problems: readonly string[];
}

/** What a place is drawn from. */
export type PlaceDocument =
  | { kind: 'cluster'; list: ClusterList }
  | NodeDocument
  | { kind: 'pod'; report: PodReport }
  | { kind: 'service'; report: ServiceReport };

/** A document, on its way or lost. */
export type Loaded =
  | { state: 'loading' }
  | { state: 'ready'; document: PlaceDocument }
  | { state: 'failed'; why: string; next: string | null };

export type Documents = ReadonlyMap<string, Loaded>;

/** The document of one kind for a home, when it is there. */
export function documentOf<K extends PlaceDocument['kind']>(
  documents: Documents,
  kind: K,
  home: Loadable,
): Extract<PlaceDocument, { kind: K }> | null {
  const loaded = documents.get(documentKey(home));
  if (loaded?.state !== 'ready' || loaded.document.kind !== kind) return null;
  return loaded.document as Extract<PlaceDocument, { kind: K }>;
}
