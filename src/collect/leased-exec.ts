import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from '../errors.ts';
import { type DebugPlace, execFailure } from './failures.ts';
import type { Kubectl, KubectlStream } from './kubectl.ts';
import { type AtEnd, againLine, endOfOutput, leasedCommand, leaseSeconds, renewalMs } from './lease.ts';

export interface ExecTarget {
  kubectl: Kubectl;
  place: DebugPlace;
  pod: string;
  /** What is marked with it ends with the stream (lease.ts). */
  session: string;
  timeoutMs: number;
  signal: AbortSignal;
  atEnd: AtEnd;
}

export interface ExecResult {
  output: Buffer;
  stderr: string;
  /** Why the output is not whole; undefined when it is. */
  problem: ClusterError | undefined;
}

/** A script that runs in a debug pod, on a stream that goes on renewing the pod's lease after the script has ended. */
export interface LeasedExec {
  /** Rejects with ClusterError when nothing could be run, or with the signal's reason. */
  result: Promise<ExecResult>;
  /**
   * Runs the script once more on the same stream; undefined where it cannot: it still runs, is another one, has arguments that
   * a line cannot hold, or the stream has ended. Rejects as `result` does.
   */
  again(script: string, args: readonly string[]): Promise<ExecResult> | undefined;
  /** Makes the pod outlive the stream by so many seconds, and ends the stream. */
  keep(seconds: number): Promise<void>;
  kill(): void;
}

const stderrLimit = 16 * 1024;
/** Of compressed output, in bytes: against a stream that would fill the memory. */
const outputLimit = 1 << 26;
const keepTimeoutMs = 3000;
const endMs = 3000;

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** What a stream brings, a run of the script at a time. */
interface Intake {
  /** Begins anew; resolves when the run has ended, or has sent too much. */
  begin(): Promise<'whole' | 'too large'>;
  /** What the run has sent so far; it is given once. */
  take(): Buffer;
  stderr(): string;
}

function intakeOf(child: KubectlStream): Intake {
  let chunks: Buffer[] = [];
  let size = 0;
  let tail: Buffer = Buffer.alloc(0);
  let stderr = '';
  let tell: (how: 'whole' | 'too large') => void = () => {};
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < stderrLimit) stderr += text;
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (size > outputLimit) return;
    size += chunk.length;
    if (size > outputLimit) tell('too large');
    chunks.push(chunk);
    tail = Buffer.concat([tail, chunk]).subarray(-64);
    if (endOfOutput(tail)) tell('whole');
  });
  return {
    begin() {
      chunks = [];
      size = 0;
      tail = Buffer.alloc(0);
      stderr = '';
      return new Promise(resolve => {
        tell = resolve;
      });
    },
    take() {
      const output = Buffer.concat(chunks);
      chunks = [];
      return output;
    },
    stderr: () => stderr,
  };
}

/** Waits for the end of a run that has just been asked for. */
async function outcome(target: ExecTarget, child: KubectlStream, intake: Intake): Promise<ExecResult> {
  const { place, timeoutMs, signal } = target;
  signal.throwIfAborted();
  const whole = intake.begin();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>(resolve => {
    timer = setTimeout(() => resolve('timeout'), timeoutMs);
  });
  let onAbort: () => void = () => {};
  const aborted = new Promise<'aborted'>(resolve => {
    onAbort = () => resolve('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const how = await Promise.race([whole, child.ended, timeout, aborted]);
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();

  const output = intake.take();
  const stderr = intake.stderr();
  const end = endOfOutput(output);
  if (end?.exitCode === 0) return { output: end.body, stderr, problem: undefined };
  if (end) {
    // stderr is a stream of its own: all of it is there when kubectl has ended.
    child.stdin.end();
    await Promise.race([child.ended, sleep(endMs, undefined, { ref: false })]);
    const problem = new ClusterError(
      'collector-failed',
      `the collector on ${place.node} failed: ${lastLine(intake.stderr()) || `exit code ${end.exitCode}`}`,
      'name a debug image that has its tools with --debug-image',
    );
    if (end.body.length === 0) throw problem;
    return { output: end.body, stderr: intake.stderr(), problem };
  }
  if (how === 'too large') {
    const problem = new ClusterError(
      'output-too-large',
      `the collector on ${place.node} sent more than ${outputLimit} bytes, and was ended`,
      'is the debug image the one that you meant (--debug-image)?',
    );
    return { output, stderr, problem };
  }
  if (how === 'timeout') {
    const problem = new ClusterError(
      'collect-timeout',
      `the collector on ${place.node} did not end within ${timeoutMs / 1000} s`,
      'give more time with --timeout',
    );
    return { output, stderr, problem };
  }
  if (output.length === 0) throw execFailure(stderr, place);
  const why = lastLine(stderr);
  const problem = new ClusterError(
    'stream-truncated',
    `the stream from ${place.node} ended after ${output.length} bytes, before the collector did${why ? `: ${why}` : ''}`,
    'what arrived is kept; try again for the rest',
  );
  return { output, stderr, problem };
}

/** The arguments of the `kubectl exec` that runs `command` in a debug pod. */
export function execArguments(namespace: string, pod: string, command: readonly string[]): string[] {
  return ['exec', '-i', `--namespace=${namespace}`, pod, '-c', 'debugger', '--', ...command];
}

/** Runs `script` with `args` in a debug pod through one `kubectl exec`, whose stdin then renews the pod's lease. */
export function leasedExec(target: ExecTarget, script: string, args: readonly string[]): LeasedExec {
  const { kubectl, place, pod, session, atEnd } = target;
  const source = Buffer.from(script);
  const command = leasedCommand(source.length, atEnd, session, args);
  const starting = kubectl.stream(execArguments(place.namespace, pod, command));
  let beat: NodeJS.Timeout | undefined;
  let killed = false;

  let hasEnded = false;
  /** The stream, when the last run has ended well. */
  let idle: { child: KubectlStream; intake: Intake } | undefined;

  async function first(): Promise<ExecResult> {
    const child = await starting;
    if (killed) child.kill();
    const result = follow(child, intakeOf(child));
    child.stdin.write(source);
    beat = setInterval(() => child.stdin.write(`${leaseSeconds}\n`), renewalMs);
    void child.ended.then(() => {
      clearInterval(beat);
      hasEnded = true;
    });
    return result;
  }

  async function follow(child: KubectlStream, intake: Intake): Promise<ExecResult> {
    const result = await outcome(target, child, intake);
    if (result.problem === undefined) idle = { child, intake };
    return result;
  }

  return {
    result: first(),
    again(otherScript, others) {
      const line = againLine(others);
      if (idle === undefined || hasEnded || killed || otherScript !== script || line === undefined) return undefined;
      const { child, intake } = idle;
      idle = undefined;
      const result = follow(child, intake);
      child.stdin.write(line);
      return result;
    },
    async keep(seconds) {
      const child = await starting;
      clearInterval(beat);
      child.stdin.end(`${seconds}\n`);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<number>(resolve => {
        timer = setTimeout(() => resolve(-1), keepTimeoutMs);
      });
      const code = await Promise.race([child.ended, late]);
      clearTimeout(timer);
      if (code !== 0) throw new ClusterError('lease', `its lease could not be renewed (exit code ${code})`);
    },
    kill() {
      killed = true;
      clearInterval(beat);
      starting.then(
        child => child.kill(),
        () => {},
      );
    },
  };
}
