import type { Opened } from '../../app/open.ts';
import type { Progress } from '../../collect/connection.ts';
import type { CollectRequest, SoFar } from '../../collect/source.ts';
import { ClusterError } from '../../errors.ts';
import type { Snapshot } from '../../parse/snapshot.ts';
import type { Loadable } from '../../tui/place.ts';
import type { Port } from '../../tui/store.ts';
import { traceRequest } from './trace.ts';

export interface LivePort {
  port: Port;
  /** The screen is over: steps are told to the command line again. Gives what went wrong on the way and cost no data. */
  close(): string[];
}

/**
 * What the screen loads its places from: a live cluster. The lists come from the API; a node is looked at when a place of it,
 * or a pod or service on it, is entered. `after` is told the steps that come when the screen is over.
 */
export function livePort(source: Opened, after: Progress): LivePort {
  const visited = new Set<string>();
  /** The last look at all of a node, which a look at its rules alone is laid over. */
  const looks = new Map<string, Snapshot>();
  const warnings = new Set<string>();
  let over = false;

  function requestOf(home: Loadable): CollectRequest {
    switch (home.kind) {
      case 'cluster':
        return { pods: [], nodes: [], namespaces: 'all' };
      case 'node':
        return { pods: [], nodes: [home.node] };
      case 'pod':
        return { pods: [home], nodes: [] };
      case 'service': {
        const { nodes = [...visited] } = home;
        return nodes === 'all'
          ? { pods: [], nodes: [], services: [home], allNodes: true }
          : { pods: [], nodes: [...nodes], services: [home] };
      }
      case 'trace': {
        const request = traceRequest(home, source);
        return { ...request, nodes: [...new Set([...request.nodes, ...visited])] };
      }
    }
  }

  async function collect(home: Loadable, scope: 'all' | 'rules', tell: Progress, soFar: SoFar): Promise<Snapshot> {
    const whole = home.kind === 'node' && scope === 'rules' ? looks.get(home.node) : undefined;
    if (whole === undefined) return source.collect(requestOf(home), tell, soFar);
    const rules = await source.collect({ ...requestOf(home), nodesAlone: true, ask: rulesAlone }, tell);
    assertWhole(rules, whole);
    return overlaid(whole, rules);
  }

  const port: Port = {
    live: true,
    async load(home, { scope, progress, partial }) {
      const { documentFrom } = await import('./documents.ts');
      let isWhole = false;
      const show = async (snapshot: Snapshot) => {
        const document = await documentFrom(snapshot, home, source);
        if (!isWhole) partial(document, Date.parse(snapshot.index.time));
      };
      // What is known of a pod or service without its nodes is worth to be seen; what is wrong with it, the whole will say.
      const soFar: SoFar = some => {
        if (home.kind === 'pod' || home.kind === 'service') show(some()).catch(() => {});
      };
      const snapshot = await collect(home, scope, words => (over ? after(words) : progress(words)), soFar);
      isWhole = true;
      for (const path of snapshot.files.keys()) {
        const [, node] = /^nodes\/([^/]+)\//.exec(path) ?? [];
        if (node !== undefined) visited.add(node);
      }
      if (home.kind === 'node') looks.set(home.node, snapshot);
      if (home.kind === 'cluster') assertListed(snapshot);
      for (const { message } of snapshot.index.failures) warnings.add(message);
      const document = await documentFrom(snapshot, home, source);
      return { document, at: Date.parse(snapshot.index.time) };
    },
  };
  return {
    port,
    close() {
      over = true;
      return [...warnings];
    },
  };
}

/** Throws ClusterError when the API gave none of the lists. */
function assertListed({ files, index: { failures } }: Snapshot): void {
  const [first] = failures;
  if (first === undefined || ['nodes', 'pods', 'services'].some(kind => files.has(`cluster/${kind}.json`))) return;
  throw new ClusterError(first.code, first.message);
}

/**
 * Throws ClusterError when a look at rules lacks something that the look before had: what did not arrive would stand there as
 * if it were new, or its rules as if they had vanished.
 */
function assertWhole({ index }: Snapshot, before: Snapshot): void {
  const lost = index.failures.find(({ code }) => code !== 'no-hard-cap');
  if (lost !== undefined) throw new ClusterError(lost.code, lost.message);
  for (const [path, { exitCode = 0, truncated, stderr = '' }] of Object.entries(index.sections)) {
    const wasFine = (before.index.sections[path]?.exitCode ?? 0) === 0;
    if (truncated || (exitCode !== 0 && wasFine))
      throw new ClusterError(
        'section-failed',
        `${path} could not be read whole: ${stderr.trim() || `exit code ${exitCode}`}`,
      );
  }
}

/** What a watch asks of a node. */
const rulesAlone = async () => ({ words: ['rules'], pods: false });

/** A look at a node's rules laid over one at all of it. */
function overlaid(whole: Snapshot, rules: Snapshot): Snapshot {
  const ofNode = <T>(entries: Iterable<[string, T]>) => [...entries].filter(([path]) => path.startsWith('nodes/'));
  return {
    index: {
      ...whole.index,
      time: rules.index.time,
      sections: { ...whole.index.sections, ...Object.fromEntries(ofNode(Object.entries(rules.index.sections))) },
      failures: rules.index.failures,
    },
    files: new Map([...whole.files, ...ofNode(rules.files)]),
  };
}
