import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from '../errors.ts';
import type { CollectFailure } from '../parse/snapshot.ts';
import { ApiError, apiPath, type Cluster } from './cluster.ts';
import type { DebugOptions, Progress } from './connection.ts';
import { type DebugPlace, debugFailure, podFailure, startTimeout } from './failures.ts';
import type { Pod } from './kinds.ts';
import { type Kubectl, type KubectlResult, quoteArgument } from './kubectl.ts';
import { leaseSeconds, podCommand, podOrigin } from './lease.ts';
import { type ExecResult, type LeasedExec, leasedExec } from './leased-exec.ts';
import { type KeptPods, keptAnnotation, marks, type User } from './marks.ts';

export interface DebugContext {
  cluster: Cluster;
  kubectl: Kubectl;
  debug: DebugOptions;
  /** The debug pod's namespace. */
  namespace: string;
  user: User;
  /** What the pod is for, in its annotations: `pod shop/web-1`. */
  purpose: string;
  progress: Progress;
  /** Aborted when the user interrupts us. */
  signal: AbortSignal;
}

/** A debug pod from before its creation to after its deletion. */
export interface DebugPod {
  readonly node: string;
  readonly namespace: string;
  /** Its name; undefined before it is known. */
  readonly name: string | undefined;
  /** Stands in the environment of what is run in it for us: such processes end with our streams, also in a kept pod. */
  readonly session: string;
  /** What did not work but does not stop us, such as a hard cap that could not be set. */
  readonly warnings: CollectFailure[];
  /** Creates the pod (unless it is a kept one) and waits until it runs. Throws ClusterError; then `close` cleans up. */
  start(): Promise<void>;
  /** Runs a script in it, again on the stream that it had before where that can be, and renews its lease. Throws ClusterError when it cannot be run at all. */
  run(script: string, args: readonly string[]): Promise<ExecResult>;
  /** Deletes the pod, or leaves a kept one. Throws ClusterError `leftover` with the command to type. Safe to call twice. */
  close(): Promise<void>;
  /** The command that deletes what may still be there, for a user in a hurry; undefined when nothing may. */
  leftover(): string | undefined;
}

const leastHardCapSeconds = 600;

/** Privileged pods end by this, whatever else happens: seconds from the pod's start. */
export function hardCapSeconds({ keepMs = 0, sessionMs = 0, timeoutMs }: DebugOptions): number {
  return Math.max(leastHardCapSeconds, Math.ceil((keepMs + sessionMs + 2 * timeoutMs) / 1000));
}

const deleteGraceSeconds = 1;
const watchPauseMs = 500;
const watchAttempts = 3;
const createGraceMs = 5000;

/** The arguments of `kubectl debug` that make the pod. */
export function debugArguments(
  node: string,
  namespace: string,
  debug: DebugOptions,
  command: readonly string[],
): string[] {
  return [
    'debug',
    `node/${node}`,
    `--namespace=${namespace}`,
    '--profile=sysadmin',
    `--image=${debug.image}`,
    ...(debug.imagePullPolicy ? [`--image-pull-policy=${debug.imagePullPolicy}`] : []),
    '--',
    ...command,
  ];
}

/** The command that deletes a debug pod, for people. */
export function deleteCommand(kubectl: Kubectl, namespace: string, name: string): string {
  return kubectl
    .commandLine(['delete', 'pod', `--namespace=${namespace}`, name])
    .map(quoteArgument)
    .join(' ');
}

