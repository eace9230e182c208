import { PassThrough, type Readable } from 'node:stream';
import type { Cluster } from './cluster.ts';
import type { DebugPods, LiveOptions } from './debug-pods.ts';
import { execFailure } from './failures.ts';
import type { Pod } from './kinds.ts';
import type { KubectlStream } from './kubectl.ts';
import { findArguments, findScript, type PodPlace, readPlaces } from './pod-processes.ts';
import { type RemoteCommand, type RemoteInput, remoteArgv, stopLine } from './remote-command.ts';

/** Processes on nodes, in their network namespaces or those of pods, through debug pods. */
export interface Remote {
  cluster(): Promise<Cluster>;
  /**
   * A node through its debug pod, whose lease is renewed until `close`; finds the given pods of that node in the same round
   * trip. Throws ClusterError.
   */
  node(name: string, purpose: string, pods?: readonly Pod[]): Promise<RemoteNode>;
  /** The commands that delete what may still be there. */
  leftovers(): string[];
  /** Ends every process and debug pod. Throws ClusterError `leftover`. */
  close(): Promise<void>;
}

/** What a process gave, to its end. */
export interface RemoteResult {
  /** Its own; 124, 137 or 143 after its deadline. */
  exitCode: number;
  stdout: Buffer;
  stderr: string;
}

/** A process that runs. It ends at its deadline, when its stream is cut, when we end, and by `kill`. */
export interface RemoteProcess {
  stdout: KubectlStream['stdout'];
  stderr: KubectlStream['stderr'];
  /** Its stdin, where it was started with one. */
  stdin: KubectlStream['stdin'];
  /** Asks it to end (SIGTERM); for one without a stdin. */
  stop(): void;
  kill(): void;
  /** Its exit code. Rejects with ClusterError when it could not be run, or its stream broke off. */
  ended: Promise<number>;
}

export interface RemoteNode {
  readonly name: string;
  /** Where the pods that were asked for are, in their order. */
  readonly places: readonly PodPlace[];
  /** Starts a process; `pipe` gives it a stdin. */
  start(command: RemoteCommand, input?: Exclude<RemoteInput, 'terminal'>): Promise<RemoteProcess>;
  /** Runs a process to its end. Throws ClusterError when it could not be run, or its stream broke off. */
  run(command: RemoteCommand): Promise<RemoteResult>;
  /** Runs a process on our own terminal (stdin, stdout and stderr). Gives its exit code; throws as `run` does. */
  attach(command: RemoteCommand): Promise<number>;
}

async function allOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a kept-back piece of stderr was, when the stream has ended. */
interface Ending {
  /** The exit code in kubectl's last line; undefined when there is no such line: kubectl itself failed. */
  exitCode: number | undefined;
  /** The last that was said, some kilobytes. */
  text: string;
}

const exitWords = 'command terminated with exit code ';
const tailSize = 4096;

/** A process' stderr without the line that kubectl adds to it when the process gave a code other than 0. */
function withoutExitLine(stderr: Readable): { stream: Readable; rest: Promise<Ending> } {
  const stream = new PassThrough();
  const rest = (async (): Promise<Ending> => {
    let kept = '';
    let tail = '';
    for await (const chunk of stderr.setEncoding('latin1')) {
      kept += chunk;
      tail = (tail + chunk).slice(-tailSize);
      const line = kept.lastIndexOf('\n', kept.length - 2) + 1;
      const isLast = kept.startsWith(exitWords.slice(0, kept.length - line), line);
      stream.write(Buffer.from(isLast ? kept.slice(0, line) : kept, 'latin1'));
      kept = isLast ? kept.slice(line) : '';
    }
    const exitCode = new RegExp(`^${exitWords}(\\d+)\\s*$`).exec(kept)?.[1];
    if (exitCode === undefined) stream.write(Buffer.from(kept, 'latin1'));
    stream.end();
    return {
      exitCode: exitCode === undefined ? undefined : Number(exitCode),
      text: Buffer.from(tail, 'latin1').toString(),
    };
  })();
  return { stream, rest };
}

export function openRemote(options: LiveOptions, pods: DebugPods): Remote {
  const { debug, signal } = options;

  async function node(name: string, purpose: string, wanted: readonly Pod[] = []): Promise<RemoteNode> {
    const { pod, result } = await pods.run({
      node: name,
      purpose,
      step: `entering ${name}`,
      script: findScript,
      args: findArguments(wanted),
    });
    if (result.problem) throw result.problem;
    const { namespace, session } = pod;
    const place = { node: name, namespace, image: debug.image };
    const argumentsOf = (command: RemoteCommand, input: RemoteInput) => [
      ...['exec', input === 'terminal' ? '-it' : '-i', `--namespace=${namespace}`, pod.name ?? ''],
      ...['-c', 'debugger', '--', ...remoteArgv(command, session, input)],
    ];

    async function start(command: RemoteCommand, input: 'none' | 'pipe' = 'none'): Promise<RemoteProcess> {
      const child = await pods.kubectl.stream(argumentsOf(command, input));
      const stderr = withoutExitLine(child.stderr);
      const ended = child.ended.then(async code => {
        const said = await stderr.rest;
        if (code === 0) return 0;
        if (said.exitCode === undefined) throw execFailure(said.text, place, command.argv[0]);
        return said.exitCode;
      });
      // Who started it may have gone.
      ended.catch(() => {});
      return {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: stderr.stream,
        stop: () => void child.stdin.write(stopLine),
        kill: child.kill,
        ended,
      };
    }

    return {
      name,
      places: readPlaces(result.output.toString(), wanted.length),
      start,
      async run(command) {
        const process = await start(command);
        const [stdout, stderr, exitCode] = await Promise.all([
          allOf(process.stdout),
          allOf(process.stderr),
          process.ended,
        ]);
        return { exitCode, stdout, stderr: stderr.toString() };
      },
      attach: command => pods.kubectl.attach(argumentsOf(command, 'terminal'), signal),
    };
  }

  return { cluster: pods.cluster, node, leftovers: pods.leftovers, close: pods.close };
}
