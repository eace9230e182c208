import type { ChainReader } from '../model/chain-names.ts';
import type { ClusterList } from '../model/cluster-list.ts';
import type { NodeReport, PodReport } from '../model/report.ts';
import type { RuleSet } from '../model/rules.ts';
import type { ServiceReport } from '../model/service-report.ts';
import type { TraceReport } from '../model/trace-report.ts';
import { documentKey, type Loadable } from './place.ts';

/** A node with its rule set open to be read rule by rule. */
export interface NodeDocument {
  kind: 'node';
  report: NodeReport;
  rules: RuleSet;
  meaning: ChainReader;
  problems: readonly string[];
  /** What a watch compares with; null: nobody watches. */
  watch?: Watch | null;
}

/** Two earlier looks at a node's rules. */
export interface Watch {
  /** As the watch began. */
  first: RuleSet;
  /** At the last look but one, `seconds` before the last. */
  before: RuleSet;
  seconds: number;
}

/** What a place is drawn from. */
export type PlaceDocument =
  | { kind: 'cluster'; list: ClusterList }
  | NodeDocument
  | { kind: 'pod'; report: PodReport }
  | { kind: 'service'; report: ServiceReport }
  | { kind: 'trace'; report: TraceReport };

/** A document that is there, perhaps while a newer one is on its way. */
export interface Ready {
  state: 'ready';
  document: PlaceDocument;
  /** When its data was taken, in ms since the epoch; null: in a saved snapshot, which says when by itself. */
  at: number | null;
  refresh: Refresh | null;
  /** It is what the API says; what its nodes say is on its way. */
  partial?: true;
}

/** A newer document: asked for, on its way, or lost. */
export type Refresh =
  | { state: 'asked' }
  | { state: 'under-way'; words: string }
  | { state: 'failed'; why: string; next: string | null };

/** A document, on its way or lost; one that is absent was not asked for. */
export type Loaded =
  | { state: 'loading'; words: string }
  | Ready
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

/** A node's document that comes in the place of another while its rules are watched. */
export function watched(document: PlaceDocument, at: number | null, last: Ready): PlaceDocument {
  if (document.kind !== 'node' || last.document.kind !== 'node' || at === null || last.at === null) return document;
  const { rules, watch } = last.document;
  return { ...document, watch: { first: watch?.first ?? rules, before: rules, seconds: (at - last.at) / 1000 } };
}
