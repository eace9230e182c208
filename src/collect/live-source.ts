import { isNetinspectError } from '../errors.ts';
import { type CollectFailure, nodePath, type SectionInfo, type Snapshot } from '../parse/snapshot.ts';
import { addMissing, asFailure, readApiObjects, readNode, readPod } from './api-objects.ts';
import { collectorScript } from './assets.ts';
import { apiPath, type Cluster, openCluster } from './cluster.ts';
import type { ConnectionOptions, DebugOptions, Progress } from './connection.ts';
import { createDebugPod, type DebugContext, type DebugPod, deletePod } from './debug-pod.ts';
import { decodeFrames } from './frames.ts';
import type { List, Node, Pod } from './kinds.ts';
import { createKubectl } from './kubectl.ts';
import type { ExecResult } from './leased-exec.ts';
import { isOver, keptPod, labelledPods, ownerOf, type User, unknownUser, userMark } from './marks.ts';
import { assertAllowed, assertInspectable } from './preflight.ts';
import type { CollectRequest, Source } from './source.ts';

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

/** What a node's debug pod is asked to collect. */
interface NodeTask {
  node: Node;
  pods: Pod[];
}

/** Everything that a run learns before it starts debug pods in a namespace. */
interface DebugGround {
  user: User;
  known: Pod[];
}

const finished = new Set(['Succeeded', 'Failed']);

/** A static pod's cgroup carries the hash of its manifest, not its UID (k8s pkg/kubelet/types/pod_update.go). */
function collectorArguments(pods: readonly Pod[], timeoutMs: number): string[] {
  const sectionTimeout = Math.max(1, Math.min(10, Math.floor(timeoutMs / 2000)));
  return [
    '--section-timeout',
    String(sectionTimeout),
    ...pods.flatMap(({ metadata, status }) => [
      '--pod',
      metadata.namespace ?? 'default',
      metadata.name,
      metadata.annotations?.['kubernetes.io/config.hash'] ?? metadata.uid ?? '-',
      status?.podIPs?.map(({ ip }) => ip).join(',') || '-',
    ]),
  ];
}

