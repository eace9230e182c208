import type { RemoteCommand } from '../collect/remote-command.ts';
import type { Family } from '../model/report.ts';
import type { ProbeKind } from '../parse/probe-output.ts';

/** What is sent, where to, and how often. */
export interface ProbeShot {
  kind: ProbeKind;
  family: Family;
  address: string;
  port: number | null;
  /** What HTTP asks for, and whom. */
  http: { path: string; host: string | null; tls: boolean } | null;
  count: number;
  /** For each attempt. */
  timeoutSeconds: number;
  /** Source ports are this one and those after it. */
  firstPort: number;
}

/** Source ports of probes: above the range that Linux gives to connections (net.ipv4.ip_local_port_range). */
export const ports = { first: 61_000, last: 65_535 };

/** So many at a time: one after the other they would wait for each other's time-outs. */
const atOnce = 4;
const slackSeconds = 15;

// Arguments: COUNT AT-ONCE FIRST-PORT KIND, then those of the kind. bash, where it is, for the time of UDP.
const script = `[ -n "$BASH_VERSION" ] || ! command -v bash >/dev/null || exec bash -c "$0" "$0" "$@"
count=$1 total=$1 at_once=$2 port=$3 kind=$4; shift 4
tcp() { socat -lu -d -d -d -u OPEN:/dev/null "$2,connect-timeout=$3,sourceport=$1" 2>&1; }
http() { port=$1; shift; curl --local-port "$port" "$@" 2>&1; }
udp() {
  start=$EPOCHREALTIME
  bytes=$(printf netinspect | nc -u -n -W 1 -w "$4" -p "$1" "$2" "$3" 2>/dev/null | wc -c)
  echo "\${start:--} \${EPOCHREALTIME:--} $bytes"
}
# One line, written at once: several write at the same time.
# A port that somebody has, or had a minute ago (TIME_WAIT), gives way to one behind all the others.
attempt() {
  for try in 1 2 3 4 5 6 7 8; do
    said=$("$kind" "$@")
    code=$?
    case $said in *'Address already in use'*) ;; *) break ;; esac
    next=$(($1 + total))
    [ "$next" -le ${ports.last} ] || next=$((next - ${ports.last - ports.first}))
    shift
    set -- "$next" "$@"
  done
  printf 'attempt %s %s\\t%s\\n' "$1" $code "$(printf %s "$said" | tr '\\n' '\\t')"
}
while [ "$count" -gt 0 ]; do
  batch=0
  while [ $batch -lt "$at_once" ] && [ "$count" -gt 0 ]; do
    attempt "$port" "$@" &
    port=$((port + 1)) count=$((count - 1)) batch=$((batch + 1))
  done
  wait
done`;

/** The process that sends the probes; parse/probe-output.ts reads what it prints. */
export function probeCommand(shot: ProbeShot): Pick<RemoteCommand, 'argv' | 'deadlineSeconds'> {
  const { kind, family, address, port, count, timeoutSeconds, firstPort } = shot;
  const wait = String(timeoutSeconds);
  const deadlineSeconds = Math.ceil(count / atOnce) * (timeoutSeconds + 1) + slackSeconds;
  if (kind === 'icmp')
    return {
      argv: ['ping', '-n', family === 'IPv4' ? '-4' : '-6', '-c', String(count), '-i', '0.2', '-W', wait, address],
      deadlineSeconds: count + timeoutSeconds + slackSeconds,
    };
  const head = ['sh', '-c', script, script, String(count), String(atOnce), String(firstPort), kind];
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { argv: [...head, ...words(shot, host, port ?? 0, wait)], deadlineSeconds };
}

function words({ kind, family, address, http }: ProbeShot, host: string, port: number, wait: string): string[] {
  if (kind === 'tcp') return [`TCP${family === 'IPv4' ? 4 : 6}:${host}:${port}`, wait];
  if (kind === 'udp') return [address, String(port), wait];
  const scheme = http?.tls ? 'https' : 'http';
  return [
    ...['--silent', '--output', '/dev/null', '--max-time', wait, '--insecure', '--noproxy', '*'],
    ...['--write-out', '%{exitcode} %{time_connect} %{time_total} %{http_code} %{errormsg}'],
    ...(http?.host == null ? [] : ['--header', `Host: ${http.host}`]),
    ...['--globoff', '--url', `${scheme}://${host}:${port}${http?.path ?? '/'}`],
  ];
}
