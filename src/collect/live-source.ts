import packageJson from '../../package.json' with { type: 'json' };
import { ClusterError, isNetinspectError } from '../errors.ts';
import { type CollectFailure, nodePath, type SectionInfo, type Snapshot } from '../parse/snapshot.ts';
import { isRefusal, readThroughAgents } from './agent-way.ts';
import { type ApiObjects, addMissing, asFailure, noObjects, readApiObjects } from './api-objects.ts';
import { collectorScript } from './assets.ts';
import type { Progress } from './connection.ts';
import { createDebugPods, type DebugPods, type LiveOptions, type PodAnswer } from './debug-pods.ts';
import { decodeFrames } from './frames.ts';
import { readRoutes } from './routes.ts';
import { settleAll } from './settle.ts';
import type { CollectRequest, SoFar, Source } from './source.ts';
import { listedNamespaces, type NodeTask, purposeOf, readTargets, taskArguments } from './targets.ts';

/** The live cluster as a source. */
export interface LiveSource extends Source {
  /** The commands that delete what may still be there: for a second Ctrl-C, which does not wait. */
  leftovers(): string[];
}

/** So many privileged pods and kubectl children at a time. */
const nodesAtOnce = 8;

interface NodeOutcome {
  files: Map<string, string>;
  sections: Record<string, SectionInfo>;
  failures: CollectFailure[];
  /** When it was begun with, in ms since the epoch. */
  at: number;
}

function decode({ pod: { node, warnings }, result: { output, problem }, at }: PodAnswer): NodeOutcome {
  const frames = decodeFrames(output);
  const failures = [...warnings];
  if (problem) failures.push(asFailure(node, problem));
  else if (!frames.complete) {
    failures.push({
      subject: node,
      code: 'stream-truncated',
      message: `the output of the collector on ${node} is not whole: ${frames.problem}`,
    });
  }
  return {
    files: new Map(frames.sections.map(({ path, text }) => [nodePath(node, path), text])),
    sections: Object.fromEntries(frames.sections.map(({ path, info }) => [nodePath(node, path), info])),
    failures,
    at,
  };
}

/** For --via api. */
function nothingOf(node: string): NodeOutcome {
  const message = `${node} was not looked at: --via api`;
  return {
    files: new Map(),
    sections: {},
    failures: [{ subject: node, code: 'way-api', message }],
    at: Number.POSITIVE_INFINITY,
  };
}