/** The live cluster: objects from the API, and the nodes through debug pods that end with us. */
export function createLiveSource({ connection, debug, progress, signal }: LiveOptions): LiveSource {
  const log = (connection.verbosity ?? 0) >= 6 ? (line: string) => void process.stderr.write(`${line}\n`) : () => {};
  const kubectl = createKubectl(connection, log);
  const pods: DebugPod[] = [];
  const background: Promise<unknown>[] = [];
  let opened: Promise<Cluster> | undefined;

  async function ground(cluster: Cluster, namespace: string): Promise<DebugGround> {
    const [name, known] = await Promise.all([
      cluster.user(),
      labelledPods(cluster, namespace),
      assertAllowed(cluster, namespace),
    ]);
    return { user: userMark(name), known };
  }

  /** Removes our own finished pods; nobody waits for it or hears of it. */
  function sweep(cluster: Cluster, namespace: string, { user, known }: DebugGround): void {
    if (user.hash === unknownUser) return;
    for (const pod of known.filter(pod => ownerOf(pod) === user.hash && isOver(pod, Date.now()))) {
      background.push(deletePod(cluster, namespace, pod.metadata.name).catch(() => {}));
    }
  }

  async function runOnNode(
    context: DebugContext,
    task: NodeTask,
    kept: Pod | undefined,
  ): Promise<{ pod: DebugPod; result: ExecResult }> {
    const pod = createDebugPod(context, task.node.metadata.name, kept);
    pods.push(pod);
    try {
      await pod.start();
      progress(`collecting on ${pod.node}`);
      return { pod, result: await pod.run(collectorScript(), collectorArguments(task.pods, debug.timeoutMs)) };
    } catch (error) {
      // A kept pod may end under our hands.
      if (!kept || !isNetinspectError(error) || error.code !== 'debug-pod-gone') throw error;
      return runOnNode(context, task, undefined);
    }
  }

  async function tasksOf(
    cluster: Cluster,
    request: CollectRequest,
  ): Promise<{ asked: Pod[]; nodes: Node[]; tasks: NodeTask[]; failures: CollectFailure[] }> {
    const failures: CollectFailure[] = [];
    const asked = await Promise.all(request.pods.map(target => readPod(cluster, target)));
    const inspected = asked.filter(pod => pod.spec.nodeName !== undefined && !finished.has(pod.status?.phase ?? ''));
    const named = new Set([...request.nodes, ...inspected.map(pod => pod.spec.nodeName ?? '')]);
    const nodes = request.allNodes
      ? (await cluster.get<List<Node>>(apiPath('core', 'nodes'))).items
      : await Promise.all([...named].map(name => readNode<Node>(cluster, name)));
    const tasks = nodes.flatMap(node => {
      try {
        assertInspectable(node);
        return [{ node, pods: inspected.filter(pod => pod.spec.nodeName === node.metadata.name) }];
      } catch (error) {
        if (nodes.length === 1) throw error;
        failures.push(asFailure(node.metadata.name, error));
        return [];
      }
    });
    return { asked, nodes, tasks, failures };
  }

  async function collect(request: CollectRequest): Promise<Snapshot> {
    const time = new Date().toISOString();
    opened ??= openCluster(connection, { kubectl, log, warn: text => void process.stderr.write(text) });
    const cluster = await opened;
    const namespace = debug.namespace ?? cluster.namespace;
    const grounding = ground(cluster, namespace);
    grounding.catch(() => {});
    progress('reading the API');
    const { asked, nodes, tasks, failures } = await tasksOf(cluster, request);
    signal.throwIfAborted();

    const files = new Map<string, string>();
    const sections: Record<string, SectionInfo> = {};
    const collected = Promise.allSettled(
      tasks.map(async task => {
        const base = await grounding;
        const kept =
          base.user.hash === unknownUser
            ? undefined
            : keptPod(
                base.known.filter(pod => ownerOf(pod) === base.user.hash),
                task.node.metadata.name,
                debug.image,
                Date.now(),
              );
        const purpose =
          task.pods.map(({ metadata }) => `pod ${metadata.namespace}/${metadata.name}`).join(', ') ||
          `node ${task.node.metadata.name}`;
        const context: DebugContext = {
          cluster,
          kubectl,
          debug,
          namespace,
          user: base.user,
          purpose,
          progress,
          signal,
        };
        return runOnNode(context, task, kept);
      }),
    );
    const [objects, outcomes] = await Promise.all([
      readApiObjects(
        cluster,
        [...new Set(request.pods.map(pod => pod.namespace))],
        nodes.map(node => node.metadata.name),
      ),
      collected,
    ]);
    signal.throwIfAborted();
    addMissing(objects, 'pods', 'PodList', asked);
    addMissing(objects, 'nodes', 'NodeList', nodes);

    for (const [index, outcome] of outcomes.entries()) {
      const node = tasks[index]?.node.metadata.name ?? '';
      if (outcome.status === 'rejected') {
        if (tasks.length === 1) throw outcome.reason;
        failures.push(asFailure(node, outcome.reason));
        continue;
      }
      const { pod, result } = outcome.value;
      failures.push(...pod.warnings, ...(result.problem ? [asFailure(node, result.problem)] : []));
      const frames = decodeFrames(result.output);
      if (!frames.complete && !result.problem) {
        failures.push({
          subject: node,
          code: 'stream-truncated',
          message: `the collector's output from ${node} is not whole: ${frames.problem ?? 'unknown'}`,
        });
      }
      for (const { path, text, info } of frames.sections) {
        files.set(nodePath(node, path), text);
        sections[nodePath(node, path)] = info;
      }
    }
    if (tasks.length > 0 && failures.length > 0 && outcomes.every(outcome => outcome.status === 'rejected'))
      throw (outcomes[0] as PromiseRejectedResult).reason;
    await grounding.then(
      base => sweep(cluster, namespace, base),
      () => {},
    );
    return {
      index: {
        apiVersion: 'netinspect/v1',
        kind: 'Snapshot',
        time,
        ...(cluster.context === undefined ? {} : { context: cluster.context }),
        versions: { debugImage: debug.image },
        targets: { pods: request.pods, nodes: request.nodes },
        sections: { ...objects.sections, ...sections },
        failures: [...failures, ...objects.failures],
      },
      files: new Map([...objects.files, ...files]),
    };
  }

  return {
    collect,
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
