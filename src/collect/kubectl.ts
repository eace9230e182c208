import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Options } from 'execa';
import { ClusterError } from '../errors.ts';
import type { ConnectionOptions } from './connection.ts';

export interface KubectlResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A kubectl child whose streams stay open. */
export interface KubectlStream {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Resolves with the exit code when the child has ended; never rejects. */
  ended: Promise<number>;
  kill(): void;
}

export interface Kubectl {
  /**
   * Runs kubectl to its end, or until `signal` kills it. Throws ClusterError `kubectl-missing`; any exit code is a
   * result, not an error.
   */
  run(args: readonly string[], signal?: AbortSignal): Promise<KubectlResult>;
  /**
   * Starts kubectl with open streams. Throws ClusterError `kubectl-missing`.
   * `endsWithUs`: for a child that does not read its stdin; it is ended when our end of that pipe closes, even by SIGKILL.
   */
  stream(args: readonly string[], options?: { endsWithUs?: boolean }): Promise<KubectlStream>;
  /**
   * Runs kubectl on our own terminal, in our own process group, and gives its exit code. `signal` ends it in a way that
   * lets it put the terminal right. Throws ClusterError `kubectl-missing`.
   */
  attach(args: readonly string[], signal: AbortSignal): Promise<number>;
  /** The argv for people, as they could type it: a token is left out. */
  commandLine(args: readonly string[]): string[];
  /** Ends every child that still runs. */
  killAll(): void;
}

/** kubectl's global flags for the connection, without the namespace, which each call names itself. */
export function connectionFlags(connection: ConnectionOptions): string[] {
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [`--${name}=${value}`]);
  return [
    ...flag('kubeconfig', connection.kubeconfig),
    ...flag('context', connection.context),
    ...flag('cluster', connection.cluster),
    ...flag('user', connection.user),
    ...flag('as', connection.as),
    ...(connection.asGroup ?? []).map(group => `--as-group=${group}`),
    ...flag('as-uid', connection.asUid),
    ...flag('token', connection.token),
    ...flag('server', connection.server),
    ...flag('certificate-authority', connection.certificateAuthority),
    ...flag('client-certificate', connection.clientCertificate),
    ...flag('client-key', connection.clientKey),
    ...(connection.insecureSkipTlsVerify === undefined
      ? []
      : [`--insecure-skip-tls-verify=${connection.insecureSkipTlsVerify}`]),
    ...flag('tls-server-name', connection.tlsServerName),
    ...flag('request-timeout', connection.requestTimeout),
    ...flag('cache-dir', connection.cacheDir),
  ];
}

/** One argument as a POSIX shell would need it: for messages only, nothing here is run by a shell. */
export function quoteArgument(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

function missing(program: string, error: unknown): ClusterError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'was not found' : `cannot be run (${code ?? message})`;
  const next = process.env['KUBECTL_PATH']
    ? 'correct KUBECTL_PATH'
    : 'install kubectl 1.30 or newer and put it in PATH, or name it with KUBECTL_PATH';
  return new ClusterError('kubectl-missing', `kubectl (${program}) ${why}`, next, { cause: error });
}

const childOptions = {
  // A group of its own: Ctrl-C at the terminal ends us, and we end the children in order.
  detached: true,
  cleanup: false,
  // kuberc may hold defaults such as `delete --interactive` that would stop a child.
  env: { KUBECTL_KUBERC: 'false' },
  reject: false,
  stripFinalNewline: false,
} as const satisfies Options;

/** Runs "$0" "$@" in its place; a watcher beside it ends it when the inherited stdin ends. */
const endAtEndOfInput = 'exec 3<&0; { read -r _ <&3; kill $$; } >/dev/null 2>&1 & exec "$0" "$@" </dev/null 3<&-';

/** kubectl's -v=6: each request and command on stderr. */
export function stderrLog(connection: ConnectionOptions): (line: string) => void {
  return (connection.verbosity ?? 0) >= 6 ? line => void process.stderr.write(`${line}\n`) : () => {};
}

/** kubectl as a child process; the program is KUBECTL_PATH or `kubectl` in PATH. `log` gets each command line. */
export function createKubectl(connection: ConnectionOptions, log: (line: string) => void = () => {}): Kubectl {
  const program = process.env['KUBECTL_PATH'] || 'kubectl';
  const flags = connectionFlags(connection);
  const running = new Set<{ kill(signal: NodeJS.Signals): unknown }>();

  const shownFlags = flags.map(flag => (flag.startsWith('--token=') ? '--token=***' : flag));
  const commandLine = (args: readonly string[]) => [program, ...shownFlags, ...args];

  function announce(args: readonly string[]): string[] {
    log(commandLine(args).map(quoteArgument).join(' '));
    return [...flags, ...args];
  }

  function exitCodeOf(result: { exitCode?: number | undefined; signal?: NodeJS.Signals | undefined }): number {
    return result.exitCode ?? 128 + (result.signal ? constants.signals[result.signal] : 0);
  }

  return {
    commandLine,
    async run(args, signal) {
      const { execa } = await import('execa');
      const killable = signal ? { cancelSignal: signal, killSignal: 'SIGKILL' as const } : {};
      const child = execa(program, announce(args), { ...childOptions, ...killable, stdin: 'ignore' });
      running.add(child);
      const result = await child.finally(() => running.delete(child));
      if (result.exitCode === undefined && !result.signal && !result.isCanceled)
        throw missing(program, result.cause ?? result);
      return { exitCode: exitCodeOf(result), stdout: result.stdout, stderr: result.stderr };
    },
    async stream(args, { endsWithUs = false } = {}) {
      const { execa } = await import('execa');
      const watched = endsWithUs && process.platform !== 'win32' ? ['sh', '-c', endAtEndOfInput] : [];
      const [file = program, ...rest] = [...watched, program, ...announce(args)];
      const child = execa(file, rest, { ...childOptions, buffer: false, encoding: 'buffer' });
      if (child.pid === undefined) throw missing(program, (await child).cause);
      running.add(child);
      // Writing to a child that has ended is not an error of ours: `ended` tells.
      child.stdin.on('error', () => {});
      return {
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
        ended: child.finally(() => running.delete(child)).then(exitCodeOf),
        kill: () => {
          child.stdin.destroy();
          child.kill('SIGKILL');
        },
      };
    },
    async attach(args, signal) {
      const { execa } = await import('execa');
      const child = execa(program, announce(args), {
        ...childOptions,
        detached: false,
        stdio: 'inherit',
        cancelSignal: signal,
        forceKillAfterDelay: 2000,
      });
      if (child.pid === undefined) throw missing(program, (await child).cause);
      running.add(child);
      return child.finally(() => running.delete(child)).then(exitCodeOf);
    },
    killAll() {
      for (const child of running) child.kill('SIGKILL');
    },
  };
}
