import { isNetinspectError } from '../errors.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { ConnectionOptions, DebugOptions, Progress } from './connection.ts';
import { createDebugPod, type DebugPod, deletePod, hardCapSeconds } from './debug-pod.ts';
import { createKubectl, type Kubectl, stderrLog } from './kubectl.ts';
import type { ExecResult } from './leased-exec.ts';
import { capOf, isOver, keptPods } from './marks.ts';
import { readGround } from './preflight.ts';

export interface LiveOptions {
  connection: ConnectionOptions;
  debug: DebugOptions;
  progress: Progress;
  /** Aborted when the user interrupts; what waits then rejects with its reason and `close` cleans up. */
  signal: AbortSignal;
}

/** The debug pods of one run, at most one a node: whoever asks for a node's gets the same one. */
export interface DebugPods {
  readonly kubectl: Kubectl;
  /** The API; opened when first asked for. */
  cluster(): Promise<Cluster>;
  /** Learns who we are and what we may do in the debug pods' namespace: earlier than `on` would. */
  prepare(): void;
  /**
   * Runs a script in the node's debug pod (this run's, a kept one, or a new one), which is then held until it is closed. One
   * that ended under our hands, or is near its hard cap, gives way to a new one. Throws ClusterError when it cannot be run at all.
   */
  run(task: PodTask): Promise<PodAnswer>;
  /** Ends a node's debug pod; `close` says when it could not be deleted. */
  closeOn(node: string): Promise<void>;
  /** Removes our own finished pods, in the background; nobody hears of it. */
  sweep(): Promise<void>;
  /** The commands that delete what may still be there: for a second Ctrl-C, which does not wait. */
  leftovers(): string[];
  /** Ends all that was started, the API's connection and kubectl's children too. Throws ClusterError `leftover`. */
  close(): Promise<void>;
}

/** A script for a node's debug pod. */
export interface PodTask {
  node: string;
  /** What a new pod is for, in its annotations. */
  purpose: string;
  /** What is being done, once the pod runs: `collecting on node1`. */
  step: string;
  script: string;
  args: readonly string[];
  /** Is told what is being done, in place of the run's. */
  progress?: Progress;
}

/** What a script answered, and from which pod. */
export interface PodAnswer {
  pod: DebugPod;
  result: ExecResult;
  /** When the script was begun with, in ms since the epoch. */
  at: number;
}

interface Entry {
  pod: DebugPod;
  /** It was used before: it may have ended meanwhile. */
  isOld: boolean;
  /** From then on it is too near its hard cap, in ms since the epoch. */
  wornAt: number;
  /** What runs in it. */
  runs: Set<Promise<ExecResult>>;
}

/** A pod is not begun with when it has less than that until its hard cap. */
const wornMs = 60_000;

/** What a pod that has ended answers with. */
const gone = new Set(['debug-pod-gone', 'exec-refused']);

