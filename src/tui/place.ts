import type { NetFamily } from '../model/rules.ts';

/** A table of a node's rules: the file tells legacy from nft, `inet` tables serve both families. */
export interface TableRef {
  file: string;
  family: NetFamily;
  name: string;
}

export type List = 'nodes' | 'pods' | 'services';

/** Where the user is. A place has a page of rows; what it needs to be drawn is its document. */
export type Place =
  | { kind: 'cluster'; list: List }
  | { kind: 'node'; node: string }
  | { kind: 'table'; node: string; table: TableRef }
  /** `line` and `handle`: the rule that the cursor starts on. */
  | { kind: 'chain'; node: string; table: TableRef; chain: string; line?: number | null; handle?: number | null }
  /** The chains that `[[FAMILY/]TABLE/]CHAIN` may mean; where it is one, that is gone to. */
  | { kind: 'chains'; node: string; named: string }
  | { kind: 'callers'; node: string; table: TableRef; chain: string }
  | { kind: 'map'; node: string; table: TableRef; map: string }
  | { kind: 'rule'; node: string; table: TableRef; chain: string; index: number }
  | { kind: 'ipvs'; node: string }
  | { kind: 'pod'; namespace: string; name: string }
  /** `nodes`: whose rules are looked at; without it, one that is good to see it from. */
  | { kind: 'service'; namespace: string; name: string; nodes?: readonly string[] | 'all' }
  | TracePlace
  /** Everything that has a name, to be jumped to; `chains` alone, those of `node` first. */
  | { kind: 'find'; of: 'everything' | 'chains'; node: string | null }
  | { kind: 'help' };

/** A trace, as it is typed on a command line. */
export interface TracePlace {
  kind: 'trace';
  from: string;
  to: string;
  /** The packet's flags: `protocol`, `source-port`, `in`, `mark`, `ct-state`. */
  packet: Readonly<Record<string, string>>;
  reply: boolean;
}

/** Places whose document has to be loaded. */
export type Loadable = Extract<Place, { kind: 'cluster' | 'node' | 'pod' | 'service' | 'trace' }>;

/** The place that the document of this one is loaded for: a chain is read from its node. null: it needs none. */
export function homeOf(place: Place): Loadable | null {
  switch (place.kind) {
    case 'cluster':
      return { kind: 'cluster', list: 'nodes' };
    case 'pod':
    case 'service':
    case 'trace':
      return place;
    case 'help':
    case 'find':
      return null;
    default:
      return { kind: 'node', node: place.node };
  }
}

/** Tells documents apart. */
export function documentKey(home: Loadable): string {
  switch (home.kind) {
    case 'cluster':
      return 'cluster';
    case 'node':
      return `node/${home.node}`;
    case 'trace':
      return `trace/${JSON.stringify([home.from, home.to, home.packet, home.reply])}`;
    default:
      return `${home.kind}/${home.namespace}/${home.name}`;
  }
}

/** What stands in the breadcrumbs. */
export function placeName(place: Place): string {
  switch (place.kind) {
    case 'cluster':
      return `cluster ${place.list}`;
    case 'node':
      return place.node;
    case 'table':
      return `${place.table.family} ${place.table.name}`;
    case 'chain':
      return place.chain;
    case 'chains':
      return place.named;
    case 'callers':
      return 'who leads here';
    case 'map':
      return `@${place.map}`;
    case 'rule':
      return `rule ${place.index + 1}`;
    case 'ipvs':
      return 'IPVS';
    case 'trace':
      return `trace ${place.from} → ${place.to}`;
    case 'find':
      return place.of === 'chains' ? 'go to a chain' : 'go to';
    case 'help':
      return 'help';
    default:
      return `${place.kind} ${place.namespace}/${place.name}`;
  }
}
