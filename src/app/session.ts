import type { RemoteProcess } from '../collect/remote.ts';
import type { RemoteCommand } from '../collect/remote-command.ts';
import { ClusterError, UsageError } from '../errors.ts';
import type { RemotePlace } from './remote-target.ts';

/** What is run in a place, and how it is connected to us. */
export interface Session {
  /** Empty: a shell. */
  argv: readonly string[];
  /** The container whose environment it gets. */
  container: string | undefined;
  deadlineSeconds: number;
  /** `terminal`: our own; `pipe`: our stdin is its stdin; `none`: it has none. */
  input: 'terminal' | 'pipe' | 'none';
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  signal: AbortSignal;
}

// bash where the image has it; its start-up files would set another prompt.
const shell = ['sh', '-c', 'if command -v bash >/dev/null; then exec bash --norc; else exec sh; fi'];

/** The prompt says where one is: `[shop/web-0 on node1] / # `. */
function prompt({ target }: RemotePlace): string {
  const { pod, node } = target;
  return `[${pod === null ? node : `${pod.metadata.namespace}/${pod.metadata.name} on ${node}`}] \\w \\$ `;
}

/**
 * Runs a program of the debug image in a place, in its network namespace, and gives the program's exit code. Throws UsageError for a
 * container that is not there, ClusterError when the program could not be run or its stream broke off, the signal's reason
 * when interrupted.
 */
export async function runSession(place: RemotePlace, session: Session): Promise<number> {
  const { input } = session;
  const command = commandOf(place, session);
  if (input === 'terminal') return await place.node.attach(command);
  const process = await place.node.start(command, input);
  try {
    return await connect(process, session);
  } finally {
    process.kill();
  }
}

function commandOf(place: RemotePlace, { argv, container, deadlineSeconds }: Session): RemoteCommand {
  const pid = place.container(container);
  if (container !== undefined && pid === undefined) throw noContainer(place, container);
  return {
    argv: argv.length > 0 ? argv : shell,
    deadlineSeconds,
    ...(place.netns === undefined ? {} : { netns: place.netns }),
    ...(container === undefined || pid === undefined ? {} : { environmentOf: pid }),
    env: {
      ...(argv.length > 0 ? {} : { PS1: prompt(place) }),
      ...(pid === undefined ? {} : { CONTAINER_ROOT: `/proc/${pid}/root` }),
    },
  };
}

function noContainer({ target: { title, pod } }: RemotePlace, name: string): UsageError | ClusterError {
  const names = pod?.spec.containers.map(container => container.name) ?? [];
  if (names.includes(name))
    return new ClusterError('container-not-running', `container ${name} of ${title} does not run`, 'leave out -c');
  return new UsageError(
    'container-not-found',
    `${title} has no container ${name}`,
    names.length === 0 ? 'leave out -c' : `it has: ${names.join(', ')}`,
  );
}

async function connect(process: RemoteProcess, { input, stdin, stdout, stderr, signal }: Session): Promise<number> {
  const ended = (stream: NodeJS.ReadableStream) => new Promise<void>(resolve => stream.once('close', resolve));
  const streams = [ended(process.stdout), ended(process.stderr)];
  process.stdout.pipe(stdout, { end: false });
  process.stderr.pipe(stderr, { end: false });
  if (input === 'pipe') stdin.pipe(process.stdin);
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const code = await Promise.race([process.ended, aborted]);
    await Promise.race([Promise.all(streams), aborted]);
    return code;
  } finally {
    if (input === 'pipe') {
      stdin.unpipe(process.stdin);
      stdin.pause();
    }
  }
}
