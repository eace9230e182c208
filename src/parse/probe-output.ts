/** What a probe sends. */
export type ProbeKind = 'tcp' | 'http' | 'udp' | 'icmp';

/** One connection or packet that was tried. */
export interface ProbeAttempt {
  /** Null for ICMP. */
  sourcePort: number | null;
  /** Why it failed, in the tool's words; null: it went well. */
  failure: string | null;
  /** Until the connection stood (TCP, HTTP) or the answer was there (UDP, ICMP), in ms; null when it is not known. */
  latencyMs: number | null;
  /** HTTP: the status, and how long the whole answer took. */
  status: number | null;
  totalMs: number | null;
}

/**
 * Reads what the probe's script prints: for each attempt a line with "attempt SOURCE-PORT EXIT-CODE" and the lines that the tool said, with tabs between them: socat -lu -d -d -d (TCP),
 * curl's -w line (HTTP), "START END" in seconds (UDP). ICMP is ping's own output, for `count` packets.
 */
export function parseProbe(kind: ProbeKind, text: string, count: number): ProbeAttempt[] {
  if (kind === 'icmp') return readPing(text, count);
  return text
    .split('\n')
    .filter(line => /^attempt \d+ \d+\t/.test(line))
    .map(line => {
      const [head = '', ...lines] = line.split('\t');
      const [, port, code] = head.split(' ').map(Number);
      const read = { tcp: readSocat, http: readCurl, udp: readNetcat }[kind](lines, code ?? 0);
      return { sourcePort: port ?? null, status: null, totalMs: null, ...read };
    });
}

type Read = Omit<ProbeAttempt, 'sourcePort' | 'status' | 'totalMs'> & Partial<ProbeAttempt>;

/** Lines like `2026/11/22 13:03:32.937250 socat[1359] I socket(2, 1, 6) -> 6`. */
function readSocat(lines: readonly string[], code: number): Read {
  const records = lines.flatMap(line => {
    const [, h, m, s, level = '', words = ''] =
      /^\S+ (\d\d):(\d\d):(\d\d(?:\.\d+)?) \S+ ([A-Z]) (.*)$/.exec(line) ?? [];
    return h === undefined ? [] : [{ time: (Number(h) * 60 + Number(m)) * 60 + Number(s), level, words }];
  });
  const began = records.find(({ words }) => words.startsWith('opening connection to'));
  const stood = records.find(({ words }) => /^(successfully connected|starting data transfer loop)/.test(words));
  if (began !== undefined && stood !== undefined) {
    const seconds = (stood.time - began.time + 86_400) % 86_400;
    return { failure: null, latencyMs: round(seconds * 1000) };
  }
  const error = records.find(({ level }) => level === 'E' || level === 'F')?.words ?? lines.filter(Boolean).at(-1);
  return { failure: socatWords(error, code), latencyMs: null };
}

/** `connect(6, AF=2 10.244.2.2:8081, 16): Connection refused` → `Connection refused`. */
function socatWords(error: string | undefined, code: number): string {
  if (error === undefined) return `exit code ${code}`;
  return error.replace(/^.*\): /, '').replace(/^connecting to .*: /, '');
}

function readCurl(lines: readonly string[], code: number): Read {
  const [exit, connect, total, status, ...words] = (lines[0] ?? '').split(' ');
  if (connect === undefined || total === undefined)
    return { failure: lines[0] || `exit code ${code}`, latencyMs: null };
  const latencyMs = Number(connect) > 0 ? round(Number(connect) * 1000) : null;
  const answered = Number(status) > 0 ? Number(status) : null;
  const bad = exit !== '0' ? words.join(' ') || `curl's exit code ${exit}` : null;
  return {
    failure: bad ?? (answered !== null && answered >= 500 ? `HTTP status ${answered}` : null),
    latencyMs,
    status: answered,
    totalMs: round(Number(total) * 1000),
  };
}

function readNetcat(lines: readonly string[]): Read {
  const [, start, end, bytes] = /^(\S+) (\S+) (\d+)$/.exec(lines.find(line => /^\S+ \S+ \d+$/.test(line)) ?? '') ?? [];
  if (Number(bytes) > 0) {
    const ms = (Number(end) - Number(start)) * 1000;
    return { failure: null, latencyMs: Number.isFinite(ms) ? round(ms) : null };
  }
  // nc waits for an answer at least a second; an ICMP error ends it at once.
  const isRefused = Number(end) - Number(start) < 0.5;
  return { failure: isRefused ? 'refused' : 'no answer', latencyMs: null };
}

function readPing(text: string, count: number): ProbeAttempt[] {
  const answers = new Map<number, number>();
  for (const [, number, ms] of text.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms/g))
    answers.set(Number(number), Number(ms));
  const errors = new Map<number, string>();
  for (const [, number, words] of text.matchAll(/icmp_seq=(\d+) ((?:Destination|Time|Packet|Frag)[^\n]*)/g))
    errors.set(Number(number), words ?? '');
  return Array.from({ length: count }, (_, index) => {
    const latencyMs = answers.get(index + 1) ?? null;
    const failure = latencyMs === null ? (errors.get(index + 1) ?? 'no answer') : null;
    return { sourcePort: null, failure, latencyMs, status: null, totalMs: null };
  });
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
