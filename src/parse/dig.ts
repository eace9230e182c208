import type { Parsed, Unread } from './records.ts';

/** A resource record of an answer. */
export interface DnsAnswerRecord {
  name: string;
  ttl: number;
  type: string;
  data: string;
}

/** One query and what came of it. */
export interface DigRecord {
  raw: string;
  /** The name as it was asked for, and the one that was asked. */
  name: string;
  candidate: string;
  type: string;
  transport: string;
  server: string;
  /** Why this server was asked: resolver, configured, dns-pod, node-cache. */
  role: string;
  /** The response code: NOERROR, NXDOMAIN, SERVFAIL, …; null: no reply. */
  status: string | null;
  /** What dig says in place of a reply; null when there is one. */
  problem: string | null;
  answers: DnsAnswerRecord[];
  truncated: boolean;
  /** Milliseconds, to the microsecond; null: no reply. */
  ms: number | null;
  /** Of the reply, in bytes. */
  size: number | null;
}

/**
 * Reads the queries of collect/questions.sh: `query NAME CANDIDATE TYPE TRANSPORT SERVER ROLE`, what `dig -u` prints (BIND 9
 * bin/dig/dighost.c, lib/dns/masterdump.c), `exit CODE`.
 */
export function parseDig(text: string): Parsed<DigRecord> {
  const records: DigRecord[] = [];
  const unread: Unread[] = [];
  const blocks = text.split(/^(?=query )/m).filter(block => block.trim() !== '');
  let line = 1;
  let cut = false;
  for (const raw of blocks) {
    const [, name, candidate, type, transport, server, role] =
      /^query (\S+) (\S+) (\S+) (\S+) (\S+) (\S+)$/m.exec(raw) ?? [];
    const whole = /^exit \d+$/m.test(raw);
    if (!name || !candidate || !type || !transport || !server || !role)
      unread.push({ raw, line, why: 'no query that was asked' });
    else if (!whole) cut = true;
    else records.push({ raw, name, candidate, type, transport, server, role, ...readReply(raw) });
    line += raw.split('\n').length - 1;
  }
  return { records, unread, problem: cut ? `cut off after ${records.length} queries` : null };
}

type Reply = Pick<DigRecord, 'status' | 'problem' | 'answers' | 'truncated' | 'ms' | 'size'>;

function readReply(raw: string): Reply {
  const status = /->>HEADER<<-.*status: ([A-Z0-9]+)/.exec(raw)?.[1] ?? null;
  const [, time, unit] = /^;; Query time: (\d+) (usec|msec)$/m.exec(raw) ?? [];
  const size = /^;; MSG SIZE {2}rcvd: (\d+)$/m.exec(raw)?.[1];
  const section = /^;; ANSWER SECTION:\n((?:[^;\n].*\n)*)/m.exec(raw)?.[1] ?? '';
  return {
    status,
    problem: status === null ? problemOf(raw) : null,
    answers: section.split('\n').flatMap(readAnswer),
    truncated: /^;; flags:[^;]* tc[ ;]/m.test(raw),
    ms: time === undefined ? null : Number(time) / (unit === 'usec' ? 1000 : 1),
    size: size === undefined ? null : Number(size),
  };
}

function readAnswer(line: string): DnsAnswerRecord[] {
  const [, name, ttl, type, data] = /^(\S+)\s+(\d+)\s+(?:IN\s+)?([A-Z0-9]+)\s+(.*)$/.exec(line) ?? [];
  return name === undefined || ttl === undefined || type === undefined || data === undefined
    ? []
    : [{ name, ttl: Number(ttl), type, data }];
}

/** dig's own words, without the names that it repeats. */
function problemOf(raw: string): string {
  if (/connection refused/.test(raw)) return 'connection refused';
  if (/timed out/.test(raw)) return 'timed out';
  if (/^exit (124|137|143)$/m.test(raw)) return 'timed out';
  if (/^exit 127$/m.test(raw)) return 'dig is not in the debug image';
  const said = raw.split('\n').find(line => /^(;; |dig: ).*(error|failed|unreachable|couldn't|no servers)/i.test(line));
  return said?.replace(/^;; /, '') ?? 'no reply';
}
