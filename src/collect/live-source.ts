import packageJson from '../../package.json' with { type: 'json' };
import { isNetinspectError } from '../errors.ts';
import { type CollectFailure, nodePath, type SectionInfo, type Snapshot } from '../parse/snapshot.ts';
import { addMissing, asFailure, readApiObjects } from './api-objects.ts';
import { collectorScript } from './assets.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { ConnectionOptions, DebugOptions, Progress } from './connection.ts';
import { createDebugPod, type DebugContext, type DebugPod, deletePod } from './debug-pod.ts';
import { decodeFrames } from './frames.ts';
import type { Pod } from './kinds.ts';
import { createKubectl, stderrLog } from './kubectl.ts';
import type { ExecResult } from './leased-exec.ts';
import { isOver, type KeptPods, keptPods } from './marks.ts';
import { readGround } from './preflight.ts';
import { settleAll } from './settle.ts';
import type { CollectRequest, Source } from './source.ts';
import { listedNamespaces, type NodeTask, purposeOf, readTargets, taskArguments } from './targets.ts';

export interface LiveOptions {
  connection: ConnectionOptions;
  debug: DebugOptions;
  progress: Progress;
  /** Aborted when the user interrupts; `collect` then rejects with its reason and `close` cleans up. */
  signal: AbortSignal;
}

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
}

function decode({ node, warnings }: DebugPod, { output, problem }: ExecResult): NodeOutcome {
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
  };
}

/** The live cluster: objects from the API, and the nodes through debug pods that end with us. */
export function createLiveSource({ connection, debug, progress, signal }: LiveOptions): LiveSource {
  const log = stderrLog(connection);
  const kubectl = createKubectl(connection, log);
  const pods: DebugPod[] = [];
  const background: Promise<unknown>[] = [];
  let opened: Promise<Cluster> | undefined;

  async function inspect(context: DebugContext, task: NodeTask, kept: KeptPods): Promise<NodeOutcome> {
    const pod = createDebugPod(context, task.node, kept);
    pods.push(pod);
    try {
      await pod.start();
      progress(`collecting on ${pod.node}`);
      return decode(pod, await pod.run(collectorScript(), taskArguments(task, debug.timeoutMs)));
    } catch (error) {
      // A kept pod may end under our hands.
      if (!kept.usable || !isNetinspectError(error) || error.code !== 'debug-pod-gone') throw error;
      return inspect(context, task, { usable: undefined, worn: kept.worn });
    }
  }

  async function gather(request: CollectRequest): Promise<Snapshot> {
    const time = new Date().toISOString();
    opened ??= openCluster(connection, { kubectl, log, warn: text => void process.stderr.write(text) });
    const cluster = await opened;
    const namespace = debug.namespace ?? cluster.namespace;
    const grounding = readGround(cluster, namespace);
    grounding.catch(() => {});
    progress('reading the API');
    const { asked, nodes, tasks, failures } = await readTargets(cluster, request);
    signal.throwIfAborted();

    const inspecting = settleAll(tasks, nodesAtOnce, async task => {
      const { user, own } = await grounding;
      const context = { cluster, kubectl, debug, namespace, user, purpose: purposeOf(task), progress, signal };
      const outcome = inspect(context, task, keptPods(own, task.node, debug.image, Date.now()));
      // One node's answer is shown before its debug pod is deleted; of several none waits for the others.
      return tasks.length === 1 ? outcome : outcome.finally(() => closeOn(task.node));
    });
    const [objects, outcomes] = await Promise.all([
      readApiObjects(
        cluster,
        asked,
        nodes.map(node => node.metadata.name),
        listedNamespaces(request),
      ),
      inspecting,
    ]);
    signal.throwIfAborted();
    addMissing(objects, 'pods', 'PodList', asked);
    addMissing(objects, 'nodes', 'NodeList', nodes);

    const refused = outcomes.filter(outcome => outcome.status === 'rejected');
    if (refused[0] && refused.length === outcomes.length) throw refused[0].reason;
    const read = outcomes.map((outcome, index) =>
      outcome.status === 'fulfilled'
        ? outcome.value
        : {
            files: new Map<string, string>(),
            sections: {},
            failures: [asFailure(tasks[index]?.node ?? '', outcome.reason)],
          },
    );
    const parts = [objects, ...read];
    await grounding.then(
      ({ own }) => sweep(cluster, own),
      () => {},
    );
    return {
      index: {
        apiVersion: 'netinspect/v1',
        kind: 'Snapshot',
        time,
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

  /** Ends a node's debug pods; `close` says which could not be deleted. */
  async function closeOn(node: string): Promise<void> {
    await Promise.allSettled(pods.filter(pod => pod.node === node).map(pod => pod.close()));
  }

  /** An interrupt does not wait for answers of the API server. */
  function interrupted(): Promise<never> {
    return new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Removes our own finished pods; nobody hears of it. */
  function sweep(cluster: Cluster, own: Pod[]): void {
    for (const { metadata } of own.filter(pod => isOver(pod, Date.now()))) {
      background.push(deletePod(cluster, metadata.namespace ?? 'default', metadata.name).catch(() => {}));
    }
  }

  return {
    collect: request => Promise.race([gather(request), interrupted()]),
    leftovers: () => pods.map(pod => pod.leftover()).filter(command => command !== undefined),
    async close() {
      const ends = await Promise.allSettled([...pods.map(pod => pod.close()), ...background]);
      kubectl.killAll();
      (await opened?.catch(() => undefined))?.close();
      const failed = ends.find(end => end.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