export function createDebugPods({ connection, debug, progress, signal }: LiveOptions): DebugPods {
  const log = stderrLog(connection);
  const kubectl = createKubectl(connection, log);
  const pods: DebugPod[] = [];
  const current = new Map<string, { entry: Promise<Entry>; wornAt: number }>();
  const background: Promise<unknown>[] = [];
  let opened: Promise<Cluster> | undefined;
  let grounding: ReturnType<typeof readGround> | undefined;
  let closing = false;

  const cluster = () =>
    (opened ??= openCluster(connection, { kubectl, log, warn: text => void process.stderr.write(text) }));
  const namespaceIn = (api: Cluster) => debug.namespace ?? api.namespace;

  function ground(): ReturnType<typeof readGround> {
    grounding ??= cluster().then(api => readGround(api, namespaceIn(api)));
    // It may be asked again, when the server is back or somebody has given the rights.
    grounding.catch(() => {
      grounding = undefined;
    });
    return grounding;
  }

  async function start(node: string, purpose: string, tell: Progress, mayUseKept: boolean): Promise<Entry> {
    const [api, { user, own }] = await Promise.all([cluster(), ground()]);
    signal.throwIfAborted();
    if (closing) throw new Error(`the debug pods are closed: none is started on ${node} any more`);
    const context = {
      cluster: api,
      kubectl,
      debug,
      namespace: namespaceIn(api),
      user,
      purpose,
      progress: tell,
      signal,
    };
    const kept = keptPods(own, node, debug.image, Date.now());
    const usable = mayUseKept ? kept.usable : undefined;
    const pod = createDebugPod(context, node, { usable, worn: kept.worn });
    pods.push(pod);
    try {
      await pod.start();
    } catch (error) {
      // What did not start is not left until the end: the node may be tried again.
      background.push(pod.close().catch(() => {}));
      throw error;
    }
    const cap = usable === undefined ? Date.now() + hardCapSeconds(debug) * 1000 : capOf(usable);
    return { pod, isOld: usable !== undefined, wornAt: (cap ?? Number.POSITIVE_INFINITY) - wornMs, runs: new Set() };
  }

  /** The node's pod, running; started when it has none that lasts. */
  function on(node: string, purpose: string, tell: Progress, mayUseKept = true): Promise<Entry> {
    const last = current.get(node);
    if (last !== undefined && Date.now() < last.wornAt) return last.entry;
    const next = {
      entry: start(node, purpose, tell, mayUseKept && last === undefined),
      wornAt: Number.POSITIVE_INFINITY,
    };
    current.set(node, next);
    next.entry.then(
      ({ wornAt }) => {
        next.wornAt = wornAt;
        if (last !== undefined) background.push(last.entry.then(retire));
      },
      () => current.get(node) === next && current.delete(node),
    );
    return next.entry;
  }

  /** Ends a pod when what runs in it has ended; `close` says when it could not be deleted. */
  async function retire({ pod, runs }: Entry): Promise<void> {
    await Promise.allSettled(runs);
    await pod.close().catch(() => {});
  }

  async function runIn(entry: Entry, script: string, args: readonly string[]): Promise<PodAnswer> {
    const at = Date.now();
    const running = entry.pod.run(script, args);
    entry.runs.add(running);
    try {
      const result = await running;
      entry.isOld = true;
      return { pod: entry.pod, result, at };
    } finally {
      entry.runs.delete(running);
    }
  }

  async function run({ node, purpose, step, script, args, progress: tell = progress }: PodTask): Promise<PodAnswer> {
    const entry = await on(node, purpose, tell);
    tell(step);
    const { isOld } = entry;
    try {
      return await runIn(entry, script, args);
    } catch (error) {
      if (!isOld || !isNetinspectError(error) || !gone.has(error.code)) throw error;
      // Another that found it gone may have put one in its place.
      const now = await current.get(node)?.entry;
      if (now === undefined || now === entry) {
        current.delete(node);
        background.push(retire(entry));
      }
      const next = await on(node, purpose, tell, false);
      tell(step);
      return runIn(next, script, args);
    }
  }

  return {
    kubectl,
    cluster,
    prepare: () => void ground(),
    run,
    async closeOn(node) {
      current.delete(node);
      await Promise.allSettled(pods.filter(pod => pod.node === node).map(pod => pod.close()));
    },
    async sweep() {
      const known = await Promise.all([cluster(), ground()]).catch(() => undefined);
      if (known === undefined) return;
      const [api, { own }] = known;
      for (const { metadata } of own.filter(pod => isOver(pod, Date.now())))
        background.push(deletePod(api, metadata.namespace ?? 'default', metadata.name).catch(() => {}));
    },
    leftovers: () => pods.map(pod => pod.leftover()).filter(command => command !== undefined),
    async close() {
      closing = true;
      const ends = await Promise.allSettled([...pods.map(pod => pod.close()), ...background]);
      kubectl.killAll();
      (await opened?.catch(() => undefined))?.close();
      const failed = ends.find(end => end.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
