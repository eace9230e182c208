import type { RemoteProcess } from '../collect/remote.ts';
import { ClusterError, UsageError } from '../errors.ts';
import type { CaptureOutcome } from '../model/capture.ts';
import { type PcapHeader, type PcapPacket, PcapReader } from '../parse/pcap.ts';
import type { PlacedPoint } from './capture-points.ts';

/** What to capture and how much of it. */
export interface CaptureLimits {
  /** In libpcap's syntax; one word, whatever is in it. */
  filter: string | undefined;
  durationSeconds: number;
  /** Packets, of all points together. */
  count: number | undefined;
  /** Bytes that are moved, of all points together. */
  size: number | undefined;
  /** Bytes of each packet; 0: all. */
  snapLength: number;
}

/** What happens while it runs. */
export interface CaptureEvents {
  /** Every point captures from now on. */
  started(): void;
  /** A point's stream has begun. */
  header(index: number, header: PcapHeader): void;
  /** Packets of a point, in their order. Resolves when more can be taken. */
  packets(index: number, packets: PcapPacket[]): Promise<void>;
}

const checkSeconds = 10;
const startSeconds = 15;
/** The kernel hands packets on in blocks, after a second at the latest; a tcpdump that is told to end reads no more of them. */
const drainMs = 1200;
/** Then it writes what it has. */
const endMs = 5000;
/** The kernel's buffer, in KiB: a second of a busy gigabit link. */
const bufferKib = 16_384;

function filterWords({ except }: PlacedPoint, filter: string | undefined): string[] {
  const parts = [filter === undefined ? '' : `(${filter})`, except ?? ''].filter(Boolean);
  return parts.length === 0 ? [] : ['--', parts.join(' and ')];
}

function inNetns({ netns }: PlacedPoint): { netns?: string } {
  return netns === undefined ? {} : { netns };
}