/** The live cluster: objects from the API, and the nodes through debug pods that end with us, or with `pods` that are given. */
export function createLiveSource(options: LiveOptions, given?: DebugPods): LiveSource {
  const { debug, progress, signal } = options;
  const pods = given ?? createDebugPods(options);

  /** By the way that was asked for; else by a debug pod, and where that is refused by what runs on the node already. */
  async function inspect(task: NodeTask, tell: Progress): Promise<NodeOutcome> {
    const { via } = debug;
    if (via === 'api') return nothingOf(task.node);
    if (via === 'agent') return throughAgents(task, tell, '--via agent');
    try {
      return await throughDebugPod(task, tell);
    } catch (error) {
      if (via === 'debug' || !isRefusal(error)) throw error;
      tell(`${error.message}: trying the kube-proxy or CNI pod of ${task.node}`);
      return await throughAgents(task, tell, error.message).catch(second => {
        if (!isNetinspectError(second)) throw second;
        throw new ClusterError(
          error.code,
          `${error.message}; and by what runs there already: ${second.message}`,
          [error.next, 'or see what the API alone tells: --via api'].filter(Boolean).join('; '),
        );
      });
    }
  }

  async function throughAgents({ node, question }: NodeTask, tell: Progress, why: string): Promise<NodeOutcome> {
    if (question !== undefined)
      throw new ClusterError('needs-debug-pod', 'this question can be asked by a debug pod only', undefined);
    tell(`reading ${node} through its kube-proxy or CNI pod`);
    const at = Date.now();
    const way = { cluster: await pods.cluster(), kubectl: pods.kubectl, signal, timeoutMs: debug.timeoutMs };
    const { files, sections, agents, missing } = await readThroughAgents(way, node);
    const names = agents.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    const lack = missing.length === 0 ? '' : `, nor what needs ${missing.join(', ')}`;
    const message = `${node} was seen through ${names} alone (kubectl exec), for ${why}; its pods' inside, processes and settings were not seen${lack}`;
    return { files, sections, failures: [{ subject: node, code: 'way-agent', message }], at };
  }

  async function throughDebugPod(task: NodeTask, tell: Progress): Promise<NodeOutcome> {
    return decode(
      await pods.run({
        node: task.node,
        purpose: purposeOf(task),
        step: `collecting on ${task.node}`,
        script: collectorScript(),
        args: taskArguments(task, debug.timeoutMs),
        progress: tell,
      }),
    );
  }

  async function gather(request: CollectRequest, tell: Progress, partial: SoFar): Promise<Snapshot> {
    const began = Date.now();
    const cluster = await pods.cluster();
    pods.prepare();
    tell('reading the API');
    const { asked, nodes, tasks, failures } = await readTargets(cluster, request);
    signal.throwIfAborted();

    let listed: ApiObjects | undefined;
    const answered: NodeOutcome[] = [];
    const some = () => {
      if (listed !== undefined && answered.length < tasks.length)
        partial(() => snapshotOf(listed ?? noObjects(), answered));
    };
    const inspecting = settleAll(tasks, nodesAtOnce, task => {
      const outcome = inspect(task, tell).then(each => {
        answered.push(each);
        some();
        return each;
      });
      // One node's answer is shown before its debug pod is deleted; of several none waits for the others.
      return tasks.length === 1 || given !== undefined ? outcome : outcome.finally(() => pods.closeOn(task.node));
    });
    const [objects, outcomes] = await Promise.all([readLists(), inspecting]);
    signal.throwIfAborted();

    const refused = outcomes.filter(outcome => outcome.status === 'rejected');
    if (refused[0] && refused.length === outcomes.length) throw refused[0].reason;
    const read = outcomes.map((outcome, index) =>
      outcome.status === 'fulfilled'
        ? outcome.value
        : {
            files: new Map<string, string>(),
            sections: {},
            failures: [asFailure(tasks[index]?.node ?? '', outcome.reason)],
            at: Number.POSITIVE_INFINITY,
          },
    );
    await pods.sweep();
    return snapshotOf(objects, read);

    async function readLists(): Promise<ApiObjects> {
      const names = nodes.map(node => node.metadata.name);
      const objects = request.nodesAlone
        ? noObjects()
        : await readApiObjects(cluster, asked, names, listedNamespaces(request));
      if (request.routes) await readRoutes(cluster, objects);
      addMissing(objects, 'pods', 'PodList', asked);
      addMissing(objects, 'nodes', 'NodeList', nodes);
      listed = objects;
      some();
      return objects;
    }

    function snapshotOf(objects: ApiObjects, read: readonly NodeOutcome[]): Snapshot {
      const parts = [objects, ...read];
      // A debug pod may have taken its time to start: ages are those of what its node said.
      const looked = Math.min(...read.map(({ at }) => at));
      return {
        index: {
          apiVersion: 'netinspect/v1',
          kind: 'Snapshot',
          time: new Date(Number.isFinite(looked) ? looked : began).toISOString(),
          ...(cluster.context === undefined ? {} : { context: cluster.context }),
          versions: {
            netinspect: packageJson.version,
            ...(objects.serverVersion === undefined ? {} : { kubernetes: objects.serverVersion }),
            debugImage: debug.image,
          },
          targets: {
            pods: request.pods,
            nodes: request.nodes,
            ...(request.services === undefined ? {} : { services: request.services }),
          },
          sections: Object.assign({}, ...parts.map(part => part.sections)),
          failures: [...failures, ...parts.flatMap(part => part.failures)],
        },
        files: new Map(parts.flatMap(part => [...part.files])),
      };
    }
  }

  async function check(request: CollectRequest): Promise<void> {
    await readTargets(await pods.cluster(), request);
  }

  /** An interrupt does not wait for answers of the API server. */
  async function interruptible<T>(work: Promise<T>): Promise<T> {
    let interrupt = () => {};
    const interrupted = new Promise<never>((_, reject) => {
      interrupt = () => reject(signal.reason);
      if (signal.aborted) interrupt();
      else signal.addEventListener('abort', interrupt);
    });
    try {
      return await Promise.race([work, interrupted]);
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  return {
    collect: (request, tell = progress, partial = () => {}) => interruptible(gather(request, tell, partial)),
    check: request => interruptible(check(request)),
    leftovers: pods.leftovers,
    close: pods.close,
  };
}