/** Deletes a debug pod; one that is gone already is fine. */
export async function deletePod(cluster: Cluster, namespace: string, name: string): Promise<void> {
  try {
    await cluster.delete(apiPath('core', 'pods', { namespace, name }), { gracePeriodSeconds: deleteGraceSeconds });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

/** The failures of `kubectl debug` after which the pod may exist all the same. */
const undecided = new Set(['connection-lost', 'debug-refused']);

const printedName = /^Creating debugging pod (\S+) with container \S+ on node \S+\.$/m;

/** A debug pod on `node`: the usable one that an earlier run left for us, or a new one, which takes the place of worn ones if it is kept. */
export function createDebugPod(context: DebugContext, node: string, { usable: kept, worn }: KeptPods): DebugPod {
  const { cluster, kubectl, debug, namespace, user, progress, signal } = context;
  const place: DebugPlace = { node, namespace, image: debug.image };
  const run = randomBytes(8).toString('hex');
  const session = randomBytes(8).toString('hex');
  const warnings: CollectFailure[] = [];
  const execs: LeasedExec[] = [];
  let name = kept?.metadata.name;
  const giveUp = new AbortController();
  let creating: Promise<KubectlResult> | undefined;
  let marking: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let gone = false;
  let used = false;
  let lease = leaseSeconds;

  async function mark(pod: Pod): Promise<void> {
    try {
      await cluster.patch(apiPath('core', 'pods', { namespace, name: pod.metadata.name }), {
        metadata: marks(user, context.purpose),
        spec: { activeDeadlineSeconds: hardCapSeconds(debug) },
      });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return;
      const message = `the debug pod ${pod.metadata.name} has no label and no hard cap, its lease alone ends it${debug.keepMs === undefined ? '' : ', and it cannot be kept'}: ${(error as Error).message}`;
      warnings.push({ subject: node, code: 'no-hard-cap', message });
      progress(message);
    }
  }

  /** Follows our pod from its creation until it runs; the watch starts before the pod exists. */
  async function running(stop: AbortSignal, last: { pod?: Pod }): Promise<void> {
    const path = apiPath('core', 'pods', { namespace, query: { fieldSelector: `spec.nodeName=${node}` } });
    for (let failures = 0; ; await sleep(watchPauseMs, undefined, { signal: stop })) {
      try {
        for await (const { type, object: pod } of cluster.watch<Pod>(path, stop)) {
          failures = 0;
          if (type === 'ERROR' || type === 'BOOKMARK' || podOrigin(pod)?.run !== run) continue;
          last.pod = pod;
          name = pod.metadata.name;
          gone = type === 'DELETED';
          marking ??= mark(pod);
          const failure = podFailure(pod, place);
          if (failure) throw failure;
          if (pod.status?.containerStatuses?.[0]?.state?.running) return;
        }
      } catch (error) {
        failures += 1;
        const lost = error instanceof ClusterError && error.code === 'connection-lost';
        if (stop.aborted || !lost || failures === watchAttempts) throw error;
      }
    }
  }

  async function start(): Promise<void> {
    if (kept) return progress(`using the debug pod ${name} on ${node}, kept by an earlier run`);
    progress(`starting a debug pod on ${node}`);
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(debug.timeoutMs);
    const done = new AbortController();
    const stop = AbortSignal.any([signal, deadline, done.signal]);
    const last: { pod?: Pod } = {};
    creating = kubectl.run(debugArguments(node, namespace, debug, podCommand(run, user.hash)), giveUp.signal);
    const refused = creating.then(({ exitCode, stderr }) => {
      if (exitCode !== 0) throw debugFailure(stderr, place);
      return new Promise<never>(() => {});
    });
    const interrupted = new Promise<never>((_, reject) => {
      stop.addEventListener('abort', () => reject(stop.reason), { once: true });
    });
    try {
      await Promise.race([running(stop, last), refused, interrupted]);
    } catch (error) {
      signal.throwIfAborted();
      throw deadline.aborted && !(error instanceof ClusterError)
        ? startTimeout(last.pod, place, debug.timeoutMs)
        : error;
    } finally {
      interrupted.catch(() => {});
      refused.catch(() => {});
      done.abort();
    }
  }

  /** The name of the pod that `kubectl debug` made for us, also when we never saw it; undefined when it made none. */
  async function createdName(): Promise<string | undefined> {
    if (name !== undefined || !creating) return name;
    const missing = { exitCode: 127, stdout: '', stderr: '' };
    const result = await Promise.race([creating.catch(() => missing), sleep(createGraceMs, undefined, { ref: false })]);
    if (result === missing) return undefined;
    const printed = printedName.exec(result?.stdout ?? '')?.[1];
    if (printed !== undefined) return printed;
    if (result && result.exitCode !== 0 && !undecided.has(debugFailure(result.stderr, place).code)) return undefined;
    giveUp.abort();
    const query = { fieldSelector: `spec.nodeName=${node}` };
    const { items } = await cluster.get<{ items: Pod[] }>(apiPath('core', 'pods', { namespace, query }));
    return items.find(pod => podOrigin(pod)?.run === run)?.metadata.name;
  }

  /** Leaves the pod for later runs, when that is asked for: a last long renewal, then the annotation by which they find it. */
  async function keep(): Promise<boolean> {
    const { keepMs } = debug;
    if (keepMs === undefined || name === undefined) return false;
    try {
      const seconds = Math.ceil(keepMs / 1000);
      await Promise.all(execs.map(exec => exec.keep(seconds)));
      lease = Math.max(lease, seconds);
      await cluster.patch(apiPath('core', 'pods', { namespace, name }), {
        metadata: { annotations: keptAnnotation(keepMs) },
      });
      if (!kept) await dropWorn();
      return true;
    } catch (error) {
      progress(`the debug pod ${name} on ${node} cannot be kept: ${(error as Error).message}`);
      return false;
    }
  }

  /** Deletes the pods whose place ours has taken; one that stays ends by its own lease and cap. */
  async function dropWorn(): Promise<void> {
    await Promise.allSettled(worn.map(pod => deletePod(cluster, namespace, pod.metadata.name)));
  }

  async function end(): Promise<void> {
    try {
      const left = used && !signal.aborted && (await keep());
      // The end of its stream ends the pod, also when the API server no longer takes a DELETE.
      for (const exec of execs) exec.kill();
      if (left || kept) return;
      if (creating) progress(`deleting the debug pod on ${node}`);
      name = await createdName();
      if (name !== undefined && !gone) await deletePod(cluster, namespace, name);
      gone = true;
    } catch (error) {
      const command = name === undefined ? 'kubectl netinspect cleanup' : deleteCommand(kubectl, namespace, name);
      throw new ClusterError(
        'leftover',
        `the debug pod on ${node} could not be deleted: ${(error as Error).message}; it ends by itself within ${lease} s, remove it then with: ${command}`,
        undefined,
        { cause: error },
      );
    } finally {
      await marking;
    }
  }

  return {
    node,
    namespace,
    get name() {
      return name;
    },
    session,
    warnings,
    start,
    async run(script, args) {
      if (name === undefined) throw new Error('the debug pod is not running');
      for (const exec of execs) {
        const result = exec.again(script, args);
        if (result !== undefined) return result;
      }
      const exec = leasedExec(
        { kubectl, place, pod: name, session, timeoutMs: debug.timeoutMs, signal, atEnd: kept ? 'keep' : 'end' },
        script,
        args,
      );
      execs.push(exec);
      const result = await exec.result;
      used = true;
      await marking;
      return result;
    },
    close: () => (closing ??= end()),
    leftover() {
      if (gone || kept || !creating) return undefined;
      return name === undefined ? 'kubectl netinspect cleanup' : deleteCommand(kubectl, namespace, name);
    },
  };
}
