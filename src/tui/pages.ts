import { hanging, type Layout } from '../render/layout.ts';
import { visible } from '../render/visible.ts';
import { type Documents, documentOf, type Loaded, type NodeDocument, type PlaceDocument } from './documents.ts';
import { linesPage, type Page, plain } from './page.ts';
import { callersPage } from './pages/callers.ts';
import { chainPage } from './pages/chain.ts';
import { chainsPage } from './pages/chains.ts';
import { clusterPage } from './pages/cluster.ts';
import { findPage } from './pages/find.ts';
import { helpPage } from './pages/help.ts';
import { ipvsPage } from './pages/ipvs.ts';
import { mapPage } from './pages/map.ts';
import { nodePage, tableOf } from './pages/node.ts';
import { podPage } from './pages/pod.ts';
import { rulePage } from './pages/rule.ts';
import { servicePage } from './pages/service.ts';
import { tablePage } from './pages/table.ts';
import { tracePage } from './pages/trace.ts';
import { documentKey, homeOf, type Place } from './place.ts';

/** The page of a place, while its document is loading or lost a page that says so. The last few are kept. */
export function pageOf(place: Place, documents: Documents, layout: Layout): Page {
  const home = homeOf(place);
  const loaded = home === null ? null : content(documents.get(documentKey(home)));
  // The things to jump to and what is known of nodes may come from any document.
  const ofAll = place.kind === 'find' || (place.kind === 'cluster' && place.list === 'nodes');
  const cluster = ofAll ? documents : content(documents.get('cluster'));
  const key = JSON.stringify([place, layout]);
  const known = kept.find(each => each.key === key && each.loaded === loaded && each.cluster === cluster);
  if (known !== undefined) return known.page;
  const page = draw(place, documents, layout);
  // A page of an older document would hold all its rules.
  const old = kept.findIndex(each => each.key === key);
  if (old >= 0) kept.splice(old, 1);
  kept.unshift({ key, loaded, cluster, page });
  kept.length = Math.min(kept.length, 8);
  return page;
}

/** What a page is drawn from: a document does not change while a newer one is on its way. */
function content(loaded: Loaded | undefined): Loaded | PlaceDocument | null {
  return loaded?.state === 'ready' ? loaded.document : (loaded ?? null);
}

const kept: { key: string; loaded: unknown; cluster: unknown; page: Page }[] = [];

function draw(place: Place, documents: Documents, layout: Layout): Page {
  const home = homeOf(place);
  const loaded = home === null ? undefined : documents.get(documentKey(home));
  if (loaded?.state === 'failed') return failedPage(loaded, layout);
  if (home !== null && loaded?.state !== 'ready')
    return linesPage('loading …', [plain(`${loaded?.words || 'loading'} …`)]);
  return drawReady(place, documents, layout) ?? linesPage('nothing here', [plain('? it is not in the data')]);
}

/** Why a document is not there, in full, and what can be done. */
function failedPage({ why, next }: Extract<Loaded, { state: 'failed' }>, layout: Layout): Page {
  const wrapped = (text: string) => hanging('', visible(text), layout).map(plain);
  const advice = next === null ? [] : wrapped(next);
  return linesPage('✗ not loaded', [...wrapped(`✗ ${why}`), ...advice, plain(''), plain('ctrl-r: try again')]);
}

function drawReady(place: Place, documents: Documents, layout: Layout): Page | null {
  const cluster = documentOf(documents, 'cluster', { kind: 'cluster', list: 'nodes' })?.list ?? null;
  switch (place.kind) {
    case 'help':
      return helpPage(layout);
    case 'find':
      return findPage(documents, place.of, place.node, layout);
    case 'cluster':
      return cluster === null ? null : clusterPage(cluster, place.list, documents, layout);
    case 'trace': {
      const document = documentOf(documents, 'trace', place);
      return document === null ? null : tracePage(document.report, layout);
    }
    case 'pod': {
      const document = documentOf(documents, 'pod', place);
      return document === null ? null : podPage(document.report, layout);
    }
    case 'service': {
      const document = documentOf(documents, 'service', place);
      return document === null ? null : servicePage(document.report, layout);
    }
    default: {
      const node = documentOf(documents, 'node', { kind: 'node', node: place.node });
      return node === null ? null : drawOnNode(place, node, cluster, layout);
    }
  }
}

type OnNode = Extract<Place, { node: string }>;

function drawOnNode(
  place: OnNode,
  node: NodeDocument,
  cluster: Parameters<typeof nodePage>[1],
  layout: Layout,
): Page | null {
  if (place.kind === 'node') return nodePage(node, cluster, layout);
  if (place.kind === 'chains') return chainsPage(node, place.named, layout);
  if (place.kind === 'ipvs') return ipvsPage(node, cluster, layout);
  const table = tableOf(node, place.table);
  if (table === undefined) return null;
  switch (place.kind) {
    case 'table':
      return tablePage(node, table, layout);
    case 'chain': {
      const chain = table.chains.get(place.chain);
      return chain === undefined ? null : chainPage(node, cluster, table, chain, place, layout);
    }
    case 'callers':
      return callersPage(node, table, place.chain, layout);
    case 'map': {
      const set = table.sets.get(place.map);
      return set === undefined ? null : mapPage(node, table, set, layout);
    }
    case 'rule':
      return rulePage(node, cluster, table, place.chain, place.index, layout);
  }
}
