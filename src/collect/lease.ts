/**
 * The lease of a debug pod: its own command ends when nothing renews the lease, whatever happens to us.
 *
 * The pod's command has an end in time; a file `renew.*` in its folder puts it off to so many seconds from now (and never
 * back), a file `end` ends it. Renewals come over the stdin of `kubectl exec`, a line each; when that stream ends, by our exit, SIGKILL or
 * a cut connection, the pod ends (or, for a kept pod, lives on for what was granted). It needs POSIX sh and /proc.
 */

import type { Pod } from './kinds.ts';

/** How long a debug pod lives without a renewal. */
export const leaseSeconds = 15;

/** How often a held stream renews. */
export const renewalMs = 3000;

const folder = '/tmp/netinspect';

// No `$$` and no `$(NAME)` here: the kubelet expands both in a container's command. /proc/uptime is a clock that costs
// no process and that nobody sets.
const podScript = `d=${folder}; mkdir -p $d
now() { read -r up _ </proc/uptime; now=\${up%.*}; }
now; until=$((now + ${leaseSeconds}))
while [ "$now" -lt "$until" ] && [ ! -e $d/end ]; do
  for f in $d/renew.*; do
    [ -e "$f" ] || continue
    read -r more <"$f"; rm -f "$f"
    [ $((now + more)) -le "$until" ] || until=$((now + more))
  done
  sleep 1; now
done`;

/** The environment variable that marks what a run starts in a debug pod beside its script. */
export const sessionVariable = 'NETINSPECT_SESSION';

const execScript = `d=${folder} size=$1 at_end=$2 session=$3; shift 3
renew() { echo "$1" >$d/next.$$ && mv $d/next.$$ $d/renew.$$; }
script=$(head -c "$size")
renew ${leaseSeconds}
run() { { sh -c "$script" netinspect "$@" </dev/null; printf '\\nnetinspect-end %d\\n' $?; } & }
run "$@"
while read -r more; do
  case $more in
    'again '*) run \${more#again }; continue ;;
    *[!0-9]* | '') continue ;;
  esac
  renew "$more"
  [ "$more" -le ${leaseSeconds} ] || at_end=keep
done
[ "$at_end" = keep ] || : >$d/end
# What the debug container runs is in its cgroup; busybox' grep reads no further than a NUL.
cgroup=$(grep -m1 pod /proc/self/cgroup || head -n 1 /proc/self/cgroup)
for file in $(grep -l -s -x -F -e "$cgroup" /proc/[0-9]*/cgroup); do
  pid=\${file#/proc/}
  pid=\${pid%/cgroup}
  tr '\\0' '\\n' <"/proc/$pid/environ" | grep -q -x -F "${sessionVariable}=$session" && kill -s KILL "$pid"
done 2>/dev/null
:`;

const marker = 'netinspect';

/** The debug container's command. `run` and `user` (a hash) stand in it, so that the pod is known before it has labels. */
export function podCommand(run: string, user: string): string[] {
  return ['sh', '-c', podScript, marker, run, user];
}

/** Whose a pod is and which run made it, by its command; undefined for a pod that is not ours. */
export function podOrigin(pod: Pod): { run: string; user: string } | undefined {
  const [shell, flag, script, name, run, user] = pod.spec.containers[0]?.command ?? [];
  const ours = shell === 'sh' && flag === '-c' && name === marker && script?.includes(`d=${folder};`);
  return ours && run !== undefined && user !== undefined ? { run, user } : undefined;
}

/** What the stream's end does to the pod. */
export type AtEnd = 'end' | 'keep';

/** Arguments that a line holds as they are: the shell splits it at spaces, and there is nothing in it to expand. */
const plain = /^[\w.,:=@/-]+$/;

/** The line that runs a leased exec's script again, with other arguments; undefined where a line cannot hold them. */
export function againLine(args: readonly string[]): string | undefined {
  return args.every(arg => plain.test(arg)) ? `${['again', ...args].join(' ')}\n` : undefined;
}

/**
 * The remote command of a leased exec: it reads `script` (whose size in bytes is given) from stdin, runs it with
 * `args` and no stdin, and takes every further line as a renewal, in seconds, or as what `againLine` says. A renewal of more than `leaseSeconds` makes
 * the pod outlive the stream. What is marked with `session` ends with the stream in any case. The output ends with what
 * `endOfOutput` reads.
 */
export function leasedCommand(scriptBytes: number, atEnd: AtEnd, session: string, args: readonly string[]): string[] {
  return ['sh', '-c', execScript, marker, String(scriptBytes), atEnd, session, ...args];
}

const endPattern = /\nnetinspect-end (\d+)\n$/;

/** Splits the trailer off a leased exec's output; undefined while the script still runs. */
export function endOfOutput(output: Buffer): { body: Buffer; exitCode: number } | undefined {
  const tail = output.subarray(-32).toString('latin1');
  const match = endPattern.exec(tail);
  if (!match) return undefined;
  return { body: output.subarray(0, output.length - match[0].length), exitCode: Number(match[1]) };
}