/** Has tcpdump compile the filter where it is to be used. Throws UsageError with its words, ClusterError when there is no tcpdump. */
export async function checkFilter(points: readonly PlacedPoint[], filter: string | undefined): Promise<void> {
  await Promise.all(
    points.map(async point => {
      // The user's filter alone first: another one's parentheses must not make it right.
      for (const words of [filter === undefined ? [] : ['--', filter], filterWords(point, filter)]) {
        const { exitCode, stderr } = await point.place.node.run({
          argv: ['tcpdump', '-i', point.point.interface, '-d', ...words],
          deadlineSeconds: checkSeconds,
          ...inNetns(point),
        });
        if (exitCode === 0) continue;
        const said = stderr.trim().split('\n').at(-1) ?? '';
        if (exitCode === 126 || exitCode === 127 || /can't execute|not found/.test(said))
          throw new ClusterError(
            'no-tcpdump',
            `the debug image has no tcpdump: ${said}`,
            'name one with --debug-image',
          );
        throw new UsageError(
          'bad-filter',
          `--filter is refused: ${said.replace(/^tcpdump: /, '')}`,
          'see pcap-filter(7)',
        );
      }
    }),
  );
}

/**
 * Captures at every point until a limit is reached or `signal` aborts: then each tcpdump is asked to end, and what it has is
 * still taken. Gives how each ended. Throws ClusterError when one cannot start.
 */
export async function capture(
  points: readonly PlacedPoint[],
  limits: CaptureLimits,
  events: CaptureEvents,
  signal: AbortSignal,
): Promise<CaptureOutcome[]> {
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  const total = { packets: 0, bytes: 0 };
  // What one point sees before another one looks would be missing there.
  let isOn = points.length === 1;
  const running = await Promise.all(points.map(point => begin(point, limits)));
  const end = () => {
    setTimeout(() => {
      for (const { process } of running) process.stop();
    }, drainMs);
    setTimeout(() => {
      for (const { process } of running) process.kill();
    }, drainMs + endMs).unref();
  };
  stop.addEventListener('abort', end, { once: true });
  let timer: NodeJS.Timeout | undefined;
  void Promise.all(running.map(({ listening }) => listening)).then(
    () => {
      isOn = true;
      if (stop.aborted) return;
      events.started();
      timer = setTimeout(() => enough.abort(), limits.durationSeconds * 1000);
    },
    () => enough.abort(),
  );
  if (stop.aborted) end();
  try {
    return await Promise.all(
      running.map(each =>
        follow(
          each,
          {
            ...events,
            async packets(index, packets) {
              if (!isOn) return [];
              const room = limits.count === undefined ? packets.length : Math.max(0, limits.count - total.packets);
              const taken = packets.slice(0, room);
              total.packets += taken.length;
              total.bytes += taken.reduce((sum, { data }) => sum + data.length, 0);
              if (limits.count !== undefined && total.packets >= limits.count) enough.abort();
              if (limits.size !== undefined && total.bytes >= limits.size) enough.abort();
              if (taken.length > 0)
                await events.packets(index, taken).catch(error => {
                  enough.abort();
                  throw error;
                });
              return taken;
            },
          },
          running.indexOf(each),
        ),
      ),
    );
  } finally {
    clearTimeout(timer);
    for (const { process } of running) process.kill();
  }
}

interface Running {
  point: PlacedPoint;
  process: RemoteProcess;
  /** Resolves when tcpdump says that it listens; rejects when it ends before. */
  listening: Promise<void>;
  /** All that it said on stderr. */
  said(): string;
}

async function begin(point: PlacedPoint, limits: CaptureLimits): Promise<Running> {
  const { interface: name } = point.point;
  const process = await point.place.node.start({
    argv: [
      ...[
        'tcpdump',
        '-i',
        name,
        '-n',
        '-U',
        '--immediate-mode',
        '-w',
        '-',
        '-s',
        String(limits.snapLength),
        '-B',
        String(bufferKib),
      ],
      ...(point.direction === 'inout' ? [] : ['-Q', point.direction]),
      ...filterWords(point, limits.filter),
    ],
    deadlineSeconds: limits.durationSeconds + startSeconds + endMs / 1000,
    ...inNetns(point),
  });
  let said = '';
  const listening = new Promise<void>((resolve, reject) => {
    process.stderr.on('data', (text: Buffer) => {
      said += text;
      if (/listening on /.test(said)) resolve();
    });
    process.ended.then(
      code =>
        reject(
          new ClusterError(
            'capture-failed',
            `tcpdump on ${point.point.node} ended: ${lastLine(said) || `exit code ${code}`}`,
          ),
        ),
      reject,
    );
  });
  listening.catch(() => {});
  return { point, process, listening, said: () => said };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

type Taking = Omit<CaptureEvents, 'packets'> & {
  packets(index: number, packets: PcapPacket[]): Promise<PcapPacket[]>;
};

async function follow(
  { point, process, listening, said }: Running,
  events: Taking,
  index: number,
): Promise<CaptureOutcome> {
  const reader = new PcapReader();
  const outcome = { packets: 0, bytes: 0 };
  let problem: string | null = null;
  try {
    for await (const chunk of process.stdout) {
      const isFirst = reader.header === undefined;
      const packets = reader.push(chunk as Buffer);
      if (isFirst && reader.header !== undefined) events.header(index, reader.header);
      const taken = await events.packets(index, packets);
      outcome.packets += taken.length;
      outcome.bytes += taken.reduce((sum, { length }) => sum + length, 0);
    }
    await process.ended;
    if (reader.header === undefined) await listening;
  } catch (error) {
    if (reader.header === undefined) throw error;
    problem = (error as Error).message;
  }
  const counted = (what: string) => {
    const match = new RegExp(`^(\\d+) packets? ${what}`, 'm').exec(said());
    return match?.[1] === undefined ? null : Number(match[1]);
  };
  return {
    point: point.point,
    ...outcome,
    received: counted('received by filter'),
    dropped: counted('dropped by kernel'),
    problem: problem ?? (reader.pending > 0 ? 'its stream broke off in the middle of a packet' : null),
  };
}
