import { sessionVariable } from './lease.ts';

/** A process for a debug pod. Nothing of it is read by a shell. */
export interface RemoteCommand {
  argv: readonly string[];
  /** A file that stands for the network namespace it runs in; the node's where it is not given. */
  netns?: string;
  /** It is ended after so long. Seconds. */
  deadlineSeconds: number;
  /** Environment variables of its own. */
  env?: Readonly<Record<string, string>>;
  /** The PID of the container whose environment it gets; that of the tools themselves (PATH, LD_…) stays. */
  environmentOf?: number;
}

/** The line on stdin that asks a process to end (SIGTERM). */
export const stopLine = 'stop\n';

const marked = `export ${sessionVariable}="$1"
limit=$2; shift 2`;

// Arguments after the session and the deadline: the process. Its own session makes it a group that ends as one, also what it
// has started; stdin is the life line.
const watchedScript = `${marked}
exec 3<&0
setsid timeout -k 1 "$limit" "$@" </dev/null 3<&- &
child=$!
{
  while read -r line <&3; do [ "$line" != stop ] || kill -s TERM -- -$child; done
  kill -s KILL -- -$child || kill -s KILL $child
} >/dev/null 2>&1 &
watcher=$!
exec 3<&-
{ wait $child; } 2>/dev/null
code=$?
exec 2>/dev/null # a shell says what was killed
kill -s KILL $watcher
kill -s KILL -- -$child
exit $code`;

const pipedScript = `${marked}
exec timeout -k 1 "$limit" "$@"`;

const terminalScript = `${marked}
exec "$@"`;

// xargs reads the environment that another process was started with, and puts its NAME=VALUE words after the N words of the
// command; more than it takes in one go would run the command twice. Its own exit code is not the command's.
const environmentScript = `exec 3<&0 4>&1
file=/proc/$1/environ; shift
size=$(wc -c <"$file") || exit 1
[ "$size" -lt 100000 ] || { echo "the environment of the container is too large: $size bytes" >&2; exit 1; }
code=$(xargs -0 sh -c 'count=$1; shift
  left=$count; while [ $left -gt 0 ]; do set -- "$@" "$1"; shift; left=$((left - 1)); done
  left=$(($# - count))
  while [ $left -gt 0 ]; do
    case $1 in PATH=* | LD_* | ${sessionVariable}=* | =* | -*) ;; *=*) set -- "$@" "$1" ;; esac
    shift
    left=$((left - 1))
  done
  left=$count; while [ $left -gt 0 ]; do set -- "$@" "$1"; shift; left=$((left - 1)); done
  env "$@" <&3 >&4 3<&- 4>&-
  echo $?' sh "$@" <"$file")
exit "$code"`;

/** How a process is connected: its stdin is its life line, or what the user gives it through a pipe or a terminal. */
export type RemoteInput = 'none' | 'pipe' | 'terminal';

/** The command line of `kubectl exec` for a process; `session` is the debug pod's. */
export function remoteArgv(command: RemoteCommand, session: string, input: RemoteInput): string[] {
  const { argv, netns, deadlineSeconds, env = {}, environmentOf } = command;
  const script = { none: watchedScript, pipe: pipedScript, terminal: terminalScript }[input];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = [...(variables.length === 0 ? [] : ['env', ...variables]), ...argv];
  const environment = ['sh', '-c', environmentScript, 'netinspect', String(environmentOf), String(program.length)];
  return [
    ...['sh', '-c', script, 'netinspect', session, String(deadlineSeconds)],
    ...(netns === undefined ? [] : ['nsenter', `--net=${netns}`, '--']),
    ...(environmentOf === undefined ? [] : environment),
    ...program,
  ];
}
